//! What the adapters of Rust share: plans in, observations out, and a log to be searched for secrets. Each adapter
//! uses only the public surface that it is for.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mypreferences::configuration::Sources;
use mypreferences::export::{Digest, Expect, Export, ExportRequest, MatchCriteria, Page};
use mypreferences::landing::{CommitLoaded, CommitPolicy, Compression, Folder, LandExport, Sealed};
use mypreferences::{CancelToken, Client, ClientBuilder, Error, ErrorKind, Operation, Settings};
use mypreferences_arrow::{Layout, Parquet};
use serde::{Deserialize, Serialize};

/// One case: what to call, and never what must come of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Plan {
    /// The scenario's name.
    pub case: String,
    /// The mock's URL for this case.
    pub base_url: String,
    /// The account id.
    pub client_id: String,
    /// What to authorise with.
    pub credentials: Credentials,
    /// Settings by name, as text.
    pub settings: BTreeMap<String, String>,
    /// When it is there, the client is made from it and from the settings, and from nothing else of the plan.
    pub configuration: Option<Configuration>,
    /// One after the other, on one client.
    pub calls: Vec<Call>,
}

/// Where settings and credentials are found.
#[derive(Clone, Debug, Deserialize)]
pub struct Configuration {
    /// The profile that is asked for.
    pub profile: Option<String>,
    /// The whole environment.
    pub variables: BTreeMap<String, String>,
}

/// What to authorise with.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credentials {
    /// PNAUTHINFO3.
    Hmac {
        /// The API user.
        user_id: String,
        /// Its secret.
        secret: String,
    },
    /// A bearer token.
    Bearer(String),
    /// A whole header value.
    Authorization(String),
    /// OAuth 2.0 client credentials.
    #[serde(rename = "oauth")]
    OAuth(OAuth),
}

/// OAuth 2.0 client credentials.
#[derive(Clone, Debug, Deserialize)]
pub struct OAuth {
    /// The token endpoint.
    pub token_url: String,
    /// The OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The API user.
    pub user_id: Option<String>,
    /// A scope of its own.
    pub scope: Option<String>,
    /// `basic` or `body`.
    pub client_auth: Option<String>,
}

/// One call.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    /// `commit`, `resolve_commit`, `status`, `initiate`, `wait`, `pages`, `boundaries`, `export`, `commit_landed` or
    /// `commit_loaded`.
    pub operation: String,
    /// As text, so that it need not be a token. Empty for what has none.
    #[serde(default)]
    pub access_token: String,
    /// For a commit.
    pub keep_files: Option<bool>,
    /// For an initiate: what is exported.
    pub kind: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// What changed since.
    pub last_date_time: Option<String>,
    /// Which profiles.
    pub match_criteria: Option<String>,
    /// The type of their ids.
    pub match_type: Option<String>,
    /// Their ids.
    pub values: Option<Vec<String>>,
    /// Where the service tells that it is ready.
    pub callback_url: Option<String>,
    /// The first day.
    pub start_date: Option<String>,
    /// The last day.
    pub end_date: Option<String>,
    /// The customers.
    #[serde(default)]
    pub cids: Vec<String>,
    /// Their channels.
    pub channels: Option<Vec<String>>,
    /// For a wait and for pages: the handle's text.
    pub export: Option<String>,
    /// How long to wait.
    pub max_wait_ms: Option<u64>,
    /// Records of one page.
    pub limit: Option<u32>,
    /// The first record.
    pub offset: Option<u64>,
    /// The last record.
    pub until: Option<u64>,
    /// What the range has to be.
    pub expect_total: Option<u64>,
    /// The digest of its first record.
    pub expect_first: Option<String>,
    /// The digest of its last one.
    pub expect_last: Option<String>,
    /// Where an export is cut.
    pub places: Option<Vec<u64>>,
    /// Rows that a destination holds.
    pub rows: Option<u64>,
    /// Its name.
    pub sink: Option<String>,
    /// Its files.
    pub files: Option<Vec<String>>,
    /// The handle is wrapped and unwrapped before it is used.
    pub wrapped: Option<bool>,
    /// For an export that lands: its folder.
    pub out: Option<String>,
    /// `after_seal` or `never`.
    pub commit: Option<String>,
    /// `auto` or a moment.
    pub since: Option<String>,
    /// Seconds.
    pub overlap: Option<f64>,
    /// `none` or `zstd`.
    pub compression: Option<String>,
    /// `ndjson` or `parquet`.
    pub format: Option<String>,
    /// Bytes.
    pub max_memory: Option<u64>,
    /// Bytes.
    pub part_bytes: Option<u64>,
    /// When the caller cancels.
    pub cancel_after_ms: Option<u64>,
    /// So many at once.
    pub concurrent: Option<Concurrent>,
}

/// Several calls at once.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Concurrent {
    /// How many.
    pub n: u32,
    /// Each has the next token.
    #[serde(default)]
    pub consecutive_tokens: bool,
}

impl Call {
    /// The calls that run at once: one token each.
    pub fn tokens(&self) -> Vec<String> {
        let Some(concurrent) = self.concurrent else {
            return vec![self.access_token.clone()];
        };
        let first: i64 = self.access_token.parse().unwrap_or(0);
        (0..concurrent.n)
            .map(|n| {
                let step = if concurrent.consecutive_tokens { i64::from(n) } else { 0 };
                first.saturating_add(step).to_string()
            })
            .collect()
    }
}

impl Call {
    /// What an initiate exports.
    ///
    /// # Errors
    /// The library's own.
    pub fn order(&self) -> Result<ExportRequest, Error> {
        let name = self.name.clone().unwrap_or_default();
        let mut order = match self.kind.as_deref() {
            Some("segment_group") => ExportRequest::segment_group(name),
            Some("schedule") => ExportRequest::schedule(name),
            Some("cid") => ExportRequest::cid(&self.cids),
            Some(_) | None => ExportRequest::segment(name),
        };
        if let Some(moment) = &self.last_date_time {
            order = order.since(moment.parse()?);
        }
        if let Some(criteria) = &self.match_criteria {
            let criteria = MatchCriteria::from_words(criteria, self.match_type.as_deref())?;
            order = order.matching(criteria, self.values.iter().flatten());
        }
        if let Some(url) = &self.callback_url {
            order = order.callback_url(url);
        }
        if let Some(channels) = &self.channels {
            order = order.channels(channels);
        }
        Ok(order.dates_if_given(self.start_date.clone(), self.end_date.clone()))
    }

    /// The call that exports, lands and commits.
    ///
    /// # Errors
    /// The library's own.
    pub fn landing(&self, client: &Client, cancel: CancelToken) -> Result<LandExport, Error> {
        let policy = match self.commit.as_deref() {
            Some("never") => CommitPolicy::Never,
            Some(_) | None => CommitPolicy::AfterSeal { keep_files: self.keep_files.unwrap_or(true) },
        };
        let mut order = self.order()?;
        let is_auto = self.since.as_deref() == Some("auto");
        if let Some(moment) = self.since.as_ref().filter(|_| !is_auto) {
            order = order.since(moment.parse()?);
        }
        let mut call = client.export(order, self.out.as_deref().unwrap_or_default(), policy).cancel_token(cancel);
        if is_auto {
            call = call.since_auto(self.overlap.map(Duration::from_secs_f64));
        }
        if self.compression.as_deref() == Some("zstd") {
            call = call.compression(Compression::Zstd);
        }
        if self.format.as_deref() == Some("parquet") {
            call = call.format(Parquet::new(Layout::default()));
        }
        if let Some(limit) = self.limit {
            call = call.limit(limit);
        }
        if let Some(bytes) = self.max_memory {
            call = call.max_memory(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        if let Some(bytes) = self.part_bytes {
            call = call.part_bytes(bytes);
        }
        if let Some(limit) = self.max_wait_ms {
            call = call.max_wait(Duration::from_millis(limit));
        }
        Ok(call)
    }

    /// The newest batch that is sealed and not committed.
    ///
    /// # Errors
    /// The library's own.
    pub fn sealed(&self) -> Result<Sealed, Error> {
        let mut sealed = Folder::new(self.out.as_deref().unwrap_or_default()).sealed()?;
        sealed.pop().ok_or_else(|| {
            Error::before_io(ErrorKind::NotSealed, Operation::Commit, "nothing is sealed", "land an export first")
        })
    }

    /// The handle of a wait or of pages.
    ///
    /// # Errors
    /// The library's own.
    pub fn handle(&self, client: &Client) -> Result<Export, Error> {
        let export = Export::from_json(self.export.as_deref().unwrap_or_default())?;
        if self.wrapped == Some(true) { client.unwrap(&client.wrap(&export)?) } else { Ok(export) }
    }

    /// The commit of what was loaded.
    ///
    /// # Errors
    /// The library's own.
    pub fn loaded(&self, client: &Client, cancel: CancelToken) -> Result<CommitLoaded, Error> {
        let (rows, keep_files) = (self.rows.unwrap_or_default(), self.keep_files.unwrap_or(true));
        let call = client.commit_loaded(&self.handle(client)?, rows, keep_files).cancel_token(cancel);
        let call = call.files(self.files.iter().flatten());
        Ok(match &self.sink {
            Some(sink) => call.sink(sink),
            None => call,
        })
    }

    /// What the pages have to be.
    ///
    /// # Errors
    /// The library's own.
    pub fn expected(&self) -> Result<Expect, Error> {
        let digest = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
        Ok(Expect { total: self.expect_total, first: digest(&self.expect_first)?, last: digest(&self.expect_last)? })
    }

    /// The places where an export is cut.
    pub fn places(&self) -> Vec<u64> {
        self.places.clone().unwrap_or_default()
    }
}

/// What was read, in one record: each page with its counts, other members and lines.
pub fn pages_record(pages: &[Page]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let pages: Vec<_> = pages
        .iter()
        .map(|page| {
            let lines: Vec<String> = page
                .records()
                .map(|record| {
                    let mut line = Vec::new();
                    record.write_line(&mut line);
                    text(&line)
                })
                .collect();
            let others: Vec<_> = page.others().map(|(name, value)| (name.to_owned(), text(value))).collect();
            serde_json::json!({
                "count": page.count,
                "has_more": page.has_more,
                "offset": page.offset,
                "total_results": page.total_results,
                "others": others,
                "records": lines,
            })
        })
        .collect();
    serde_json::Value::from(pages).to_string()
}

/// Pairs of digests.
pub fn boundaries_record(pairs: &[(Digest, Digest)]) -> String {
    serde_json::to_string(pairs).unwrap_or_default()
}

impl Plan {
    /// The client to be.
    ///
    /// # Errors
    /// The library's own, which are what the case observes.
    pub fn builder(&self) -> Result<ClientBuilder, Error> {
        if let Some(given) = &self.configuration {
            let variables = given.variables.iter().map(|(name, value)| (name.into(), value.into()));
            let mut sources = Sources::of(variables);
            for (name, value) in &self.settings {
                sources = sources.argument(name, name, value)?;
            }
            if let Some(profile) = &given.profile {
                sources = sources.profile(profile);
            }
            return sources.read()?.client_builder();
        }
        let mut settings = Settings::default();
        settings.set("client_id", &self.client_id)?;
        settings.set("base_url", &self.base_url)?;
        for (name, value) in &self.settings {
            settings.set(name, value)?;
        }
        Ok(Client::builder().settings(settings).credentials(self.credentials.made()?))
    }
}

impl Credentials {
    fn made(&self) -> Result<mypreferences::Credentials, Error> {
        use mypreferences::{Credentials as Made, OAuth};
        Ok(match self {
            Credentials::Hmac { user_id, secret } => Made::hmac(user_id, secret),
            Credentials::Bearer(token) => Made::bearer(token),
            Credentials::Authorization(value) => Made::verbatim(value),
            Credentials::OAuth(given) => {
                let mut oauth = OAuth::new(&given.token_url, &given.client_id, &given.client_secret);
                if let Some(user_id) = &given.user_id {
                    oauth = oauth.user_id(user_id);
                }
                if let Some(scope) = &given.scope {
                    oauth = oauth.scope(scope);
                }
                if let Some(form) = &given.client_auth {
                    oauth = oauth.client_auth(form.parse()?);
                }
                Made::oauth(oauth)
            }
        })
    }
}

/// One result: its sort and its canonical record.
#[derive(Debug, Serialize)]
pub struct Observed {
    /// `receipt`, `error`, `resolution` or `status`.
    #[serde(rename = "type")]
    pub sort: &'static str,
    /// As the surface hands it out.
    pub record: String,
}

#[derive(Serialize)]
struct Observation<'a> {
    case: &'a str,
    results: Vec<Vec<Observed>>,
    texts: Vec<String>,
}

/// Every event at trace level, since the last look.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Starts to record. Once in a program.
    pub fn start() -> Log {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    fn take(&self) -> String {
        let bytes = self.0.lock().map(|mut bytes| std::mem::take(&mut *bytes)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Ok(mut kept) = self.0.lock() {
            kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Plays every plan on standard input. `answer` gives the results, one list a call, and every text form that it saw.
///
/// # Errors
/// When standard input or output is gone, or a plan cannot be read.
pub fn adapt(log: &Log, mut answer: impl FnMut(&Plan) -> (Vec<Vec<Observed>>, Vec<String>)) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let plan: Plan = serde_json::from_str(&line?)?;
        let (results, mut texts) = answer(&plan);
        texts.push(log.take());
        let observation = Observation { case: &plan.case, results, texts };
        let mut out = io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&observation)?)?;
        out.flush()?;
    }
    Ok(())
}
