//! JSON that keeps the order of its keys, so that records can be compared to the byte; and the replacing of what
//! differs from run to run: times, dates, ports, the source's words.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value with its keys in their order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Members that are durations or moments; absent ones stay absent.
const TIMES: [&str; 9] =
    ["elapsed", "delay_before", "server_date", "as_of", "expires", "watermark_ms", "watermark", "since", "at"];

impl Json {
    pub(crate) fn parse(text: &str) -> Result<Json, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => None,
        }
    }

    /// A member that is a number.
    pub(crate) fn seconds(&self, name: &str) -> Option<f64> {
        match self.member(name)? {
            Json::Number(number) => number.as_f64(),
            Json::Null | Json::Bool(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => None,
        }
    }

    /// The same record as every run writes it.
    pub(crate) fn normalised(self) -> Json {
        match self {
            Json::Object(members) => Json::Object(
                members
                    .into_iter()
                    .map(|(key, value)| {
                        let value = normalised_member(&key, value);
                        (key, value)
                    })
                    .collect(),
            ),
            Json::List(list) => Json::List(list.into_iter().map(Json::normalised).collect()),
            Json::Text(text) => Json::Text(without_batch_names(&text)),
            Json::Null | Json::Bool(_) | Json::Number(_) => self,
        }
    }
}

/// `batch=20261124T062553Z` as `BATCH`.
fn without_batch_names(text: &str) -> String {
    const NAME: &str = "batch=";
    let mut rest = text;
    let mut said = String::new();
    while let Some((before, after)) = rest.split_once(NAME) {
        let name = after.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(after.len());
        said.push_str(before);
        said.push_str("BATCH");
        rest = &after[name..];
    }
    said + rest
}

fn normalised_member(key: &str, value: Json) -> Json {
    match value {
        Json::Null => Json::Null,
        _ if TIMES.contains(&key) => Json::Text("TIME".to_owned()),
        // It depends on what the mock makes up.
        Json::Number(_) | Json::Text(_) if key == "byte_count" => Json::Text("BYTES".to_owned()),
        Json::Text(_) if key == "manifest_sha256" => Json::Text("HASH".to_owned()),
        _ if key == "source" => Json::Text("SOURCE".to_owned()),
        Json::Text(url) if key == "url" || key == "base_url" => Json::Text(without_port_and_scenario(&url)),
        other => other.normalised(),
    }
}

/// `http://127.0.0.1:40123/s/7/acme/…` as `http://HOST/acme/…`.
fn without_port_and_scenario(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let path = match path.strip_prefix("s/").and_then(|rest| rest.split_once('/')) {
        Some((_, path)) => path,
        None => path,
    };
    format!("{scheme}://HOST/{path}")
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(number) => write!(f, "{number}"),
            Json::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Json::List(list) => {
                f.write_str("[")?;
                for (index, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Json::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{value}", serde_json::Value::from(key.as_str()))?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Number(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Number(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number))
            }
            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = seq.next_element()? {
                    list.push(value);
                }
                Ok(Json::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Json::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_and_what_differs_from_run_to_run_is_replaced() {
        let text = r#"{"b":1,"a":{"elapsed":0.25,"server_date":null,"list":[true,"x\n"]},"source":"os error",
            "folder":"{out}/batch=20261124T062553Z","url":"http://127.0.0.1:4711/s/9/acme/status/Token/***5093?x=1"}"#;
        assert_eq!(
            Json::parse(text).unwrap().normalised().to_string(),
            r#"{"b":1,"a":{"elapsed":"TIME","server_date":null,"list":[true,"x\n"]},"source":"SOURCE","folder":"{out}/BATCH","url":"http://HOST/acme/status/Token/***5093?x=1"}"#
        );
    }
}
