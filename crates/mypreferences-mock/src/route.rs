//! Which operation a request target names, and for which client and token.
//! Reads loosely, so that a wrong request is still logged under its token; `strict` judges it.

use percent_encoding::percent_decode_str;

use crate::export::ExportKind;

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
    /// In a rule or a question: every request, even one that names no operation.
    Any,
}

impl Operation {
    /// The only method that the operation answers to.
    fn method(self) -> &'static str {
        match self {
            Self::Commit => "POST",
            Self::Status | Self::Page | Self::Any => "GET",
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
    /// A known path asked with another method; holds the one that is allowed.
    WrongMethod(&'static str),
    /// No path of this service.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) operation: Operation,
    /// The kind named in the path; status has none.
    pub(crate) kind: Option<ExportKind>,
    /// Decoded.
    pub(crate) client_id: String,
    /// `None` when it is not a positive 64-bit integer in its usual form.
    pub(crate) token: Option<i64>,
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
        let (client_id, operation, kind, token) = match segments.as_slice() {
            [client, "status", "Token", token] => (client, Operation::Status, None, token),
            [client, "export", kind, "Commit", token] => {
                let Some(kind) = ExportKind::of_segment(kind) else {
                    return Self::Unknown;
                };
                (client, Operation::Commit, Some(kind), token)
            }
            [client, "export", kind, token] => {
                let Some(kind) = ExportKind::of_segment(kind) else {
                    return Self::Unknown;
                };
                (client, Operation::Page, Some(kind), token)
            }
            _ => return Self::Unknown,
        };
        if method != operation.method() {
            return Self::WrongMethod(operation.method());
        }
        Self::Known(Target {
            operation,
            kind,
            client_id: percent_decode_str(client_id)
                .decode_utf8_lossy()
                .into_owned(),
            token: parse_token(token),
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
    fn the_three_operations_are_told_apart() {
        for (method, target, operation) in [
            (
                "POST",
                "/C/export/Segment/Commit/7?keepFiles=true",
                Operation::Commit,
            ),
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
        for target in [
            "/",
            "*",
            "/C/Export/Segment/7",
            "/C/export/Segments/7",
            "/C/status/Token/7/",
            "//C/status/Token/7",
        ] {
            assert_eq!(Route::of("GET", target), Route::Unknown, "{target}");
        }
    }

    #[test]
    fn a_token_has_one_spelling() {
        assert_eq!(parse_token("9223372036854775807"), Some(i64::MAX));
        for text in [
            "",
            "0",
            "-1",
            "+1",
            "01",
            "1.0",
            "9223372036854775808",
            "%31",
            "x",
        ] {
            assert_eq!(parse_token(text), None, "{text}");
        }
    }
}
