//! A scenario: one behaviour, as data. What the server does, what is called, and what must come of it.
//! `tests/conformance/schema.json` describes the same shape for people and editors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One behaviour: a file of `tests/conformance/scenarios`, or a case of one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// The reason, in one sentence.
    pub(crate) why: String,
    /// What the mock is told: exports, authorization, rules, clock.
    pub(crate) server: Box<RawValue>,
    /// Where the client is pointed at.
    #[serde(default)]
    pub(crate) reach: Reach,
    /// Settings of the client by name, as text. A value may be one of the places that the judge knows: `{ca_file}`,
    /// `{client_cert}`, `{client_key}`, `{garbage_file}`, `{proxy}`.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, String>,
    /// What the client authorises with.
    #[serde(default)]
    pub(crate) credentials: Credentials,
    /// The client is made from a profile and an environment instead; `settings` are the arguments on top.
    #[serde(default)]
    pub(crate) configuration: Option<Configuration>,
    /// The calls, one after the other on one client.
    pub(crate) calls: Vec<Call>,
    pub(crate) expect: Expect,
    /// Surfaces that cannot see the same, each with its reason.
    #[serde(default)]
    pub(crate) except: Vec<Exception>,
}

/// Where a client's settings and credentials are found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// The configuration file's text; the judge fills in the places of settings, `{base_url}` and `{secret_file}`.
    pub(crate) file: String,
    /// Whether others can read the file.
    #[serde(default)]
    pub(crate) others_can_read: bool,
    /// The profile that is asked for.
    #[serde(default)]
    pub(crate) profile: Option<String>,
    /// Environment variables by their full names.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Credentials {
    Hmac {
        user_id: String,
        secret: String,
    },
    Bearer(String),
    Authorization(String),
    #[serde(rename = "oauth")]
    OAuth(OAuth),
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth {
    /// The scenario's own token endpoint unless it says otherwise; `refused` is a port on which nobody listens, `https`
    /// the scenario's own as if it spoke TLS; anything else is sent as it is.
    #[serde(default = "own")]
    pub(crate) token_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_auth: Option<String>,
}

fn own() -> String {
    "own".to_owned()
}

/// Where the client is pointed at.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reach {
    /// At the scenario on the mock.
    #[default]
    Mock,
    /// At a port on which nobody listens.
    Refused,
    /// At the mock, as if it spoke TLS.
    Https,
    /// At the mock by a name that only the scenario's proxy knows.
    Proxied,
}

/// The canaries: searched for in everything that a surface says.
pub(crate) const CANARY_SECRET: &str = "canary-hmac-secret-Zk3v9Qx7";
pub(crate) const CANARY_TOKEN: &str = "7731902846155093";

impl Default for Credentials {
    fn default() -> Credentials {
        Credentials::Hmac { user_id: "etl".to_owned(), secret: CANARY_SECRET.to_owned() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Commit,
    ResolveCommit,
    Status,
    Initiate,
    Wait,
    Pages,
    Export,
    CommitLanded,
    CommitLoaded,
    Boundaries,
}

/// One call: an operation and its arguments, flat. The token is text, so that what is not a token can be given too.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    /// Not of an initiate. A wait and the pages are given a handle instead, which the plan makes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) access_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keep_files: Option<bool>,
    /// `segment`, `segment_group`, `schedule` or `cid`: of an initiate and of a handle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// What is exported, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The arguments of an initiate that limit it, by the vendor's names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_date_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) match_criteria: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) match_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) callback_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) start_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cids: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) channels: Option<Vec<String>>,
    /// The arguments of an export that lands: `{out}` is a folder that the judge makes and looks into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) out: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<String>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) overlap: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) compression: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_memory: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part_bytes: Option<u64>,
    /// The text of an export's handle; the plan makes it where a scenario gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) export: Option<String>,
    /// How long a wait may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_wait_ms: Option<u64>,
    /// Records of one page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<u32>,
    /// The record that the pages begin at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<u64>,
    /// The record that the pages end with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<u64>,
    /// What the range has to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect_total: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect_first: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect_last: Option<String>,
    /// Where an export is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) places: Option<Vec<u64>>,
    /// What a destination holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sink: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<Vec<String>>,
    /// The handle is wrapped and unwrapped before it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wrapped: Option<bool>,
    /// Cancelled by the caller after so long; 0 is before the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cancel_after_ms: Option<u64>,
    /// So many calls at once, of the same token or of consecutive ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) concurrent: Option<Concurrent>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Concurrent {
    pub(crate) n: u32,
    /// Each call has the next token.
    #[serde(default)]
    pub(crate) consecutive_tokens: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// One for each call; all results of concurrent calls equal theirs.
    pub(crate) results: Vec<ExpectedResult>,
    /// How many requests of each operation the server must have seen; one that is not named must not be seen.
    #[serde(default)]
    pub(crate) requests: BTreeMap<String, Count>,
    /// Requests of an operation, to the letter.
    #[serde(default)]
    pub(crate) on_the_wire: Vec<OnTheWire>,
    /// Times between requests.
    #[serde(default)]
    pub(crate) gaps: Vec<Gap>,
    /// How many requests of each operation the client left before their answer.
    #[serde(default)]
    pub(crate) disconnects: BTreeMap<String, Count>,
    /// The truth at the end: commits that were applied.
    #[serde(default)]
    pub(crate) applied: Option<BTreeMap<Tokens, Vec<bool>>>,
    /// Rules of the service that the requests break on purpose, by the status code of the refusal.
    #[serde(default)]
    pub(crate) violations: Vec<u16>,
    /// No call of this case may say that it took longer.
    #[serde(default)]
    pub(crate) elapsed_at_most_ms: Option<u64>,
    /// A question must stand between any two POSTs of a token.
    #[serde(default)]
    pub(crate) asks_between_commits: bool,
    /// What lies in `{out}` at the end: the batches that can be seen, oldest first.
    #[serde(default)]
    pub(crate) batches: Option<Vec<Batch>>,
}

/// A record of this sort, compared to the byte after times, dates, ports and `source` were replaced.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum ExpectedResult {
    Receipt(Box<RawValue>),
    Error(Box<RawValue>),
    Resolution(Box<RawValue>),
    Status(Box<RawValue>),
    /// A handle, with its token.
    Export(Box<RawValue>),
    /// All pages up to the last one, each record as one line.
    Pages(Box<RawValue>),
    /// An export in its folder.
    Landed(Box<RawValue>),
    /// Pairs of digests.
    Boundaries(Box<RawValue>),
    /// How the commit of a landed batch ended.
    BatchReceipt(Box<RawValue>),
    /// Ended by a signal before it could say anything; `null`.
    Stopped(Box<RawValue>),
    /// Any of these, for calls at once that race each other.
    OneOf(Vec<ExpectedResult>),
}

/// A batch in `{out}`, as a reader sees it.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// The lines of each part, by its name. A compressed one is named, and not looked into.
    pub(crate) parts: BTreeMap<String, Vec<String>>,
    /// `TotalResults` of the manifest.
    pub(crate) total_results: u64,
    /// The members of pages that the manifest has, as text.
    #[serde(default)]
    pub(crate) members: BTreeMap<String, String>,
    /// The lines of `_envelopes.ndjson`.
    #[serde(default)]
    pub(crate) envelopes: Vec<String>,
    /// How the commit ended, by the receipt beside the parts.
    #[serde(default)]
    pub(crate) receipt: Option<String>,
}

/// A token, or a range of them: `5001-5064`.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Tokens {
    first: u64,
    last: u64,
}

impl TryFrom<String> for Tokens {
    type Error = String;

    fn try_from(text: String) -> Result<Tokens, String> {
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Tokens { first, last }),
            _ => Err(format!("{text:?} is neither a token nor a range of tokens")),
        }
    }
}

impl Tokens {
    pub(crate) fn tokens(&self) -> impl Iterator<Item = String> {
        (self.first..=self.last).map(|token| token.to_string())
    }
}

/// An exact number, or a range.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum Count {
    Exactly(u64),
    Between {
        #[serde(default)]
        at_least: u64,
        at_most: Option<u64>,
    },
}

impl Count {
    pub(crate) fn holds(self, number: u64) -> bool {
        match self {
            Count::Exactly(exactly) => number == exactly,
            Count::Between { at_least, at_most } => {
                number >= at_least && at_most.is_none_or(|at_most| number <= at_most)
            }
        }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Count::Exactly(exactly) => write!(f, "{exactly}"),
            Count::Between { at_least, at_most: None } => write!(f, "{at_least} or more"),
            Count::Between { at_least, at_most: Some(at_most) } => write!(f, "{at_least} to {at_most}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnTheWire {
    pub(crate) operation: String,
    /// Which of the operation's requests, from 0.
    #[serde(default)]
    pub(crate) number: usize,
    /// Method, target and version.
    pub(crate) request_line: String,
    /// Each of these exactly once, with this value; `*` is any.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// None of these.
    #[serde(default)]
    pub(crate) no_headers: Vec<String>,
    /// The body, as text.
    #[serde(default)]
    pub(crate) body: String,
}

/// Between the arrival of two requests, each named `operation:number` from 0.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gap {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) at_least_ms: u64,
    pub(crate) at_most_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    pub(crate) surfaces: Vec<String>,
    pub(crate) why: String,
    pub(crate) expect: Expect,
}

impl Scenario {
    /// What this surface must show.
    pub(crate) fn expect(&self, surface: &str) -> &Expect {
        self.except
            .iter()
            .find(|exception| exception.surfaces.iter().any(|name| name == surface))
            .map_or(&self.expect, |exception| &exception.expect)
    }
}
