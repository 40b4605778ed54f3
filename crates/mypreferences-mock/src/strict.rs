//! The judge of requests: anything that is not exactly what the vendor documents is refused.
//! A lenient mock would let a client pass that the service then refuses.

use std::time::Duration;

use crate::answer::Answer;
use crate::authorization::Authorization;
use crate::export::Request;
use crate::export_kind::ExportKind;
use crate::http::{Framing, Head};
use crate::initiate::{self, Order};
use crate::oauth::{self, Issued};
use crate::route::{Operation, Route, Target};
use crate::wire::Body;

/// The largest page. The vendor's own limit is not public.
const LARGEST_LIMIT: u64 = 10_000_000;

/// A request that passed, ready to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Checked {
    /// Something about an export that there should be.
    OfToken { token: i64, request: Request },
    /// A new export.
    Initiate { kind: ExportKind, name: String, order: Order },
    /// An OAuth access token.
    Token,
}

/// What the checks say of a request.
pub(crate) struct Verdict {
    pub(crate) checked: Result<Checked, Answer>,
    /// What is accepted in silence although nothing documents it.
    pub(crate) remarks: Vec<String>,
}

/// What the judge needs to know of the world.
pub(crate) struct Rulebook<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) authorization: &'a Authorization,
    pub(crate) realm: &'a str,
    pub(crate) now_millis: i64,
    pub(crate) issued: &'a Issued,
    /// Scenario time.
    pub(crate) now: Duration,
}

impl Rulebook<'_> {
    /// Judges a request. The refusal says which of the rules was broken first.
    pub(crate) fn check(&self, head: &Head, route: &Route, body: &Body) -> Verdict {
        let mut remarks = Vec::new();
        let checked = self.checked(head, route, body, &mut remarks);
        Verdict { checked, remarks }
    }

    fn checked(&self, head: &Head, route: &Route, body: &Body, remarks: &mut Vec<String>) -> Result<Checked, Answer> {
        // First, as the vendor's web server does it before the application sees the request.
        if head.method == "POST" && !matches!(head.framing, Framing::Length(_)) {
            return Err(Answer::message(411, "The request must have a Content-Length."));
        }
        if head.framing == Framing::Chunked {
            return Err(Answer::message(400, "A transfer encoding is not accepted."));
        }
        let target = match route {
            Route::Known(target) => target,
            Route::WrongMethod(allowed) => {
                let message = "The requested resource does not support this http method.";
                return Err(Answer::message(405, message).header("Allow", allowed));
            }
            Route::Unknown => {
                let message = "No HTTP resource was found that matches the request URI.";
                return Err(Answer::message(404, message));
            }
        };
        let authorization = single_authorization(head)?;
        if target.operation == Operation::Token {
            return self.token_request(head, target, authorization, body);
        }
        if target.client_id != self.client_id {
            return Err(Answer::message(404, "The client id is invalid."));
        }
        self.authorization
            .check(authorization, self.now_millis, |token| self.issued.accepts(token, self.now))
            .map_err(|refusal| Answer::unauthorized(refusal, self.realm))?;
        if let (Operation::Initiate, Some(kind)) = (target.operation, target.kind) {
            must_be_whole(body)?;
            let (order, more) = initiate::read(kind, target.query.as_deref(), head, &body.kept)?;
            remarks.extend(more);
            let name = target.name.clone().unwrap_or_default();
            return Ok(Checked::Initiate { kind, name, order });
        }
        let Some(token) = target.token else {
            return Err(bad("The access token is not a positive integer."));
        };
        let request = parameters(target)?;
        if body.received > 0 {
            return Err(bad("The request must not have a body."));
        }
        Ok(Checked::OfToken { token, request })
    }

    fn token_request(
        &self,
        head: &Head,
        target: &Target,
        authorization: Option<&[u8]>,
        body: &Body,
    ) -> Result<Checked, Answer> {
        let Authorization::OAuth(client) = self.authorization else {
            return Err(Answer::message(404, "This scenario has no OAuth."));
        };
        must_be_whole(body)?;
        let query = target.query.as_deref();
        oauth::check(client, authorization, head, query, &body.kept)?;
        Ok(Checked::Token)
    }
}

/// A body can only be read when all of it was kept.
fn must_be_whole(body: &Body) -> Result<(), Answer> {
    if body.received > u64::try_from(body.kept.len()).unwrap_or(0) {
        return Err(Answer::message(413, "The request body is too large."));
    }
    Ok(())
}

fn bad(message: &str) -> Answer {
    Answer::message(400, message)
}

fn single_authorization(head: &Head) -> Result<Option<&[u8]>, Answer> {
    let mut values = head
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Authorization"))
        .map(|(_, value)| value.as_slice());
    let first = values.next();
    if values.next().is_some() {
        return Err(bad("The request has more than one Authorization header."));
    }
    Ok(first)
}

fn parameters(target: &Target) -> Result<Request, Answer> {
    let query = target.query.as_deref();
    match (target.operation, target.kind) {
        (Operation::Commit, Some(kind)) => match query {
            Some("keepFiles=true") => Ok(Request::Commit { kind, keep_files: true }),
            Some("keepFiles=false") => Ok(Request::Commit { kind, keep_files: false }),
            _ => Err(bad("The query must be keepFiles=true or keepFiles=false and nothing else.")),
        },
        (Operation::Page, Some(kind)) => {
            let page = PageParameters::read(query)?;
            Ok(Request::Page {
                kind,
                limit: page.limit.unwrap_or(1000),
                offset: page.offset.unwrap_or(1),
                keep_alive: page.keep_alive.unwrap_or(false),
            })
        }
        _ if query.is_some() => Err(bad("This request has no query parameters.")),
        _ => Ok(Request::Status),
    }
}

#[derive(Default)]
struct PageParameters {
    limit: Option<u64>,
    offset: Option<u64>,
    keep_alive: Option<bool>,
}

impl PageParameters {
    /// All three are optional, in any order, once each.
    fn read(query: Option<&str>) -> Result<Self, Answer> {
        let mut page = Self::default();
        let Some(query) = query else {
            return Ok(page);
        };
        for parameter in query.split('&') {
            match parameter.split_once('=') {
                Some(("limit", text)) if page.limit.is_none() => {
                    page.limit = Some(
                        positive(text)
                            .filter(|limit| *limit <= LARGEST_LIMIT)
                            .ok_or_else(|| bad("The limit is invalid."))?,
                    );
                }
                Some(("offset", text)) if page.offset.is_none() => {
                    page.offset = Some(positive(text).ok_or_else(|| bad("The offset is invalid."))?);
                }
                Some(("keepAlive", "true")) if page.keep_alive.is_none() => {
                    page.keep_alive = Some(true);
                }
                Some(("keepAlive", "false")) if page.keep_alive.is_none() => {
                    page.keep_alive = Some(false);
                }
                _ => return Err(bad("A query parameter is unknown, repeated or invalid.")),
            }
        }
        Ok(page)
    }
}

/// A count is written like a token.
fn positive(text: &str) -> Option<u64> {
    crate::route::parse_token(text).and_then(|number| u64::try_from(number).ok())
}
