//! Watching connections being made, from inside the HTTP library: whether there ever was one, and since when this
//! exchange has one. What was sent or not is decided from that in `delivery`; time limits are applied in `transport`.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::http::handshake::Handshake;

tokio::task_local! {
    /// The exchange for which a connection is being made.
    static CONNECTING: Connecting;
}

/// What the connector reports to the exchange that started it.
#[derive(Clone, Default)]
pub(crate) struct Connecting(Arc<Mutex<Phase>>);

#[derive(Default, Clone, Copy)]
enum Phase {
    /// A pooled connection, as far as is known.
    #[default]
    None,
    Started,
    Connected(Instant),
}

impl Connecting {
    /// That of the exchange around this one, or a new one.
    pub(crate) fn current() -> Connecting {
        CONNECTING.try_with(Clone::clone).unwrap_or_default()
    }

    /// The request has had a connection to leave by for so long.
    pub(crate) fn has_had_a_connection_for(&self, time: Duration) -> bool {
        match self.0.lock().map_or(Phase::Started, |phase| *phase) {
            Phase::None => true,
            Phase::Started => false,
            Phase::Connected(at) => at.elapsed() >= time,
        }
    }

    /// Runs an exchange that reports here.
    pub(crate) fn watch<F: Future>(&self, exchange: F) -> impl Future<Output = F::Output> + use<F> {
        CONNECTING.scope(self.clone(), exchange)
    }

    fn set(&self, phase: Phase) {
        if let Ok(mut current) = self.0.lock() {
            *current = phase;
        }
    }

    /// When the first-byte limit passes, if it has to be counted from a later moment than was thought.
    pub(crate) fn since_connected(&self, first_byte_timeout: Duration) -> Option<Instant> {
        let now = Instant::now();
        match self.0.lock().map_or(Phase::None, |phase| *phase) {
            Phase::None => None,
            // `connect_timeout` ends this.
            Phase::Started => Some(now + first_byte_timeout),
            Phase::Connected(at) => {
                let limit = at + first_byte_timeout;
                (limit > now).then_some(limit)
            }
        }
    }
}

/// Notes each connection that was made. A layer around the library's connector.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Whether there was a connection at all since the client was made.
    pub(crate) fn ever_connected(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl<S> tower_layer::Layer<S> for Watch {
    type Service = WatchedConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WatchedConnector { inner, watch: self.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct WatchedConnector<S> {
    inner: S,
    watch: Watch,
}

impl<S, R> tower_service::Service<R> for WatchedConnector<S>
where
    S: tower_service::Service<R>,
    S::Response: hyper::rt::Read + Unpin + Send,
    S::Error: From<std::io::Error>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let exchange = CONNECTING.try_with(Clone::clone).ok();
        if let Some(exchange) = &exchange {
            exchange.set(Phase::Started);
        }
        let watch = self.watch.clone();
        let connection = self.inner.call(destination);
        Box::pin(async move {
            let handshake = Handshake::default();
            let made = async {
                let mut connection = handshake.observe(connection).await?;
                handshake.wait_for_the_servers_judgement(&mut connection).await?;
                // Before the request can be written to it.
                watch.0.store(true, Ordering::Release);
                Ok(connection)
            }
            .await;
            // After a failure too: the exchange may have got another connection meanwhile, and its own limit must run.
            if let Some(exchange) = exchange {
                exchange.set(Phase::Connected(Instant::now()));
            }
            made
        })
    }
}
