//! What to export: a segment, a group of segments, a schedule or customers, and the documented ways to narrow it down
//! (facts 2.2). Checked by the documented rules before any I/O.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::error::{Error, Operation};
use crate::settings::surface::{ExportKind, is_dot_segment};

/// Longest name of a segment, group or schedule that is sent.
const MAX_NAME: usize = 256;

/// A moment for an incremental export, in the vendor's form `2026-11-24T06:25:53.042Z` (DOC). The vendor rounds it up to
/// the next tick of .000, .003 or .007 (DOC), and a time without a zone may mean another one (facts 2.2), so it is
/// always sent with `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastDateTime(jiff::Timestamp);

impl LastDateTime {
    /// As it is sent.
    pub(crate) fn text(self) -> String {
        format!("{:.3}", self.0)
    }

    /// In milliseconds since the epoch, as it is sent.
    pub(crate) fn ms(self) -> i64 {
        self.0.as_millisecond()
    }

    /// None out of every calendar.
    pub(crate) fn from_ms(ms: i64) -> Option<LastDateTime> {
        jiff::Timestamp::from_millisecond(ms).ok().map(LastDateTime)
    }
}

impl TryFrom<SystemTime> for LastDateTime {
    type Error = Error;
    fn try_from(moment: SystemTime) -> Result<LastDateTime, Error> {
        jiff::Timestamp::try_from(moment).map(LastDateTime).map_err(|_| no_moment())
    }
}

impl std::str::FromStr for LastDateTime {
    type Err = Error;
    fn from_str(text: &str) -> Result<LastDateTime, Error> {
        text.parse().map(LastDateTime).map_err(|_| no_moment())
    }
}

fn no_moment() -> Error {
    refused("LastDateTime is no moment with a time zone", "pass a time such as 2026-11-24T06:25:53.042Z")
}

/// Which profiles an export is limited to, beside its own criteria (facts 2.2, DOC: both must hold).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatchCriteria {
    /// By profile id; optionally of one customer type.
    ProfileId {
        /// The customer type.
        customer_type: Option<String>,
    },
    /// By alternate id, of this type, which the vendor requires.
    AlternateId {
        /// The name of the alternate id's type.
        id_type: String,
    },
    /// By phone number; optionally of one phone type.
    PhoneNumber {
        /// The phone type.
        phone_type: Option<String>,
    },
    /// By e-mail address; optionally of one e-mail type.
    EmailAddress {
        /// The e-mail type.
        email_type: Option<String>,
    },
}

impl MatchCriteria {
    /// The vendor's word and the `MatchType`.
    fn words(&self) -> (&'static str, Option<&str>) {
        match self {
            MatchCriteria::ProfileId { customer_type } => ("ProfileId", customer_type.as_deref()),
            MatchCriteria::AlternateId { id_type } => ("AlternateId", Some(id_type)),
            MatchCriteria::PhoneNumber { phone_type } => ("PhoneNumber", phone_type.as_deref()),
            MatchCriteria::EmailAddress { email_type } => ("EmailAddress", email_type.as_deref()),
        }
    }

    /// From the vendor's two words.
    ///
    /// # Errors
    /// `invalid_argument` for an unknown word, and for `AlternateId` without a type.
    pub fn from_words(criteria: &str, match_type: Option<&str>) -> Result<MatchCriteria, Error> {
        let of_type = match_type.map(str::to_owned);
        match criteria {
            "ProfileId" => Ok(MatchCriteria::ProfileId { customer_type: of_type }),
            "AlternateId" => match of_type {
                Some(id_type) => Ok(MatchCriteria::AlternateId { id_type }),
                None => Err(refused(
                    "MatchCriteria AlternateId needs a MatchType",
                    "pass the name of the alternate id's type",
                )),
            },
            "PhoneNumber" => Ok(MatchCriteria::PhoneNumber { phone_type: of_type }),
            "EmailAddress" => Ok(MatchCriteria::EmailAddress { email_type: of_type }),
            other => Err(refused(
                &format!("there are no MatchCriteria {other:?}"),
                "pass ProfileId, AlternateId, PhoneNumber or EmailAddress",
            )),
        }
    }
}

/// What to export. Made by [`ExportRequest::segment`] and its siblings; checked when it is initiated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    pub(crate) kind: ExportKind,
    /// None for customers (CID).
    pub(crate) name: Option<String>,
    pub(crate) last_date_time: Option<LastDateTime>,
    criteria: Option<(MatchCriteria, Vec<String>)>,
    callback_url: Option<String>,
    dates: (Option<String>, Option<String>),
    cids: Vec<String>,
    channels: Vec<String>,
}

impl ExportRequest {
    /// A segment, by its name.
    #[must_use]
    pub fn segment(name: impl Into<String>) -> ExportRequest {
        ExportRequest::of(ExportKind::Segment, Some(name.into()))
    }

    /// A group of segments, by its name. No documented route on the async surface.
    #[must_use]
    pub fn segment_group(name: impl Into<String>) -> ExportRequest {
        ExportRequest::of(ExportKind::SegmentGroup, Some(name.into()))
    }

    /// A schedule, by its name.
    #[must_use]
    pub fn schedule(name: impl Into<String>) -> ExportRequest {
        ExportRequest::of(ExportKind::Schedule, Some(name.into()))
    }

    /// Single customers.
    #[must_use]
    pub fn cid(cids: impl IntoIterator<Item = impl Into<String>>) -> ExportRequest {
        ExportRequest { cids: cids.into_iter().map(Into::into).collect(), ..ExportRequest::of(ExportKind::Cid, None) }
    }

    fn of(kind: ExportKind, name: Option<String>) -> ExportRequest {
        ExportRequest {
            kind,
            name,
            last_date_time: None,
            criteria: None,
            callback_url: None,
            dates: (None, None),
            cids: Vec::new(),
            channels: Vec::new(),
        }
    }

    /// What is exported.
    pub fn kind(&self) -> ExportKind {
        self.kind
    }

    /// Only what changed since. Segments and groups of them.
    #[must_use]
    pub fn since(mut self, moment: LastDateTime) -> ExportRequest {
        self.last_date_time = Some(moment);
        self
    }

    /// Only the profiles with these values. Segments and groups of them.
    #[must_use]
    pub fn matching(
        mut self,
        criteria: MatchCriteria,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> ExportRequest {
        self.criteria = Some((criteria, values.into_iter().map(Into::into).collect()));
        self
    }

    /// Where the service posts the status when the export is ready: a hint, which never replaces asking. Not on the v4
    /// surface (facts 2.6, CONF).
    #[must_use]
    pub fn callback_url(mut self, url: impl Into<String>) -> ExportRequest {
        self.callback_url = Some(url.into());
        self
    }

    /// The days that the rows are from, as `2026-11-24`. Schedules and customers; both or none (DOC for schedules).
    #[must_use]
    pub fn dates(mut self, start: impl Into<String>, end: impl Into<String>) -> ExportRequest {
        self.dates = (Some(start.into()), Some(end.into()));
        self
    }

    /// As [`ExportRequest::dates`], from what a command line gives: one without the other is refused later.
    #[must_use]
    pub fn dates_if_given(mut self, start: Option<String>, end: Option<String>) -> ExportRequest {
        self.dates = (start, end);
        self
    }

    /// The channels of the customers. Customers only.
    #[must_use]
    pub fn channels(mut self, channels: impl IntoIterator<Item = impl Into<String>>) -> ExportRequest {
        self.channels = channels.into_iter().map(Into::into).collect();
        self
    }

    pub(crate) fn is_of_segments(&self) -> bool {
        matches!(self.kind, ExportKind::Segment | ExportKind::SegmentGroup)
    }

    pub(crate) fn since_moment(&self) -> Option<LastDateTime> {
        self.last_date_time
    }

    /// What is asked for, without since when.
    pub(crate) fn body_without_since(&self) -> Value {
        ExportRequest { last_date_time: None, ..self.clone() }.body()
    }

    /// By the documented rules.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        let of_segments = self.is_of_segments();
        if !of_segments && (self.last_date_time.is_some() || self.criteria.is_some()) {
            return Err(refused(
                "LastDateTime and MatchCriteria are for segments and groups of them",
                "leave them out, or export a segment",
            ));
        }
        if let Some((criteria, values)) = &self.criteria {
            let (word, match_type) = criteria.words();
            if match_type.is_some_and(|name| name.trim().is_empty()) {
                return Err(refused(
                    &format!("the MatchType of {word} is empty"),
                    "pass the name of the type, or none where it is optional",
                ));
            }
            if values.is_empty() || values.iter().any(String::is_empty) {
                return Err(refused(
                    &format!("MatchCriteria {word} has no Values, or an empty one"),
                    "pass the values of the profiles that are meant",
                ));
            }
        }
        match &self.dates {
            (None, None) => {}
            (Some(_), Some(_)) if of_segments => {
                return Err(refused(
                    "startDate and endDate are for schedules and customers",
                    "use LastDateTime for segments",
                ));
            }
            (Some(start), Some(end)) => {
                let (start, end) = (check_day("startDate", start)?, check_day("endDate", end)?);
                if end < start {
                    return Err(refused("endDate is before startDate", "pass the earlier day first"));
                }
            }
            (Some(_), None) | (None, Some(_)) => {
                return Err(refused("one of startDate and endDate is missing", "pass both or none"));
            }
        }
        if let Some(url) = &self.callback_url {
            check_callback(url)?;
        }
        if self.kind != ExportKind::Cid && !self.channels.is_empty() {
            return Err(refused("Channels are for customers (CID)", "leave them out"));
        }
        if self.kind == ExportKind::Cid && (self.cids.is_empty() || has_empty(&self.cids)) {
            return Err(refused("CID has no customers, or an empty one", "pass the ids of the customers"));
        }
        Ok(())
    }

    /// The query: days, where there are any.
    pub(crate) fn query(&self) -> String {
        match &self.dates {
            // Checked to be digits and dashes.
            (Some(start), Some(end)) => format!("?startDate={start}&endDate={end}"),
            (_, _) => String::new(),
        }
    }

    /// The body, with the vendor's names (facts 2.2).
    pub(crate) fn body(&self) -> Value {
        let mut body = Map::new();
        if let Some(moment) = self.last_date_time {
            body.insert("LastDateTime".into(), moment.text().into());
        }
        if let Some((criteria, values)) = &self.criteria {
            let (word, match_type) = criteria.words();
            body.insert("MatchCriteria".into(), word.into());
            if let Some(match_type) = match_type {
                body.insert("MatchType".into(), match_type.into());
            }
            body.insert("Values".into(), json!(values));
        }
        if let Some(url) = &self.callback_url {
            body.insert("CallbackURL".into(), url.as_str().into());
        }
        if !self.cids.is_empty() {
            body.insert("CID".into(), json!(self.cids));
        }
        if !self.channels.is_empty() {
            body.insert("Channels".into(), json!(self.channels));
        }
        Value::Object(body)
    }
}

fn has_empty(texts: &[String]) -> bool {
    texts.iter().any(String::is_empty)
}

fn refused(detail: &str, next: &str) -> Error {
    Error::invalid_argument(Operation::Initiate, detail, next)
}

/// A name is one path element.
fn check_name(name: &str) -> Result<(), Error> {
    let wrong = if name.is_empty() {
        "is empty"
    } else if name.chars().count() > MAX_NAME {
        "is longer than 256 characters"
    } else if is_dot_segment(name) {
        "must not be a dot segment"
    } else if name.chars().any(char::is_control) {
        "holds a control character"
    } else {
        return Ok(());
    };
    Err(refused(&format!("the name of what to export {wrong}"), "pass the name as MyPreferences shows it"))
}

fn check_day(name: &str, text: &str) -> Result<jiff::civil::Date, Error> {
    let well_formed = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    match text.parse() {
        Ok(day) if well_formed => Ok(day),
        Ok(_) | Err(_) => Err(refused(&format!("{name} is no day"), "pass a day such as 2026-11-24")),
    }
}

fn check_callback(text: &str) -> Result<(), Error> {
    // The value stays out of the message: people put secrets into such URLs.
    let url = url::Url::parse(text).ok();
    if url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        Ok(())
    } else {
        Err(refused("CallbackURL is no http or https URL", "pass the URL of your own service, or none"))
    }
}
