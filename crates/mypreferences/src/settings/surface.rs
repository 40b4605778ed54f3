//! Where the service is: environments with their base URLs, surfaces as route templates, and the building of one
//! URL that is exactly what was meant.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use strum::{IntoStaticStr, VariantArray};
use url::Url;

use crate::error::quoted::quoted;
use crate::error::{Error, ErrorKind, Operation};
use crate::settings::access_token::AccessToken;
use crate::settings::value::{SettingValue, choice};

/// Longest client id that is taken, in characters.
const MAX_CLIENT_ID: usize = 256;
/// Everything but RFC 3986's unreserved characters is encoded in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const CLIENT_ID: &str = "{clientId}";
const ACCESS_TOKEN: &str = "{accessToken}";
const KIND: &str = "{kind}";
const NAME: &str = "{name}";

/// A vendor environment. It gives the base URL that belongs to the surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Environment {
    /// `pm.mypreferences.com`
    Production,
    /// `pmstg.mypreferences.com`
    Staging,
}

impl Environment {
    const fn host(self) -> &'static str {
        match self {
            Environment::Production => "https://pm.mypreferences.com",
            Environment::Staging => "https://pmstg.mypreferences.com",
        }
    }
}

choice!(Environment, "environment", "pass production or staging, or a base_url of your own");

impl SettingValue for Option<Environment> {
    fn read(_: &str, text: &str) -> Result<Self, Error> {
        text.parse().map(Some)
    }

    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String> {
        self.map(|environment| environment.as_str().to_owned())
    }
}

/// What was exported; it decides a path element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum ExportKind {
    /// One segment. Commit route of the async surface: INF (its two siblings are DOC and have this shape).
    #[default]
    Segment,
    /// A group of segments. No documented route on the async surface: needs templates of your own.
    SegmentGroup,
    /// A scheduled export. DOC.
    Schedule,
    /// Single customers. DOC.
    Cid,
}

impl ExportKind {
    /// The path element: as the vendor's pages write it, and for segment groups a guess (UNK).
    pub const fn path_element(self) -> &'static str {
        match self {
            ExportKind::Segment => "Segment",
            ExportKind::SegmentGroup => "SegmentGroup",
            ExportKind::Schedule => "Schedule",
            ExportKind::Cid => "CID",
        }
    }
}

choice!(ExportKind, "kind", "pass one of the four kinds");

/// The routes of one of the vendor's surfaces, as templates with `{clientId}`, `{accessToken}` and `{kind}`.
///
/// Template rules: relative to the base URL, `{clientId}` and `{accessToken}` exactly once each, `{kind}` at most
/// once, no query, no fragment, no empty or dot segments. The query (`keepFiles`, `limit` …) is added by the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surface {
    pub(crate) name: Cow<'static, str>,
    /// Base path on the vendor's hosts; none for a surface of one's own.
    pub(crate) base_path: Option<&'static str>,
    pub(crate) commit_path: Cow<'static, str>,
    pub(crate) status_path: Cow<'static, str>,
    pub(crate) page_path: Cow<'static, str>,
    /// With `{clientId}`, `{kind}` and `{name}`; none where nobody gave one.
    pub(crate) initiate_path: Option<Cow<'static, str>>,
}

impl Surface {
    /// MyPreferences 2.0 async API, the documented one and the default. Base `/API/3/async/` (DOC), routes DOC but
    /// Segment Commit (INF): <https://pm.mypreferences.com/API/3/async>.
    pub const fn async_api() -> Surface {
        Surface {
            name: Cow::Borrowed("async"),
            base_path: Some("/API/3/async/"),
            commit_path: Cow::Borrowed("{clientId}/export/{kind}/Commit/{accessToken}"),
            status_path: Cow::Borrowed("{clientId}/status/Token/{accessToken}"),
            page_path: Cow::Borrowed("{clientId}/export/{kind}/{accessToken}"),
            initiate_path: Some(Cow::Borrowed("{clientId}/export/{kind}/{name}")),
        }
    }

    /// The unversioned Profiles API. Status is DOC
    /// (<https://pmstg.mypreferences.com/Profiles/Help/Api/GET-Async-clientId-Export-accessToken-Status>); Commit and
    /// pages are **inferred** from its shape (UNK): try them on staging first.
    pub const fn profiles() -> Surface {
        Surface {
            name: Cow::Borrowed("profiles"),
            base_path: Some("/Profiles/"),
            commit_path: Cow::Borrowed("Async/{clientId}/Export/{accessToken}/Commit"),
            status_path: Cow::Borrowed("Async/{clientId}/Export/{accessToken}/Status"),
            page_path: Cow::Borrowed("Async/{clientId}/Export/{accessToken}"),
            initiate_path: Some(Cow::Borrowed("Async/{clientId}/Export/{kind}/{name}")),
        }
    }

    /// MyPreferences 3.0 version 4. Its export paths are not public: base `/Profiles/v4/` (DOC), all routes **inferred**
    /// (INF, likeliest of three guesses): try them on staging first.
    pub const fn v4() -> Surface {
        Surface {
            name: Cow::Borrowed("v4"),
            base_path: Some("/Profiles/v4/"),
            commit_path: Cow::Borrowed("Async/{clientId}/Export/{accessToken}/Commit"),
            status_path: Cow::Borrowed("Async/{clientId}/Export/{accessToken}/Status"),
            page_path: Cow::Borrowed("Async/{clientId}/Export/{accessToken}"),
            initiate_path: Some(Cow::Borrowed("Async/{clientId}/Export/{kind}/{name}")),
        }
    }

    /// Routes of your own. `name` stands in the single-flight key and in messages.
    pub fn custom(
        name: impl Into<String>,
        commit_path: impl Into<String>,
        status_path: impl Into<String>,
        page_path: impl Into<String>,
    ) -> Surface {
        Surface {
            name: Cow::Owned(name.into()),
            base_path: None,
            commit_path: Cow::Owned(commit_path.into()),
            status_path: Cow::Owned(status_path.into()),
            page_path: Cow::Owned(page_path.into()),
            initiate_path: None,
        }
    }

    /// The route of Initiate, with `{clientId}`, `{name}` and, at most once, `{kind}`. Without it a surface of your own
    /// cannot initiate.
    #[must_use]
    pub fn with_initiate_path(mut self, initiate_path: impl Into<String>) -> Surface {
        self.initiate_path = Some(Cow::Owned(initiate_path.into()));
        self
    }

    /// The surface's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The base URL on a vendor host.
    pub(crate) fn base_url(&self, environment: Environment) -> Option<String> {
        self.base_path.map(|path| format!("{}{path}", environment.host()))
    }
}

impl Default for Surface {
    fn default() -> Surface {
        Surface::async_api()
    }
}

impl SettingValue for Surface {
    fn read(_: &str, text: &str) -> Result<Surface, Error> {
        text.parse()
    }

    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String> {
        Some(self.name().to_owned())
    }
}

impl std::str::FromStr for Surface {
    type Err = Error;
    fn from_str(text: &str) -> Result<Surface, Error> {
        match text {
            "async" => Ok(Surface::async_api()),
            "profiles" => Ok(Surface::profiles()),
            "v4" => Ok(Surface::v4()),
            other => Err(Error::invalid_argument(
                Operation::Configure,
                format!("surface must be async, profiles or v4, got {}", quoted(other)),
                "pass one of the three, or give commit_path, status_path and page_path",
            )),
        }
    }
}

/// A checked base URL and the routes below it for one client id.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    base: String,
    client_id: String,
    commit: Template,
    status: Template,
    page: Template,
    initiate: Option<String>,
    /// The async surface documents no segment group route.
    no_segment_group: bool,
    /// Nor one to initiate it.
    cannot_initiate_groups: bool,
}

#[derive(Clone, Debug)]
struct Template {
    name: &'static str,
    text: String,
}

impl Routes {
    /// Checks everything before any I/O.
    pub(crate) fn new(base_url: &str, surface: &Surface, client_id: &str) -> Result<Routes, Error> {
        let base = check_base_url(base_url)?;
        check_client_id(client_id)?;
        let routes = Routes {
            base,
            client_id: utf8_percent_encode(client_id, SEGMENT).to_string(),
            commit: Template::new("commit_path", &surface.commit_path)?,
            status: Template::new("status_path", &surface.status_path)?,
            page: Template::new("page_path", &surface.page_path)?,
            initiate: surface.initiate_path.as_deref().map(check_initiate_path).transpose()?,
            no_segment_group: *surface == Surface::async_api(),
            cannot_initiate_groups: surface.initiate_path == Surface::async_api().initiate_path,
        };
        // A template that cannot be built is a setting to mend, not a call that fails later.
        let probe = AccessToken::new(1)?;
        routes.status(probe, Operation::Configure)?;
        routes.commit(ExportKind::Segment, probe, true, Operation::Configure)?;
        routes.page(ExportKind::Segment, probe, PageRange::PROBE, Operation::Configure)?;
        Ok(routes)
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// `POST …/Commit/{accessToken}?keepFiles=`: always sent, lower case.
    pub(crate) fn commit(
        &self,
        kind: ExportKind,
        token: AccessToken,
        keep_files: bool,
        operation: Operation,
    ) -> Result<Url, Error> {
        self.check_kind(kind, operation)?;
        let query = if keep_files { "?keepFiles=true" } else { "?keepFiles=false" };
        self.build(&self.commit, kind, token, query, operation)
    }

    /// `GET …/status/Token/{accessToken}`.
    pub(crate) fn status(&self, token: AccessToken, operation: Operation) -> Result<Url, Error> {
        self.build(&self.status, ExportKind::Segment, token, "", operation)
    }

    /// A page, with keepAlive=true so that nothing is marked as retrieved (DOC).
    pub(crate) fn page(
        &self,
        kind: ExportKind,
        token: AccessToken,
        range: PageRange,
        operation: Operation,
    ) -> Result<Url, Error> {
        self.check_kind(kind, operation)?;
        let query = format!("?limit={}&offset={}&keepAlive=true", range.limit, range.offset);
        self.build(&self.page, kind, token, &query, operation)
    }

    /// `POST …/{kind}/{name}`; customers have no name.
    pub(crate) fn initiate(&self, kind: ExportKind, name: Option<&str>, query: &str) -> Result<Url, Error> {
        let operation = Operation::Initiate;
        if kind == ExportKind::SegmentGroup && self.cannot_initiate_groups {
            return Err(Error::invalid_argument(
                operation,
                "the async surface documents no route to initiate segment groups",
                "choose another surface, or give a surface of your own with_initiate_path",
            ));
        }
        let template = self.initiate.as_deref().ok_or_else(|| {
            Error::invalid_argument(
                operation,
                "this surface has no route for Initiate",
                "give the surface one: with_initiate_path",
            )
        })?;
        let path = match name {
            Some(name) => template.replace(NAME, &utf8_percent_encode(name, SEGMENT).to_string()),
            None => template.replace(&format!("/{NAME}"), ""),
        };
        // The name is encoded, so that it holds no placeholder; neither does the client id.
        let path = path.replace(KIND, kind.path_element()).replace(CLIENT_ID, &self.client_id);
        meant(&format!("{}{path}{query}", self.base), "the route of Initiate", operation)
    }

    /// A URL without a token, for people.
    pub(crate) fn without_token(url: &Url) -> String {
        url.as_str().to_owned()
    }

    /// The same URL with the token masked, for people.
    pub(crate) fn sanitised(url: &Url, token: AccessToken) -> String {
        let mut text = String::from(url.scheme());
        text.push_str("://");
        text.push_str(&url[url::Position::BeforeHost..url::Position::AfterPort]);
        let number = token.expose().to_string();
        for segment in url.path_segments().into_iter().flatten() {
            text.push('/');
            text.push_str(&segment.replace(&number, &token.masked()));
        }
        if let Some(query) = url.query() {
            text.push('?');
            text.push_str(query);
        }
        text
    }

    fn check_kind(&self, kind: ExportKind, operation: Operation) -> Result<(), Error> {
        if kind == ExportKind::SegmentGroup && self.no_segment_group {
            return Err(Error::invalid_argument(
                operation,
                "the async surface documents no route for segment groups",
                "choose another surface, or give commit_path, status_path and page_path",
            ));
        }
        Ok(())
    }

    fn build(
        &self,
        template: &Template,
        kind: ExportKind,
        token: AccessToken,
        query: &str,
        operation: Operation,
    ) -> Result<Url, Error> {
        let mut text = String::with_capacity(self.base.len() + template.text.len() + self.client_id.len() + 64);
        text.push_str(&self.base);
        template.fill(&mut text, &self.client_id, kind, token);
        text.push_str(query);
        meant(&text, template.name, operation)
    }
}

/// The parser drops dot segments, backslashes and the like in silence. What it gives back must be the very text that was
/// meant, or another resource would be asked for.
fn meant(text: &str, name: &str, operation: Operation) -> Result<Url, Error> {
    match Url::parse(text) {
        Ok(url) if url.as_str() == text => Ok(url),
        Ok(_) | Err(_) => Err(Error::before_io(
            ErrorKind::InvalidArgument,
            operation,
            format!("{name} does not build the URL that it means"),
            "use plain path segments in the template and the client id",
        )),
    }
}

/// Which records a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageRange {
    pub(crate) limit: u32,
    /// From 1.
    pub(crate) offset: u64,
}

impl PageRange {
    /// The page probe: the first record.
    pub(crate) const PROBE: PageRange = PageRange { limit: 1, offset: 1 };
}

/// A template for Initiate.
fn check_initiate_path(text: &str) -> Result<String, Error> {
    let count = |placeholder: &str| text.matches(placeholder).count();
    let literal = text.replace(CLIENT_ID, "").replace(NAME, "").replace(KIND, "");
    let is_plain = literal.chars().all(|c| c.is_ascii_alphanumeric() || "/-._~".contains(c));
    let is_relative = text.split('/').all(|segment| !segment.is_empty() && !is_dot_segment(segment));
    if count(CLIENT_ID) == 1
        && text.ends_with(&format!("/{NAME}"))
        && count(NAME) == 1
        && count(KIND) <= 1
        && is_plain
        && is_relative
    {
        return Ok(text.to_owned());
    }
    Err(Error::invalid_argument(
        Operation::Configure,
        "initiate_path is no template",
        "pass a relative path such as \"{clientId}/export/{kind}/{name}\"",
    ))
}

impl Template {
    fn new(name: &'static str, text: &str) -> Result<Template, Error> {
        let refused = |detail: &str| {
            Err(Error::invalid_argument(
                Operation::Configure,
                format!("{name} {detail}"),
                format!(
                    "pass a relative path such as \"{{clientId}}/export/Segment/Commit/{{accessToken}}\" for {name}"
                ),
            ))
        };
        let count = |placeholder: &str| text.matches(placeholder).count();
        if count(CLIENT_ID) != 1 || count(ACCESS_TOKEN) != 1 {
            return refused("must hold {clientId} and {accessToken} exactly once each");
        }
        if count(KIND) > 1 {
            return refused("may hold {kind} at most once");
        }
        let literal = text.replace(CLIENT_ID, "").replace(ACCESS_TOKEN, "").replace(KIND, "");
        if let Some(bad) = literal.chars().find(|&c| !(c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:@".contains(c)))
        {
            return refused(&format!("holds {bad:?}, which a path cannot"));
        }
        if text.split('/').any(|segment| segment.is_empty() || is_dot_segment(segment)) {
            return refused("must be relative, without empty or dot segments");
        }
        Ok(Template { name, text: text.to_owned() })
    }

    fn fill(&self, out: &mut String, client_id: &str, kind: ExportKind, token: AccessToken) {
        use std::fmt::Write;
        let mut rest = self.text.as_str();
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            rest = &rest[open..];
            if let Some(after) = rest.strip_prefix(CLIENT_ID) {
                out.push_str(client_id);
                rest = after;
            } else if let Some(after) = rest.strip_prefix(ACCESS_TOKEN) {
                // Writing to a String does not fail.
                let _ = write!(out, "{}", token.expose());
                rest = after;
            } else if let Some(after) = rest.strip_prefix(KIND) {
                out.push_str(kind.path_element());
                rest = after;
            } else {
                break;
            }
        }
        out.push_str(rest);
    }
}

/// `.` and `..`, also written with `%2e`.
pub(crate) fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

fn check_client_id(client_id: &str) -> Result<(), Error> {
    let refused = |detail: &str| {
        Err(Error::invalid_argument(
            Operation::Configure,
            format!("client_id {detail}"),
            "pass the MyPreferences account id (not the OAuth client_id)",
        ))
    };
    if client_id.is_empty() {
        return refused("is empty");
    }
    if client_id.chars().count() > MAX_CLIENT_ID {
        return refused("is longer than 256 characters");
    }
    if is_dot_segment(client_id) {
        return refused("must not be a dot segment");
    }
    if client_id.chars().any(char::is_control) {
        return refused("holds a control character");
    }
    Ok(())
}

/// https, or http to loopback; no user, query or fragment; ends with a slash.
fn check_base_url(text: &str) -> Result<String, Error> {
    // The value stays out of the message: people paste URLs with passwords in them.
    let refused = |detail: &str| {
        Err(Error::invalid_argument(
            Operation::Configure,
            format!("base_url {detail}"),
            "pass a URL such as https://pm.mypreferences.com/API/3/async/, or an environment",
        ))
    };
    let mut url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return refused(&format!("is not a URL: {error}")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refused("must not hold a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("must not hold a query or fragment");
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return refused("must be https: plain http is for loopback only"),
        _ => return refused("must be https"),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return refused("has no host");
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    if url.path().contains("//") {
        return refused("must not hold empty path segments");
    }
    Ok(url.into())
}

/// Whether this host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(client_id: &str) -> Result<Routes, Error> {
        Routes::new("http://127.0.0.1:9/base", &Surface::async_api(), client_id)
    }

    fn token() -> AccessToken {
        AccessToken::new(1_234_567_890).unwrap()
    }

    #[test]
    fn the_documented_routes_are_built_as_the_vendor_writes_them() {
        let routes = Routes::new(
            &Surface::async_api().base_url(Environment::Production).unwrap(),
            &Surface::async_api(),
            "SanchezAssociates",
        )
        .unwrap();
        let commit = |kind| routes.commit(kind, token(), false, Operation::Commit).unwrap().to_string();
        assert_eq!(
            commit(ExportKind::Schedule),
            "https://pm.mypreferences.com/API/3/async/SanchezAssociates/export/Schedule/Commit/1234567890?keepFiles=false"
        );
        assert!(commit(ExportKind::Cid).contains("/export/CID/Commit/"));
        assert_eq!(
            routes.status(token(), Operation::Status).unwrap().path(),
            "/API/3/async/SanchezAssociates/status/Token/1234567890"
        );
        assert!(routes.commit(ExportKind::SegmentGroup, token(), false, Operation::Commit).is_err());
    }

    #[test]
    fn a_client_id_stays_one_path_segment() {
        for (client_id, encoded) in [
            ("a/b", "a%2Fb"),
            ("a b", "a%20b"),
            ("a?b#c", "a%3Fb%23c"),
            ("a\\b", "a%5Cb"),
            ("Zoë & Söhne", "Zo%C3%AB%20%26%20S%C3%B6hne"),
            ("{accessToken}", "%7BaccessToken%7D"),
            ("...", "..."),
            ("%2e%2e%2f", "%252e%252e%252f"),
        ] {
            let url = routes(client_id).unwrap().status(token(), Operation::Status).unwrap();
            assert_eq!(url.path(), format!("/base/{encoded}/status/Token/1234567890"));
        }
    }

    #[test]
    fn the_sanitised_url_shows_the_end_of_the_token_only() {
        let url = routes("acme").unwrap().commit(ExportKind::Segment, token(), true, Operation::Commit).unwrap();
        assert_eq!(
            Routes::sanitised(&url, token()),
            "http://127.0.0.1:9/base/acme/export/Segment/Commit/***7890?keepFiles=true"
        );
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for bad in [
            "http://pm.mypreferences.com/",
            "ftp://127.0.0.1/",
            "https://user@host/",
            "https://user:password@host/",
            "https://host/?x=1",
            "https://host/#x",
            "host",
            "",
            "https://host//x/",
        ] {
            let error = Routes::new(bad, &Surface::async_api(), "acme").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{bad}");
            assert!(!error.to_string().contains("password@"), "{error}");
        }
        for good in ["http://localhost:1/", "http://127.0.0.1:1", "http://[::1]:1/x", "https://host/x"] {
            assert!(Routes::new(good, &Surface::async_api(), "acme").is_ok(), "{good}");
        }
    }

    #[test]
    fn templates_of_ones_own_are_checked() {
        let with = |commit: &str| {
            Routes::new(
                "https://host/",
                &Surface::custom("mine", commit, "{clientId}/s/{accessToken}", "{clientId}/p/{accessToken}"),
                "acme",
            )
        };
        let url = with("v9/{clientId}/x{accessToken}.json").unwrap();
        assert_eq!(
            url.commit(ExportKind::Segment, token(), true, Operation::Commit).unwrap().as_str(),
            "https://host/v9/acme/x1234567890.json?keepFiles=true"
        );
        for bad in [
            "{clientId}/commit",
            "{accessToken}",
            "/{clientId}/{accessToken}",
            "{clientId}//{accessToken}",
            "../{clientId}/{accessToken}",
            "%2e%2e/{clientId}/{accessToken}",
            "{clientId}/{accessToken}?a=b",
            "{clientId}/{accessToken}#x",
            "{clientId}/{accessToken}/{accessToken}",
            "{clientId}/{accessToken}/{other}",
            "{clientId}/{accessToken}/a b",
            "{clientId}\\{accessToken}",
        ] {
            assert!(with(bad).is_err(), "{bad} was taken");
        }
    }
}
