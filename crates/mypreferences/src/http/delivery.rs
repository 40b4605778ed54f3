//! Where sent/not-sent is decided: one function classifies every failure of a request that got no complete response
//! head, and one says what is known when it was cut off by a time limit or by the caller. Nothing below this module
//! sends a request again on its own, except what was certainly not sent (a pooled connection that was already closed
//! when the request came; the HTTP library then still holds the whole request).

use std::error::Error as StdError;
use std::io;

use crate::error::{ErrorKind, Sent, TimeoutPhase};
use crate::http::tls_error::TlsError;
use crate::threads::NoThread;

/// A request without a complete response head.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What is known about its way to the server.
    pub sent: Sent,
    /// The kind of failure.
    pub kind: ErrorKind,
    /// With [`ErrorKind::Timeout`]: which limit.
    pub phase: Option<TimeoutPhase>,
    /// With [`ErrorKind::Tls`]: why, where it is one of the reasons that can be told apart.
    pub tls: Option<TlsError>,
    /// There was no thread for it: no trouble of the network.
    pub no_thread: bool,
    /// The chain of causes in words, without URL.
    pub source: Option<String>,
}

/// How the reading of a body ended.
#[derive(Clone, Debug)]
pub enum BodyEnd {
    /// Read to its end.
    Complete,
    /// Enough was read, or nothing more was wanted.
    Stopped,
    /// Larger than the cap.
    TooLarge,
    /// The connection ended in the middle of it.
    Interrupted(String),
    /// Badly chunked or badly compressed.
    Malformed(String),
    /// Encoded in this way, which was not asked for.
    Encoded(String),
    /// A time limit passed.
    TimedOut(TimeoutPhase),
}

/// Classifies a failure of the HTTP library.
///
/// `NotSent`: name resolution, TCP, TLS handshake, CONNECT; anything before there was a connection. `MaybeSent`:
/// anything later. A server that read everything and then closed looks like "connection closed before message
/// completed": that is `MaybeSent`.
pub(crate) fn classify(error: reqwest::Error) -> Failure {
    // The URL holds the access token: it goes before anything is read from the error.
    let error = error.without_url();
    let failure = |sent, kind, phase| Failure {
        sent,
        kind,
        phase,
        tls: if kind == ErrorKind::Tls { first_cause(&error, TlsError::of) } else { None },
        no_thread: any_cause(&error, is_no_thread),
        source: Some(chain(&error)),
    };
    if error.is_builder() {
        return failure(Sent::NotSent, ErrorKind::Internal, None);
    }
    if error.is_connect() {
        return if error.is_timeout() {
            failure(Sent::NotSent, ErrorKind::Timeout, Some(TimeoutPhase::Connect))
        } else if any_cause(&error, is_tls) {
            failure(Sent::NotSent, ErrorKind::Tls, None)
        } else if any_cause(&error, is_refused_by_proxy) {
            failure(Sent::NotSent, ErrorKind::Proxy, None)
        } else {
            failure(Sent::NotSent, ErrorKind::Connect, None)
        };
    }
    if error.is_timeout() {
        return failure(Sent::MaybeSent, ErrorKind::Timeout, Some(TimeoutPhase::FirstByte));
    }
    // An alert after the handshake says nothing about what was read before it.
    if any_cause(&error, is_tls) {
        return failure(Sent::MaybeSent, ErrorKind::Tls, None);
    }
    if any_cause(&error, is_malformed_answer) {
        return failure(Sent::MaybeSent, ErrorKind::InvalidResponse, None);
    }
    failure(Sent::MaybeSent, ErrorKind::Interrupted, None)
}

/// What is known about a request that was cut off before its answer. Which phase it was in cannot be seen for sure
/// (it may have taken a pooled connection), unless this client never had a connection at all.
pub(crate) const fn sent_if_aborted(ever_connected: bool) -> Sent {
    if ever_connected { Sent::MaybeSent } else { Sent::NotSent }
}

/// What broke a body that was being read: the connection, or what came over it.
pub(crate) fn body_failure(error: reqwest::Error) -> BodyEnd {
    let error = error.without_url();
    if any_cause(&error, is_lost_connection) {
        BodyEnd::Interrupted(chain(&error))
    } else {
        BodyEnd::Malformed(chain(&error))
    }
}

/// The causes in words, outermost first.
fn chain(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.ends_with(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = error.source();
    }
    words
}

fn any_cause(error: &reqwest::Error, test: fn(&(dyn StdError + 'static)) -> bool) -> bool {
    first_cause(error, |cause| test(cause).then_some(())).is_some()
}

/// Walks the causes. An `io::Error` hides the error that it wraps from `source`, and TLS errors come wrapped twice.
fn first_cause<T>(error: &reqwest::Error, test: impl Fn(&(dyn StdError + 'static)) -> Option<T>) -> Option<T> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = test(error) {
            return Some(found);
        }
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    error.is::<rustls::Error>()
}

fn is_no_thread(error: &(dyn StdError + 'static)) -> bool {
    error.is::<NoThread>()
}

/// The library's tunnel error is private: its words have to do. A tunnel that could not even reach the proxy is a
/// failed connection, not a refusal.
fn is_refused_by_proxy(error: &(dyn StdError + 'static)) -> bool {
    let words = error.to_string();
    words.starts_with("tunnel error")
        && ["unsuccessful", "proxy authorization required", "headers too long"]
            .iter()
            .any(|refusal| words.contains(refusal))
}

fn is_lost_connection(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(|error| !error.is_parse())
        && !any_io(error, |io| matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
}

/// Whether some io error in the chain below passes the test: hyper reports bad chunks as one.
fn any_io(error: &(dyn StdError + 'static), test: fn(&io::Error) -> bool) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(test) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn is_malformed_answer(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
}
