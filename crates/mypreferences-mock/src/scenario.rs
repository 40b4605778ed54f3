//! A scenario as text: what a test of any language tells the service to play, in a world of its own. JSON in, a
//! [`World`](crate::World) out; unknown members are refused, so that a misspelt fault is not a silent success.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::answer::Answer;
use crate::authorization::{Authorization, OAuthClient, Refusal};
use crate::export::{Export, StatusAfterCommit};
use crate::export_kind::ExportKind;
use crate::line::LineConfig;
use crate::page_changes::PageChanges;
use crate::proxy::ProxyMode;
use crate::records::RecordKind;
use crate::route::Operation;
use crate::rules::{Action, Apply, Delivery, ResetPoint, Rule};
use crate::source::Source;
use crate::tls::{TlsMaterial, TlsMode};
use crate::world::{World, WorldConfig};

/// A scenario that is being served.
#[derive(Clone, Debug)]
pub struct OpenScenario {
    pub(crate) id: String,
    pub(crate) base_url: String,
    pub(crate) world: Arc<World>,
    pub(crate) tokens: Vec<i64>,
    pub(crate) tls: Option<TlsMaterial>,
    pub(crate) proxy_url: Option<String>,
}

impl OpenScenario {
    /// Its name in paths.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The base URL of this scenario alone, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Its state and its log.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world)
    }

    /// The tokens of the exports that it began with.
    pub fn tokens(&self) -> Vec<i64> {
        self.tokens.clone()
    }

    /// What a client needs to trust it, when it is reached by https.
    pub fn tls(&self) -> Option<&TlsMaterial> {
        self.tls.as_ref()
    }

    /// The proxy that a client of it is given, when it has one.
    pub fn proxy_url(&self) -> Option<&str> {
        self.proxy_url.as_deref()
    }

    /// Where OAuth tokens are asked for.
    pub fn token_url(&self) -> String {
        format!("{}/oauth/token", self.base_url)
    }
}

/// Why a scenario cannot be played.
#[derive(Debug)]
pub struct ScenarioError(String);

impl ScenarioError {
    pub(crate) fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ScenarioError {}

/// A scenario, read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Spec {
    client_id: String,
    authorization: AuthorizationSpec,
    /// What tokens and records are made from.
    seed: u64,
    sources: Vec<SourceSpec>,
    exports: Vec<ExportSpec>,
    rules: Vec<RuleSpec>,
    clock_offset_ms: i64,
    /// Scenario time stands still until it is advanced.
    virtual_clock: bool,
    line: LineSpec,
    tls: Option<TlsSpec>,
    proxy: Option<ProxySpec>,
    date_header: bool,
    extra_headers: Vec<(String, String)>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            client_id: WorldConfig::default().client_id,
            authorization: AuthorizationSpec::None,
            seed: 0,
            sources: Vec::new(),
            exports: Vec::new(),
            rules: Vec::new(),
            clock_offset_ms: 0,
            virtual_clock: false,
            line: LineSpec::default(),
            tls: None,
            proxy: None,
            date_header: true,
            extra_headers: Vec::new(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LineSpec {
    page_latency_ms: u64,
    bytes_per_second: Option<u32>,
    bytes_per_second_in_all: Option<u32>,
    pages_at_once: Option<u32>,
    /// One more is refused with 503 instead of 429.
    is_unavailable: bool,
    retry_after: Option<u32>,
    largest_limit: Option<u64>,
    page_work_us: u64,
}

impl LineSpec {
    fn config(&self) -> LineConfig {
        LineConfig {
            page_latency: Duration::from_millis(self.page_latency_ms),
            bytes_per_second: self.bytes_per_second,
            bytes_per_second_in_all: self.bytes_per_second_in_all,
            pages_at_once: self.pages_at_once,
            refusal: (if self.is_unavailable { 503 } else { 429 }, self.retry_after),
            largest_limit: self.largest_limit,
            page_work: Duration::from_micros(self.page_work_us),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum AuthorizationSpec {
    None,
    Hmac {
        user_id: String,
        secret: String,
    },
    Bearer(String),
    Verbatim(String),
    #[serde(rename = "oauth")]
    OAuth(OAuthSpec),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OAuthSpec {
    client_id: String,
    client_secret: String,
    user_id: String,
    #[serde(default = "an_hour")]
    expires_in: u64,
}

fn an_hour() -> u64 {
    3600
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TlsSpec {
    Good,
    Expired,
    WrongHost,
    UnknownCa,
    Stall,
    Tls11,
    ClientCertificate,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProxySpec {
    Tunnel,
    WantsCredentials,
    BadGateway,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceSpec {
    #[serde(default)]
    kind: KindSpec,
    /// Not of a CID export, which has none.
    #[serde(default)]
    name: String,
    #[serde(default = "three")]
    rows: u64,
    #[serde(default)]
    records: RecordsSpec,
    #[serde(default)]
    processing_ms: u64,
    lifetime_ms: Option<u64>,
    /// The word that an export of it turns to instead of `Complete`.
    ends: Option<EndSpec>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RecordsSpec {
    #[default]
    Preferences,
    Profiles,
}

#[derive(Clone, Copy, Deserialize)]
enum EndSpec {
    Error,
    Failed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportSpec {
    token: i64,
    /// So many exports, with consecutive tokens.
    #[serde(default = "one")]
    copies: u32,
    #[serde(default)]
    kind: KindSpec,
    #[serde(default = "three")]
    rows: u64,
    #[serde(default)]
    records: RecordsSpec,
    status: Option<String>,
    ready_after_ms: Option<u64>,
    lifetime_ms: Option<u64>,
    expires_text: Option<String>,
    status_after_commit: Option<AfterCommitSpec>,
}

fn one() -> u32 {
    1
}

/// How many exports one entry may stand for.
const MOST_COPIES: u32 = 100_000;

/// So that there is room for its copies.
const LARGEST_TOKEN: i64 = i64::MAX - MOST_COPIES as i64;

/// A record has room for twelve digits of its number.
const MOST_ROWS: u64 = 900_000_000_000;

fn check_rows(rows: u64) -> Result<(), ScenarioError> {
    if rows > MOST_ROWS {
        return Err(ScenarioError(format!("{MOST_ROWS} rows are the most")));
    }
    Ok(())
}

fn three() -> u64 {
    3
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindSpec {
    #[default]
    Segment,
    SegmentGroup,
    Schedule,
    Cid,
}

impl KindSpec {
    fn kind(self) -> ExportKind {
        match self {
            Self::Segment => ExportKind::Segment,
            Self::SegmentGroup => ExportKind::SegmentGroup,
            Self::Schedule => ExportKind::Schedule,
            Self::Cid => ExportKind::Cid,
        }
    }
}

impl RecordsSpec {
    /// What the records are; a schedule has its rows and nothing else.
    fn of(self, kind: ExportKind) -> Result<RecordKind, ScenarioError> {
        match (kind, self) {
            (ExportKind::Schedule, Self::Preferences) => Ok(RecordKind::Rows),
            (ExportKind::Schedule, Self::Profiles) => Err(ScenarioError::new("a schedule has rows, not profiles")),
            (_, Self::Preferences) => Ok(RecordKind::Preferences),
            (_, Self::Profiles) => Ok(RecordKind::Profiles),
        }
    }
}

impl SourceSpec {
    fn source(self) -> Result<Source, ScenarioError> {
        let kind = self.kind.kind();
        if (kind == ExportKind::Cid) != self.name.is_empty() {
            return Err(ScenarioError::new("a source needs a name, except a cid export, which has none"));
        }
        check_rows(self.rows)?;
        let mut source = Source::new(kind, &self.name, self.rows);
        source.records = self.records.of(kind)?;
        source.processing = Duration::from_millis(self.processing_ms);
        source.ends = self.ends.map(|end| match end {
            EndSpec::Error => "Error".to_owned(),
            EndSpec::Failed => "Failed".to_owned(),
        });
        if let Some(lifetime) = self.lifetime_ms {
            source.lifetime = Duration::from_millis(lifetime);
        }
        Ok(source)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum AfterCommitSpec {
    Word(String),
    Answer(u16),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSpec {
    on: OperationSpec,
    token: Option<i64>,
    offset: Option<u64>,
    #[serde(default)]
    skip: u64,
    #[serde(default)]
    times: TimesSpec,
    #[serde(default)]
    after_ms: u64,
    for_ms: Option<u64>,
    action: ActionSpec,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OperationSpec {
    Commit,
    Status,
    Page,
    Initiate,
    Token,
    Any,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case", untagged)]
enum TimesSpec {
    Number(u64),
    Forever(Forever),
}

#[derive(Clone, Copy, Deserialize)]
enum Forever {
    #[serde(rename = "forever")]
    Forever,
}

impl Default for TimesSpec {
    fn default() -> Self {
        Self::Number(1)
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum ApplySpec {
    #[default]
    Never,
    Now,
    /// So much scenario time later.
    AfterMs(u64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum ActionSpec {
    Normal,
    Deliver(DeliverySpec),
    Page(PageSpec),
    SetStatus(String),
    Answer(AnswerSpec),
    ReadThenClose(#[serde(default)] ApplySpec),
    Reset {
        #[serde(default)]
        at: ResetSpec,
        #[serde(default)]
        apply: ApplySpec,
    },
    Hang(ApplySpec),
    DelayMs(u64),
    Garbage {
        text: String,
        #[serde(default)]
        apply: ApplySpec,
    },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PageSpec {
    shift: i64,
    at_most: Option<u64>,
    count: Option<u64>,
    has_more: Option<bool>,
    offset: Option<u64>,
    total_results: Option<u64>,
    members: BTreeMap<String, Value>,
    lower_case: bool,
    pretty: bool,
    delivery: DeliverySpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerSpec {
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: BodySpec,
    #[serde(default)]
    apply: ApplySpec,
    #[serde(default)]
    delivery: DeliverySpec,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum BodySpec {
    #[default]
    Empty,
    /// `{"Message": …}`, the documented error body.
    Message(String),
    /// This text as JSON.
    Json(String),
    /// One of the documented reasons of a 401, 1 to 5, with the documented headers.
    Reason(usize),
    Html,
    HtmlWithoutType,
    InvalidUtf8,
    BadGzip,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResetSpec {
    #[default]
    BeforeHeaders,
    AfterHeaders,
    MidBody,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum DeliverySpec {
    #[default]
    Whole,
    ThenClose,
    Chunked,
    Gzip,
    LateMs(u64),
    TrickleMs(u64),
    CutBody,
    BadChunks,
    EndlessBody,
    HugeBody(u64),
    GzipBombMebibytes(u64),
    ExtraHeaders(Vec<(String, String)>),
    Interim(Vec<u16>),
}

/// Reads JSON of any program: some of them write 5 as 5.0, which is the same number.
pub(crate) fn read_json<T: DeserializeOwned>(text: &str) -> Result<T, ScenarioError> {
    serde_json::from_str(text).or_else(|error| {
        let mut value: Value = serde_json::from_str(text).map_err(ScenarioError::new)?;
        make_whole(&mut value);
        // The first complaint says where.
        T::deserialize(value).map_err(|_| ScenarioError::new(error))
    })
}

/// Writes whole numbers without their fraction, as far as doubles are exact.
fn make_whole(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(members) => members.values_mut().for_each(make_whole),
        Value::Number(number) if number.is_f64() => {
            // The parser may be off by the last bit.
            let whole = number.as_f64().filter(|number| (number - number.round()).abs() <= number.abs() * f64::EPSILON);
            // A whole double is printed without fraction or exponent.
            if let Some(Ok(whole)) = whole.map(|whole| whole.round().to_string().parse::<i64>()) {
                *value = whole.into();
            }
        }
        _ => {}
    }
}

impl Spec {
    pub(crate) fn read(text: &str) -> Result<Self, ScenarioError> {
        // Serde would take a list of the members' values too.
        if !text.trim_start().starts_with('{') {
            return Err(ScenarioError::new("a scenario is a JSON object"));
        }
        read_json(text)
    }

    /// How it is reached by https, if it is.
    pub(crate) fn tls(&self) -> Option<TlsMode> {
        self.tls.map(|mode| match mode {
            TlsSpec::Good => TlsMode::Good,
            TlsSpec::Expired => TlsMode::Expired,
            TlsSpec::WrongHost => TlsMode::WrongHost,
            TlsSpec::UnknownCa => TlsMode::UnknownCa,
            TlsSpec::Stall => TlsMode::Stall,
            TlsSpec::Tls11 => TlsMode::Tls11,
            TlsSpec::ClientCertificate => TlsMode::ClientCertificate,
        })
    }

    /// The proxy that its clients are given.
    pub(crate) fn proxy(&self) -> Option<ProxyMode> {
        self.proxy.map(|mode| match mode {
            ProxySpec::Tunnel => ProxyMode::Tunnel,
            ProxySpec::WantsCredentials => ProxyMode::WantsCredentials,
            ProxySpec::BadGateway => ProxyMode::BadGateway,
        })
    }

    /// The world, and the tokens of its exports.
    pub(crate) fn open(self, log_capacity: usize) -> Result<(World, Vec<i64>), ScenarioError> {
        let authorization = match self.authorization {
            AuthorizationSpec::None => Authorization::None,
            AuthorizationSpec::Hmac { user_id, secret } => {
                Authorization::Hmac { client_id: self.client_id.clone(), user_id, secret }
            }
            AuthorizationSpec::Bearer(token) => Authorization::Bearer(token),
            AuthorizationSpec::Verbatim(value) => Authorization::Verbatim(value),
            AuthorizationSpec::OAuth(client) => Authorization::OAuth(OAuthClient {
                client_id: client.client_id,
                client_secret: client.client_secret,
                scope: format!("{}/{}", self.client_id, client.user_id),
                expires_in: Duration::from_secs(client.expires_in),
            }),
        };
        let world = World::new(WorldConfig {
            client_id: self.client_id,
            authorization,
            virtual_clock: self.virtual_clock,
            line: self.line.config(),
            seed: self.seed,
            log_capacity,
            ..WorldConfig::default()
        });
        world.set_clock_offset(self.clock_offset_ms);
        world.set_date_header(self.date_header);
        world.set_extra_headers(self.extra_headers);
        for source in self.sources {
            world.add_source(source.source()?);
        }
        let mut tokens = Vec::new();
        for export in &self.exports {
            tokens.extend(export.add_to(&world, self.seed)?);
        }
        for rule in self.rules {
            world.push_rule(rule.rule()?);
        }
        Ok((world, tokens))
    }
}

impl ExportSpec {
    /// Adds its copies to a world; gives their tokens.
    pub(crate) fn add_to(&self, world: &World, seed: u64) -> Result<Vec<i64>, ScenarioError> {
        if self.copies > MOST_COPIES {
            return Err(ScenarioError::new(format!("{MOST_COPIES} copies are the most")));
        }
        let exports: Vec<Export> =
            (0..self.copies).map(|copy| self.export(i64::from(copy), seed)).collect::<Result<_, _>>()?;
        let tokens = exports.iter().map(|export| export.token).collect();
        for export in exports {
            world.add_export(export);
        }
        Ok(tokens)
    }

    fn export(&self, copy: i64, seed: u64) -> Result<Export, ScenarioError> {
        let token = self
            .token
            .checked_add(copy)
            .filter(|_| self.token > 0 && self.token <= LARGEST_TOKEN)
            .ok_or_else(|| ScenarioError(format!("a token must be between 1 and {LARGEST_TOKEN}")))?;
        check_rows(self.rows)?;
        let kind = self.kind.kind();
        let mut export = Export::new(token, kind, self.rows).records(self.records.of(kind)?).seed(seed);
        if let Some(word) = &self.status {
            export = export.status(word);
        }
        if let Some(after) = self.ready_after_ms {
            export = export.ready_after(Duration::from_millis(after));
        }
        if let Some(lifetime) = self.lifetime_ms {
            export = export.lifetime(Duration::from_millis(lifetime));
        }
        if let Some(text) = &self.expires_text {
            export = export.expires_text(text);
        }
        match &self.status_after_commit {
            None => {}
            Some(AfterCommitSpec::Word(word)) => {
                export = export.status_after_commit(StatusAfterCommit::Word(word.clone()));
            }
            Some(AfterCommitSpec::Answer(status)) => {
                export = export.status_after_commit(StatusAfterCommit::Answer(*status));
            }
        }
        Ok(export)
    }
}

impl RuleSpec {
    pub(crate) fn rule(self) -> Result<Rule, ScenarioError> {
        let on = match self.on {
            OperationSpec::Commit => Operation::Commit,
            OperationSpec::Status => Operation::Status,
            OperationSpec::Page => Operation::Page,
            OperationSpec::Initiate => Operation::Initiate,
            OperationSpec::Token => Operation::Token,
            OperationSpec::Any => Operation::Any,
        };
        let mut rule = Rule::new(on, self.action.action()?).skip(self.skip).after(Duration::from_millis(self.after_ms));
        rule = match self.times {
            TimesSpec::Number(times) => rule.times(times),
            TimesSpec::Forever(Forever::Forever) => rule.forever(),
        };
        if let Some(token) = self.token {
            rule = rule.token(token);
        }
        if let Some(offset) = self.offset {
            rule = rule.offset(offset);
        }
        if let Some(duration) = self.for_ms {
            rule = rule.for_duration(Duration::from_millis(duration));
        }
        Ok(rule)
    }
}

impl ActionSpec {
    fn action(self) -> Result<Action, ScenarioError> {
        Ok(match self {
            Self::Normal => Action::Normal,
            Self::Deliver(delivery) => Action::Deliver(delivery.delivery()),
            Self::Page(page) => Action::Page {
                changes: PageChanges {
                    shift: page.shift,
                    at_most: page.at_most,
                    count: page.count,
                    has_more: page.has_more,
                    offset: page.offset,
                    total_results: page.total_results,
                    members: page.members.into_iter().map(|(name, value)| (name, value.to_string())).collect(),
                    lower_case: page.lower_case,
                    pretty: page.pretty,
                },
                delivery: page.delivery.delivery(),
            },
            Self::SetStatus(word) => Action::SetStatus(word),
            Self::Answer(answer) => {
                let apply = answer.apply.apply();
                let (answer, delivery) = answer.parts()?;
                Action::Answer { answer, apply, delivery }
            }
            Self::ReadThenClose(apply) => Action::ReadThenClose { apply: apply.apply() },
            Self::Reset { at, apply } => Action::Reset {
                at: match at {
                    ResetSpec::BeforeHeaders => ResetPoint::BeforeHeaders,
                    ResetSpec::AfterHeaders => ResetPoint::AfterHeaders,
                    ResetSpec::MidBody => ResetPoint::MidBody,
                },
                apply: apply.apply(),
            },
            Self::Hang(apply) => Action::Hang { apply: apply.apply() },
            Self::DelayMs(pause) => Action::delay(Duration::from_millis(pause)),
            Self::Garbage { text, apply } => Action::Garbage { bytes: text.into_bytes(), apply: apply.apply() },
        })
    }
}

impl ApplySpec {
    fn apply(self) -> Apply {
        match self {
            Self::Never => Apply::Never,
            Self::Now => Apply::Now,
            Self::AfterMs(after) => Apply::After(Duration::from_millis(after)),
        }
    }
}

impl AnswerSpec {
    fn parts(self) -> Result<(Answer, Delivery), ScenarioError> {
        let status = self.status;
        let mut answer = match self.body {
            BodySpec::Empty => Answer::empty(status),
            BodySpec::Message(message) => Answer::message(status, &message),
            BodySpec::Json(text) => Answer::json(status, text),
            BodySpec::Reason(number) => {
                let refusal = number
                    .checked_sub(1)
                    .and_then(|index| Refusal::ALL.get(index))
                    .ok_or_else(|| ScenarioError("a 401 has the reasons 1 to 5".to_owned()))?;
                Answer::unauthorized(*refusal, &WorldConfig::default().realm)
            }
            BodySpec::Html => Answer::html(status, true),
            BodySpec::HtmlWithoutType => Answer::html(status, false),
            BodySpec::InvalidUtf8 => Answer::invalid_utf8(status),
            BodySpec::BadGzip => Answer::bad_gzip(status),
        };
        for (name, value) in &self.headers {
            answer = answer.header(name, value);
        }
        Ok((answer, self.delivery.delivery()))
    }
}

impl DeliverySpec {
    fn delivery(self) -> Delivery {
        match self {
            Self::Whole => Delivery::Whole,
            Self::ThenClose => Delivery::ThenClose,
            Self::Chunked => Delivery::Chunked,
            Self::Gzip => Delivery::Gzip,
            Self::LateMs(pause) => Delivery::Late(Duration::from_millis(pause)),
            Self::TrickleMs(pause) => Delivery::Trickle(Duration::from_millis(pause)),
            Self::CutBody => Delivery::CutBody,
            Self::BadChunks => Delivery::BadChunks,
            Self::EndlessBody => Delivery::EndlessBody,
            Self::HugeBody(bytes) => Delivery::HugeBody(bytes),
            Self::GzipBombMebibytes(mebibytes) => Delivery::GzipBomb { mebibytes },
            Self::ExtraHeaders(headers) => Delivery::ExtraHeaders(headers),
            Self::Interim(statuses) => Delivery::Interim(statuses),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_read_whole_and_a_misspelt_member_is_refused() {
        let text = r#"{"client_id":"acme","authorization":{"hmac":{"user_id":"etl","secret":"made-up"}},
            "exports":[{"token":7,"copies":3,"status_after_commit":{"word":"Expired"}}],
            "rules":[{"on":"commit","action":{"read_then_close":"now"}},
                     {"on":"status","times":"forever","for_ms":100,"action":{"answer":{"status":503,"body":{"message":"busy"},"headers":[["Retry-After","1"]]}}},
                     {"on":"page","action":{"reset":{"at":"mid_body"}}},
                     {"on":"any","times":2,"action":{"hang":{"after_ms":20}}}]}"#;
        let (world, tokens) =
            Spec::read(text).and_then(|spec| spec.open(100)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(tokens, [7, 8, 9]);
        assert!(world.export(9).is_some());
        assert!(Spec::read(r#"{"rulez":[]}"#).is_err());
        assert!(Spec::read("[]").is_err());
        assert!(Spec::read(r#"{"rules":[{"on":"commit","action":{"read_then_close":"soon"}}]}"#).is_err());
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        let text = r#"{"exports":[{"token":7.0,"rows":-0.0}],"clock_offset_ms":-2e3}"#;
        let (_, tokens) = Spec::read(text).and_then(|spec| spec.open(100)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(tokens, [7]);
        let error = Spec::read(r#"{"exports":[{"token":7.5}]}"#).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("column"), "{error}");
    }
}
