//! The end of a TLS handshake as the *server* sees it. In TLS 1.3 the client is done before the server has looked at
//! the client's certificate, so a request would already be on its way when the server refuses the client. Where a
//! server asked for a certificate, nothing is sent until it has shown that it is content: a refusal is then a failed
//! handshake, and certainly not a request that may have arrived.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::ReadBuf;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, ResolvesClientCert, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, NamedGroup, SignatureScheme};
use rustls_pki_types::ServerName;
use tokio::time::Instant;

use crate::http::tls_error::LEFT_AFTER_ASKING;

tokio::task_local! {
    /// The handshake that the TLS library is in the middle of.
    static OBSERVED: Handshake;
}

/// A server that is content and sends no session ticket says nothing: it gets as long as two connections take, which
/// are four round trips or more, but within these bounds.
const SILENCE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Sessions that are remembered; rustls' own default.
const SESSIONS: usize = 256;

/// What was seen of one handshake.
#[derive(Clone)]
pub(crate) struct Handshake(Arc<Seen>);

struct Seen {
    begun: Instant,
    /// The server asked for a client certificate.
    asked: AtomicBool,
    /// It is TLS 1.3: TLS 1.2 judges the client within the handshake.
    is_13: AtomicBool,
    /// A session ticket came, which is sent after the client was judged.
    ticket: AtomicBool,
}

impl Default for Handshake {
    fn default() -> Handshake {
        Handshake(Arc::new(Seen {
            begun: Instant::now(),
            asked: AtomicBool::new(false),
            is_13: AtomicBool::new(false),
            ticket: AtomicBool::new(false),
        }))
    }
}

impl Handshake {
    /// Runs what makes a connection, observed.
    pub(crate) fn observe<F: Future>(&self, connecting: F) -> impl Future<Output = F::Output> + use<F> {
        OBSERVED.scope(self.clone(), connecting)
    }

    /// After the handshake: waits until the server has judged the client's certificate, if there is something to judge.
    ///
    /// # Errors
    /// The server's refusal.
    pub(crate) async fn wait_for_the_servers_judgement<C>(&self, connection: &mut C) -> io::Result<()>
    where
        C: hyper::rt::Read + Unpin,
    {
        let to_be_judged = is_set(&self.0.asked) && is_set(&self.0.is_13);
        if !to_be_judged {
            return Ok(());
        }
        let (least, most) = SILENCE;
        let silence = (self.0.begun.elapsed() * 2).clamp(least, most);
        let judged = std::future::poll_fn(|context| self.poll_judged(connection, context));
        match tokio::time::timeout(silence, self.observe(judged)).await {
            Ok(judged) => judged,
            // Silence is consent.
            Err(_) => Ok(()),
        }
    }

    fn poll_judged<C>(&self, connection: &mut C, context: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        C: hyper::rt::Read + Unpin,
    {
        let mut space = [0; 1];
        let mut buffer = ReadBuf::new(&mut space);
        // Reads tickets and alerts; there is no application data before the request.
        match Pin::new(connection).poll_read(context, buffer.unfilled()) {
            Poll::Pending if is_set(&self.0.ticket) => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) if is_tls(&error) => Poll::Ready(Err(error)),
            // Some servers end the connection without a word.
            Poll::Ready(Err(_) | Ok(())) => {
                Poll::Ready(Err(io::Error::other(rustls::Error::General(String::from(LEFT_AFTER_ASKING)))))
            }
        }
    }
}

fn is_tls(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(cause) if cause.is::<rustls::Error>())
}

fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Acquire)
}

/// Notes something about the handshake under way, if it is observed.
fn note(flag: fn(&Seen) -> &AtomicBool) {
    // Outside of an observed handshake nobody wants to know.
    let _ = OBSERVED.try_with(|handshake| flag(&handshake.0).store(true, Ordering::Release));
}

/// Makes this configuration tell [`Handshake`] what it sees.
pub(crate) fn observable(config: &mut ClientConfig) {
    let resolver = Arc::clone(&config.client_auth_cert_resolver);
    config.client_auth_cert_resolver = Arc::new(NotedResolver(resolver));
    config.resumption = Resumption::store(Arc::new(NotedSessions(ClientSessionMemoryCache::new(SESSIONS))));
}

/// Is asked for a certificate when the server asks.
#[derive(Debug)]
struct NotedResolver(Arc<dyn ResolvesClientCert>);

impl ResolvesClientCert for NotedResolver {
    fn resolve(&self, root_hint_subjects: &[&[u8]], sigschemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        note(|seen| &seen.asked);
        self.0.resolve(root_hint_subjects, sigschemes)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.0.only_raw_public_keys()
    }

    fn has_certs(&self) -> bool {
        self.0.has_certs()
    }
}

/// Is told of the TLS version and of tickets, when sessions are remembered.
#[derive(Debug)]
struct NotedSessions(ClientSessionMemoryCache);

impl ClientSessionStore for NotedSessions {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        // rustls does this at the end of a handshake of TLS 1.3, and only there.
        note(|seen| &seen.is_13);
        self.0.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(server_name, value);
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.0.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(&self, server_name: ServerName<'static>, value: Tls13ClientSessionValue) {
        note(|seen| &seen.ticket);
        self.0.insert_tls13_ticket(server_name, value);
    }

    fn take_tls13_ticket(&self, server_name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(server_name)
    }
}
