//! What the vendor documents about the members of a record, once: the typed records are made from it, and so are the
//! columns of a table (`mypreferences-arrow`).

use crate::error::{Error, ErrorKind, Operation};
use crate::export::RawJson;

/// A documented object.
#[derive(Debug)]
pub struct Model {
    /// The vendor's name of it.
    pub name: &'static str,
    /// Its members, in the documented order.
    pub members: &'static [Member],
}

/// A documented member. Its name matches in any case (facts 3.3, INF).
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The vendor's name of it.
    pub name: &'static str,
    /// What its value is; null counts as absent.
    pub shape: Shape,
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shape {
    /// A whole number.
    Integer,
    /// True or false.
    Bool,
    /// Text. Dates too: their zone is not always told (facts 3.4).
    Text,
    /// One of a few words, which the vendor writes as a number or as a word.
    Word(&'static [Word]),
    /// What no page shows the members of.
    Json,
    /// An object.
    Object(&'static Model),
    /// A list of objects.
    List(&'static Model),
}

/// A word that stands for a number.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// As the vendor writes it in JSON.
    pub number: i64,
    /// As the vendor writes it in XML, the first the usual one.
    pub words: &'static [&'static str],
}

/// The shape of a type.
pub(crate) trait Shaped {
    const SHAPE: Shape;
}

/// What has a model.
pub(crate) trait Modelled {
    const MODEL: &'static Model;
}

impl Shaped for i64 {
    const SHAPE: Shape = Shape::Integer;
}

impl Shaped for bool {
    const SHAPE: Shape = Shape::Bool;
}

impl Shaped for String {
    const SHAPE: Shape = Shape::Text;
}

impl Shaped for RawJson {
    const SHAPE: Shape = Shape::Json;
}

impl Shaped for Vec<RawJson> {
    const SHAPE: Shape = Shape::Json;
}

impl<T: Modelled> Shaped for Vec<T> {
    const SHAPE: Shape = Shape::List(T::MODEL);
}

/// Never the reader's own words: they repeat the value, which is personal.
pub(crate) fn undocumented(model: &str, error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    Error::before_io(
        ErrorKind::InvalidResponse,
        Operation::Page,
        format!("the record is no {model}: line {line}, column {column} is not as documented"),
        "read the record's bytes",
    )
}

/// A struct whose members are all optional and matched in any case, and which keeps the others.
macro_rules! model {
    ($(#[$about:meta])* $name:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty = $key:literal,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: Option<$type>,)*
            /// All other members, by the names that the server gave them; so is a second one of a name above. Of two
            /// with the very same name, the last.
            pub others: std::collections::BTreeMap<String, $crate::export::RawJson>,
        }

        impl $name {
            /// Its documented members.
            pub const MODEL: &'static $crate::export::model::Model = &$crate::export::model::Model {
                name: stringify!($name),
                members: &[$($crate::export::model::Member {
                    name: $key,
                    shape: <$type as $crate::export::model::Shaped>::SHAPE,
                },)*],
            };
        }

        impl $crate::export::model::Modelled for $name {
            const MODEL: &'static $crate::export::model::Model = $name::MODEL;
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut read = $name::default();
                        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                            $(if read.$field.is_none() && key.eq_ignore_ascii_case($key) {
                                read.$field = map.next_value()?;
                                continue;
                            })*
                            read.others.insert(key.into_owned(), map.next_value()?);
                        }
                        Ok(read)
                    }
                }

                deserializer.deserialize_map(Members)
            }
        }
    };
}

/// An enum that the vendor writes as a number in JSON and as a word in XML (DOC for `ConsentStatus`); both are read.
macro_rules! number_or_word {
    ($(#[$about:meta])* $name:ident {
        $($(#[$doc:meta])* $variant:ident = $number:literal $(| $word:literal)+,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// What no page documents, as the server wrote it.
            Unknown(String),
        }

        impl $crate::export::model::Shaped for $name {
            const SHAPE: $crate::export::model::Shape = $crate::export::model::Shape::Word(&[
                $($crate::export::model::Word { number: $number, words: &[$($word),+] },)*
            ]);
        }

        impl $name {
            fn of_number(number: impl Into<i128>) -> $name {
                let number = number.into();
                match number {
                    $($number => $name::$variant,)*
                    other => $name::Unknown(other.to_string()),
                }
            }

            fn of_word(word: &str) -> $name {
                $(if word == stringify!($number) $(|| word.eq_ignore_ascii_case($word))+ {
                    return $name::$variant;
                })*
                $name::Unknown(word.to_owned())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct NumberOrWord;

                impl serde::de::Visitor<'_> for NumberOrWord {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a number or a word")
                    }

                    fn visit_u64<E>(self, number: u64) -> Result<$name, E> {
                        Ok($name::of_number(number))
                    }

                    fn visit_i64<E>(self, number: i64) -> Result<$name, E> {
                        Ok($name::of_number(number))
                    }

                    fn visit_str<E>(self, word: &str) -> Result<$name, E> {
                        Ok($name::of_word(word))
                    }
                }

                deserializer.deserialize_any(NumberOrWord)
            }
        }
    };
}

pub(crate) use {model, number_or_word};
