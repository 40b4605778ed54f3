//! The handle of an export. It is data: it goes to JSON and back, so that one task can initiate, another land and a
//! third commit.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, Operation};
use crate::http::clock::system_time;
use crate::settings::access_token::AccessToken;
use crate::settings::surface::ExportKind;

/// Version of the JSON form.
const VERSION: u64 = 1;
/// The member that an encrypted handle may have more.
pub(crate) const TOTAL: &str = "total_results";

/// An export that was initiated. Belongs to one account and one surface of one service; a client of another one refuses
/// it. `Debug` and `Display` show the token's end only.
#[derive(Clone, PartialEq, Eq)]
pub struct Export {
    pub(crate) access_token: AccessToken,
    pub(crate) kind: ExportKind,
    pub(crate) base_url: String,
    pub(crate) surface: String,
    pub(crate) client_id: String,
    /// What it is of: the segment's, group's or schedule's name; none for customers.
    pub(crate) name: Option<String>,
    /// What changed since then was asked for, in milliseconds since the epoch; none for everything.
    pub(crate) since_ms: Option<i64>,
    /// The server's time just before Initiate was sent, in milliseconds since the epoch; never later than that.
    pub(crate) watermark_ms: i64,
}

/// The JSON form. What came later stands at its end, and only where it is known.
#[derive(Serialize)]
struct Written<'a> {
    access_token: String,
    base_url: &'a str,
    client_id: &'a str,
    kind: &'static str,
    name: Option<&'a str>,
    surface: &'a str,
    version: u64,
    watermark_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    since_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_results: Option<u64>,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("access_token", &self.access_token)
            .field("kind", &self.kind)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Export {
    /// The token that Initiate returned. Useless without credentials, and not to be shown all the same.
    pub fn access_token(&self) -> AccessToken {
        self.access_token
    }

    /// What was exported.
    pub fn kind(&self) -> ExportKind {
        self.kind
    }

    /// The server's time just before Initiate was sent, never later: the `LastDateTime` of the next export, minus an
    /// overlap.
    pub fn watermark(&self) -> SystemTime {
        system_time(self.watermark_ms.div_euclid(1000)).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// `LastDateTime` as it was asked for, to the millisecond: the export holds what changed since; none for everything. A
    /// retrieval that is given up begins again from there.
    pub fn since(&self) -> Option<SystemTime> {
        let ms = self.since_ms?.try_into().unwrap_or(0);
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms))
    }

    /// The handle as JSON, **with the access token**: keep it where only those can read it who may read the export.
    pub fn to_json_with_token(&self) -> String {
        self.to_json_with(None)
    }

    /// The handle, and what its pages told.
    pub(crate) fn to_json_with(&self, total_results: Option<u64>) -> String {
        crate::json::text(&Written {
            // As text: many readers of JSON cannot hold 64 bits.
            access_token: self.access_token.expose().to_string(),
            base_url: &self.base_url,
            client_id: &self.client_id,
            kind: self.kind.as_str(),
            name: self.name.as_deref(),
            surface: &self.surface,
            version: VERSION,
            watermark_ms: self.watermark_ms,
            since_ms: self.since_ms,
            total_results,
        })
    }

    /// Reads what [`Export::to_json_with_token`] wrote.
    ///
    /// # Errors
    /// `invalid_argument` for anything else. The text is not repeated.
    pub fn from_json(text: &str) -> Result<Export, Error> {
        let value: Value = serde_json::from_str(text).map_err(|_| refused("it is not JSON"))?;
        Export::from_value(&value)
    }

    pub(crate) fn from_value(value: &Value) -> Result<Export, Error> {
        if value["version"].as_u64() != Some(VERSION) {
            return Err(refused("its version is not 1"));
        }
        let text =
            |name: &str| value[name].as_str().map(str::to_owned).ok_or_else(|| refused(&format!("{name} is missing")));
        Ok(Export {
            access_token: text("access_token")?.parse().map_err(|_| refused("its access token is none"))?,
            kind: text("kind")?.parse().map_err(|_| refused("its kind is none"))?,
            base_url: text("base_url")?,
            surface: text("surface")?,
            client_id: text("client_id")?,
            name: match &value["name"] {
                Value::Null => None,
                Value::String(name) => Some(name.clone()),
                _ => return Err(refused("its name is no text")),
            },
            since_ms: value["since_ms"].as_i64(),
            watermark_ms: value["watermark_ms"].as_i64().ok_or_else(|| refused("watermark_ms is missing"))?,
        })
    }
}

fn refused(what: &str) -> Error {
    Error::invalid_argument(
        Operation::Configure,
        format!("this is no export handle: {what}"),
        "pass the text that the export's to_json_with_token gave",
    )
}

impl Client {
    /// Whether a handle is of this client's service, surface and account.
    pub(crate) fn check_export(&self, export: &Export, operation: Operation) -> Result<(), Error> {
        let what = if export.base_url != self.session().routes.base() {
            "base URL"
        } else if export.surface != self.session().settings.surface.name() {
            "surface"
        } else if export.client_id != self.session().client_id {
            "client id"
        } else {
            return Ok(());
        };
        Err(Error::invalid_argument(
            operation,
            format!("the export belongs to another {what} than this client"),
            "use a client with the settings of the one that initiated it",
        ))
    }
}
