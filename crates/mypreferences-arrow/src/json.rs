//! A JSON text taken apart one level deep, each part as it stands. What is given is JSON already.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Calls `member` with the name, in its quotes, and the value of each member of an object. False for what is none.
pub(crate) fn members<'a>(text: &'a str, member: impl FnMut(&'a str, &'a str)) -> bool {
    struct Object<'a, F>(F, PhantomData<&'a ()>);

    impl<'a, F: FnMut(&'a str, &'a str)> Visitor<'a> for Object<'a, F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some(name) = map.next_key_seed(Raw)? {
                (self.0)(name, map.next_value_seed(Raw)?);
            }
            Ok(())
        }
    }

    serde_json::Deserializer::from_str(text).deserialize_map(Object(member, PhantomData)).is_ok()
}

/// A value as it stands.
struct Raw;

impl<'a> DeserializeSeed<'a> for Raw {
    type Value = &'a str;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<&'a str, D::Error> {
        <&RawValue as serde::Deserialize>::deserialize(deserializer).map(RawValue::get)
    }
}

/// The elements of a list; none for what is no list.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// What a string says; none for what is no string, and for one that is no text: a lone surrogate is an escape that no
/// text can hold.
pub(crate) fn string(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(text).ok().map(String::into) } else { Some(inner.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Option<Vec<(&str, &str)>> {
        let mut found = Vec::new();
        members(text, |name, value| found.push((name, value))).then_some(found)
    }

    #[test]
    fn members_stand_as_they_were_written() {
        let text = r#"{"a": 12345678901234567890123 ,"\ud800\u0041":[1, 2],"a":"x\n"}"#;
        let expected = [("\"a\"", "12345678901234567890123"), (r#""\ud800\u0041""#, "[1, 2]"), ("\"a\"", r#""x\n""#)];
        assert_eq!(all(text).unwrap(), expected);
        assert_eq!(all(" { } ").unwrap(), []);
        for none in ["[]", "7", "null", "\"{}\""] {
            assert_eq!(all(none), None, "{none}");
        }
        assert_eq!(elements("[1 , {\"a\":1}]").unwrap(), ["1", "{\"a\":1}"]);
        assert_eq!(elements("{}"), None);
    }

    #[test]
    fn a_string_is_read_where_it_is_text() {
        for (text, said) in [
            (r#""""#, Some("")),
            (r#""plain""#, Some("plain")),
            (r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000""#, Some("\"\\/\u{8}\u{c}\n\r\té\u{1f600}\0")),
            (r#""\ud800""#, None),
            (r#""\udc00x""#, None),
            ("7", None),
        ] {
            assert_eq!(string(text).as_deref(), said, "{text}");
        }
    }
}
