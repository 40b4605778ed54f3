//! A JSON value as the server wrote it, for members whose shape the vendor does not show: numbers beyond 64 bits, key
//! order and escapes survive, and nothing is guessed.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::value::RawValue;

/// A JSON value as the server wrote it.
#[derive(Clone, Debug)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Its text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Read into a type of the caller's, or into `serde_json::Value` (which keeps integers of 64 bits and doubles).
    ///
    /// # Errors
    /// When the value is of another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }
}

/// Equal when the texts are.
impl PartialEq for RawJson {
    fn eq(&self, other: &RawJson) -> bool {
        self.text() == other.text()
    }
}

impl Eq for RawJson {}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawJson, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(RawJson)
    }
}
