//! The TCP server: listens on the loopback, accepts without limit, hands each connection to `connection`.
//! Holds no scenario state of its own, only which scenarios there are; the state is the `World`'s.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::authorization::Authorization;
use crate::connection;
use crate::export::{Export, ExportView};
use crate::log::LoggedRequest;
use crate::route::Operation;
use crate::rules::Rule;
use crate::scenario::{OpenScenario, ScenarioError};
use crate::shared::Shared;
use crate::source::Source;
use crate::tls::{Guard, Listeners, NewListener};
use crate::wire::Stream;
use crate::world::{World, WorldConfig};

/// How a service begins.
#[derive(Debug, Clone, Default)]
pub struct MockConfig {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// How its world begins.
    pub world: WorldConfig,
    /// When a connection without a request is closed, as servers do; `None` is never.
    pub idle_timeout: Option<Duration>,
}

impl MockConfig {
    /// The same configuration with another port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The same configuration with another client id.
    #[must_use]
    pub fn client_id(mut self, client_id: &str) -> Self {
        client_id.clone_into(&mut self.world.client_id);
        self
    }

    /// The same configuration with another authorization.
    #[must_use]
    pub fn authorization(mut self, authorization: Authorization) -> Self {
        self.world.authorization = authorization;
        self
    }
}

/// What happens to a new connection. Those that are open already are served on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectMode {
    /// It is served.
    Serve,
    /// It is closed at once, before anything is read.
    CloseAtOnce,
    /// It is reset at once, before anything is read.
    ResetAtOnce,
}

/// A running mock service. Dropping it stops it: the port is closed, connections are cut.
#[derive(Debug)]
pub struct MockService {
    shared: Arc<Shared>,
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    stopped: Option<oneshot::Receiver<()>>,
    /// The thread of [`MockService::start_blocking`].
    thread: Option<std::thread::JoinHandle<()>>,
}

impl MockService {
    /// Starts a service on the runtime of the caller.
    ///
    /// # Errors
    /// When the port cannot be listened on.
    #[allow(clippy::unused_async, reason = "it needs a runtime, and its signature says so")]
    pub async fn start(config: MockConfig) -> io::Result<Self> {
        let listener = listen(config.port)?;
        let (mut service, more) = Self::prepare(config, listener.local_addr()?.port());
        let (stop, stopped) = service.switches();
        let shared = service.shared.clone();
        tokio::spawn(async move {
            accept_until_stopped(listener, more, shared, stop).await;
            // Nobody needs to wait for it.
            let _ = stopped.send(());
        });
        Ok(service)
    }

    /// Starts a service on a thread and runtime of its own, for synchronous code.
    ///
    /// # Errors
    /// When the port cannot be listened on, or no thread can be started.
    pub fn start_blocking(config: MockConfig) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _entered = runtime.enter();
            listen(config.port)?
        };
        let port = listener.local_addr()?.port();
        let (mut service, more) = Self::prepare(config, port);
        let (stop, stopped) = service.switches();
        let shared = service.shared.clone();
        let thread = std::thread::Builder::new().name("mypreferences-mock".to_owned()).spawn(move || {
            runtime.block_on(accept_until_stopped(listener, more, shared, stop));
            let _ = stopped.send(());
        })?;
        service.thread = Some(thread);
        Ok(service)
    }

    /// The service, and where its further listeners come from.
    fn prepare(config: MockConfig, port: u16) -> (Self, mpsc::UnboundedReceiver<NewListener>) {
        let (sender, more) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            world: Arc::new(World::new(config.world)),
            port,
            scenarios: Mutex::new(BTreeMap::new()),
            tls: Listeners::new(sender),
            next_scenario: AtomicU64::new(1),
            idle_timeout: config.idle_timeout,
            connections: AtomicU64::new(0),
            connect_mode: AtomicU8::new(0),
        });
        let service = Self { shared, port, stop: None, stopped: None, thread: None };
        (service, more)
    }

    fn switches(&mut self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (stop, stop_heard) = oneshot::channel();
        let (tell_stopped, stopped) = oneshot::channel();
        self.stop = Some(stop);
        self.stopped = Some(stopped);
        (stop_heard, tell_stopped)
    }

    /// The base URL, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port that is listened on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The world that is served, which outlives the service.
    pub fn world(&self) -> Arc<World> {
        self.shared.world.clone()
    }

    /// Serves a scenario, given as JSON, in a world of its own beside all others.
    ///
    /// # Errors
    /// When the text is no scenario; it says where.
    pub fn open_scenario(&self, text: &str) -> Result<OpenScenario, ScenarioError> {
        self.shared.open_scenario(text)
    }

    /// Forgets a scenario. Its world lives on for those who hold it. Says whether there was one.
    pub fn close_scenario(&self, id: &str) -> bool {
        self.shared.close_scenario(id)
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> u64 {
        self.shared.connections()
    }

    /// What happens to connections from now on.
    pub fn set_connect_mode(&self, mode: ConnectMode) {
        let number = match mode {
            ConnectMode::Serve => 0,
            ConnectMode::CloseAtOnce => 1,
            ConnectMode::ResetAtOnce => 2,
        };
        self.shared.connect_mode.store(number, Ordering::Relaxed);
    }

    /// See [`World::add_export`].
    pub fn add_export(&self, export: Export) {
        self.shared.world.add_export(export);
    }

    /// See [`World::add_source`].
    pub fn add_source(&self, source: Source) {
        self.shared.world.add_source(source);
    }

    /// See [`World::remove_export`].
    pub fn remove_export(&self, token: i64) -> bool {
        self.shared.world.remove_export(token)
    }

    /// See [`World::export`].
    pub fn export(&self, token: i64) -> Option<ExportView> {
        self.shared.world.export(token)
    }

    /// See [`World::set_status`].
    pub fn set_status(&self, token: i64, word: &str) -> bool {
        self.shared.world.set_status(token, word)
    }

    /// See [`World::update_export`].
    pub fn update_export(&self, token: i64, change: impl FnOnce(&mut Export)) -> bool {
        self.shared.world.update_export(token, change)
    }

    /// See [`World::push_rule`].
    pub fn push_rule(&self, rule: Rule) {
        self.shared.world.push_rule(rule);
    }

    /// See [`World::clear_rules`].
    pub fn clear_rules(&self) {
        self.shared.world.clear_rules();
    }

    /// See [`World::set_authorization`].
    pub fn set_authorization(&self, authorization: Authorization) {
        self.shared.world.set_authorization(authorization);
    }

    /// See [`World::set_clock_offset`].
    pub fn set_clock_offset(&self, millis: i64) {
        self.shared.world.set_clock_offset(millis);
    }

    /// See [`World::set_date_header`].
    pub fn set_date_header(&self, send: bool) {
        self.shared.world.set_date_header(send);
    }

    /// See [`World::set_extra_headers`].
    pub fn set_extra_headers(&self, headers: Vec<(String, String)>) {
        self.shared.world.set_extra_headers(headers);
    }

    /// See [`World::requests`].
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.world.requests()
    }

    /// See [`World::requests_for`].
    pub fn requests_for(&self, operation: Operation) -> Vec<LoggedRequest> {
        self.shared.world.requests_for(operation)
    }

    /// See [`World::clear_log`].
    pub fn clear_log(&self) {
        self.shared.world.clear_log();
    }

    /// See [`World::wait_for`].
    pub async fn wait_for(&self, condition: impl Fn(&[LoggedRequest]) -> bool, timeout: Duration) -> bool {
        self.shared.world.wait_for(condition, timeout).await
    }

    /// See [`World::wait_for_export`].
    pub async fn wait_for_export(
        &self,
        token: i64,
        condition: impl Fn(&ExportView) -> bool,
        timeout: Duration,
    ) -> bool {
        self.shared.world.wait_for_export(token, condition, timeout).await
    }

    /// See [`World::wait_for_blocking`].
    pub fn wait_for_blocking(&self, condition: impl Fn(&[LoggedRequest]) -> bool, timeout: Duration) -> bool {
        self.shared.world.wait_for_blocking(condition, timeout)
    }

    /// Stops the service and waits until its port is closed and its connections are cut.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        if let Some(stopped) = self.stopped.take() {
            // An error means that the task is gone, which is what is wanted.
            let _ = stopped.await;
        }
    }

    /// [`MockService::shutdown`] for synchronous code and a service of [`MockService::start_blocking`].
    pub fn shutdown_blocking(self) {
        drop(self);
    }
}

impl Drop for MockService {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

/// Listens with a long queue: a client whose connection does not fit into it would try again only after a second,
/// and a test with many connections at once would measure that second. Needs an entered runtime.
fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // As servers on Unix do, so that a fixed port can be taken again at once. Elsewhere it means something worse.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(4096)
}

/// Accepts until the sender of `stop` is dropped. The connections live in the set and are cut with it.
async fn accept_until_stopped(
    listener: TcpListener,
    mut more: mpsc::UnboundedReceiver<NewListener>,
    shared: Arc<Shared>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            Some(new) = more.recv() => {
                connections.spawn(accept_guarded(new, shared.clone()));
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => take(stream, &shared, &mut connections),
                // Out of file descriptors, or a client that left at once: neither is a reason to stop.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

fn take(stream: TcpStream, shared: &Arc<Shared>, connections: &mut JoinSet<()>) {
    let number = shared.number_connection();
    match shared.connect_mode.load(Ordering::Relaxed) {
        1 => drop(stream),
        2 => {
            let _ = stream.set_zero_linger();
            drop(stream);
        }
        _ => {
            let stream = Stream::Plain(stream);
            connections.spawn(connection::serve(stream, number, shared.clone()));
        }
    }
}

/// Accepts on a TLS listener until it is dropped, and its connections with it.
async fn accept_guarded(new: NewListener, shared: Arc<Shared>) {
    let Ok(listener) = TcpListener::from_std(new.socket) else {
        return;
    };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    connections.spawn(serve_guarded(socket, new.guard.clone(), shared.clone()));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
}

async fn serve_guarded(socket: TcpStream, guard: Guard, shared: Arc<Shared>) {
    let number = shared.number_connection();
    if let Some(stream) = guard.receive(socket).await {
        connection::serve(stream, number, shared).await;
    }
}
