//! Which operation a request target names, and for which client and token.
//! Reads loosely, so that a wrong request is still logged under its token; `strict` judges it.

use percent_encoding::percent_decode_str;

use crate::export_kind::ExportKind;

/// The operations of the service, as far as they are mocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `POST {clientId}/export/{kind}/Commit/{accessToken}`.
    Commit,
    /// `GET {clientId}/status/Token/{accessToken}`.
    Status,
    /// `GET {clientId}/export/{kind}/{accessToken}`.
    Page,
    /// `POST {clientId}/export/{kind}/{name}`, and `POST {clientId}/export/CID`.
    Initiate,
    /// `POST oauth/token`: where an OAuth access token is asked for.
    Token,
    /// In a rule or a question: every request, even one that names no operation.
    Any,
}

impl Operation {
    /// Its name in scenarios and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Status => "status",
            Self::Page => "page",
            Self::Initiate => "initiate",
            Self::Token => "token",
            Self::Any => "any",
        }
    }

    /// Whether a rule or a question about `self` means a request for `operation`.
    pub(crate) fn covers(self, operation: Option<Self>) -> bool {
        self == Self::Any || Some(self) == operation
    }
}

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// A known path asked with its method.
    Known(Target),
    /// A known path asked with another method; holds those that are allowed.
    WrongMethod(&'static str),
    /// No path of this service.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) operation: Operation,
    /// The kind named in the path; status has none.
    pub(crate) kind: Option<ExportKind>,
    /// Decoded; empty for the token endpoint.
    pub(crate) client_id: String,
    /// `None` when it is not a positive 64-bit integer in its usual form.
    pub(crate) token: Option<i64>,
    /// The segment, segment group or schedule of an initiate, decoded.
    pub(crate) name: Option<String>,
    /// The text after the question mark, if there is one.
    pub(crate) query: Option<String>,
}

impl Route {
    pub(crate) fn of(method: &str, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let Some(path) = path.strip_prefix('/') else {
            return Self::Unknown;
        };
        let segments: Vec<&str> = path.split('/').collect();
        // A path is a list of what it means by method: initiate and page share one shape.
        let named = |kind: &str| ExportKind::of_segment(kind);
        let (client_id, operation, kind, last) = match (segments.as_slice(), method) {
            (["oauth", "token"], "POST") => ("", Operation::Token, None, ""),
            (["oauth", "token"], _) => return Self::WrongMethod("POST"),
            ([client, "status", "Token", token], "GET") => (*client, Operation::Status, None, *token),
            ([_, "status", "Token", _], _) => return Self::WrongMethod("GET"),
            ([client, "export", kind, "Commit", token], _) => match (named(kind), method) {
                (Some(kind), "POST") => (*client, Operation::Commit, Some(kind), *token),
                (Some(_), _) => return Self::WrongMethod("POST"),
                (None, _) => return Self::Unknown,
            },
            ([client, "export", "CID"], "POST") => (*client, Operation::Initiate, Some(ExportKind::Cid), ""),
            ([_, "export", "CID"], _) => return Self::WrongMethod("POST"),
            ([client, "export", kind, last], _) => match (named(kind), method) {
                (Some(kind), "GET") => (*client, Operation::Page, Some(kind), *last),
                (Some(ExportKind::Cid), _) => return Self::WrongMethod("GET"),
                (Some(kind), "POST") => (*client, Operation::Initiate, Some(kind), *last),
                (Some(_), _) => return Self::WrongMethod("GET, POST"),
                (None, _) => return Self::Unknown,
            },
            _ => return Self::Unknown,
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let is_initiate = operation == Operation::Initiate;
        Self::Known(Target {
            operation,
            kind,
            client_id: decoded(client_id),
            token: if is_initiate { None } else { parse_token(last) },
            name: (is_initiate && !last.is_empty()).then(|| decoded(last)),
            query,
        })
    }

    pub(crate) fn target(&self) -> Option<&Target> {
        match self {
            Self::Known(target) => Some(target),
            Self::WrongMethod(_) | Self::Unknown => None,
        }
    }
}

/// Digits only, no sign, no leading zero: one token has one spelling.
pub(crate) fn parse_token(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || text.starts_with('0') {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initiate_and_page_share_a_path_and_differ_by_method() {
        let initiate = Route::of("POST", "/C/export/SegmentGroup/All%20of%20us");
        let target = initiate.target().expect("a known path");
        assert_eq!(target.operation, Operation::Initiate);
        assert_eq!(target.name.as_deref(), Some("All of us"));
        assert_eq!(target.token, None);
        let cid = Route::of("POST", "/C/export/CID?startDate=2026-01-01");
        assert_eq!(cid.target().expect("a known path").operation, Operation::Initiate);
        for (method, target, allowed) in [
            ("POST", "/C/export/CID/7", "GET"),
            ("GET", "/C/export/CID", "POST"),
            ("PUT", "/C/export/Segment/7", "GET, POST"),
            ("GET", "/C/export/Segment/Commit/7", "POST"),
            ("GET", "/oauth/token", "POST"),
        ] {
            assert_eq!(Route::of(method, target), Route::WrongMethod(allowed));
        }
    }

    #[test]
    fn the_three_operations_are_told_apart() {
        for (method, target, operation) in [
            ("POST", "/C/export/Segment/Commit/7?keepFiles=true", Operation::Commit),
            ("POST", "/C/export/CID/Commit/7", Operation::Commit),
            ("GET", "/C/status/Token/7", Operation::Status),
            ("GET", "/C/export/Schedule/7?limit=1", Operation::Page),
        ] {
            let route = Route::of(method, target);
            let target = route.target().expect("a known path");
            assert_eq!(target.operation, operation);
            assert_eq!(target.token, Some(7));
        }
    }

    #[test]
    fn other_paths_and_other_casings_are_unknown() {
        for target in
            ["/", "*", "/C/Export/Segment/7", "/C/export/Segments/7", "/C/status/Token/7/", "//C/status/Token/7"]
        {
            assert_eq!(Route::of("GET", target), Route::Unknown, "{target}");
        }
    }

    #[test]
    fn a_token_has_one_spelling() {
        assert_eq!(parse_token("9223372036854775807"), Some(i64::MAX));
        for text in ["", "0", "-1", "+1", "01", "1.0", "9223372036854775808", "%31", "x"] {
            assert_eq!(parse_token(text), None, "{text}");
        }
    }
}
