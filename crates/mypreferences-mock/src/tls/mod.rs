//! TLS in every state of health: listeners with certificates made on the spot, each begun when a scenario first wants it.
//! What is said within TLS is left to `connection`.

mod certificates;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::lock::lock;
use crate::proxy::{self, ProxyMode};
use crate::wire::Stream;
use certificates::Certificates;

/// How a scenario is reached by https.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// A certificate of the private CA for 127.0.0.1, localhost and [`PROXIED_HOST`](crate::PROXIED_HOST).
    Good,
    /// One that expired long ago.
    Expired,
    /// One for another host.
    WrongHost,
    /// One of a CA that nobody was told about.
    UnknownCa,
    /// The handshake is never answered.
    Stall,
    /// Every handshake is refused with the alert that a server sends that knows nothing newer than TLS 1.1.
    Tls11,
    /// A good certificate, and the client must show one of its own.
    ClientCertificate,
}

/// What a client needs to trust a scenario, and to be trusted by it. PEM texts.
#[derive(Debug, Clone)]
pub struct TlsMaterial {
    /// The private CA.
    pub ca_pem: String,
    /// A certificate that [`TlsMode::ClientCertificate`] accepts.
    pub client_certificate_pem: String,
    /// Its key. Made at start and good for nothing else.
    pub client_key_pem: String,
}

/// A new listener on its way to the task that accepts.
pub(crate) struct NewListener {
    pub(crate) socket: TcpListener,
    pub(crate) guard: Guard,
}

/// What happens to a connection before anything is read from it as HTTP.
#[derive(Clone)]
pub(crate) enum Guard {
    Handshake(Arc<ServerConfig>),
    Stall,
    Refuse,
    Proxy(ProxyMode),
}

/// The listeners so far, and the certificates once they are made.
pub(crate) struct Listeners {
    state: Mutex<State>,
    sender: mpsc::UnboundedSender<NewListener>,
}

#[derive(Default)]
struct State {
    certificates: Option<Certificates>,
    ports: Vec<(TlsMode, u16)>,
    proxies: Vec<(ProxyMode, u16)>,
}

impl Listeners {
    pub(crate) fn new(sender: mpsc::UnboundedSender<NewListener>) -> Self {
        Self { state: Mutex::default(), sender }
    }

    /// The port of this mode, which is listened on from now on, and what its clients need.
    ///
    /// # Errors
    /// When there is no free port, or no certificate can be made.
    pub(crate) fn open(&self, mode: TlsMode) -> io::Result<(u16, TlsMaterial)> {
        let mut state = lock(&self.state);
        if state.certificates.is_none() {
            state.certificates = Some(Certificates::make().map_err(io::Error::other)?);
        }
        let Some(certificates) = &state.certificates else {
            return Err(io::Error::other("no certificates"));
        };
        let material = certificates.material();
        let known = state.ports.iter().find(|(known, _)| *known == mode);
        if let Some((_, port)) = known {
            return Ok((*port, material));
        }
        let guard = match mode {
            TlsMode::Stall => Guard::Stall,
            TlsMode::Tls11 => Guard::Refuse,
            _ => Guard::Handshake(Arc::new(certificates.server(mode).map_err(io::Error::other)?)),
        };
        let port = self.listen(guard)?;
        state.ports.push((mode, port));
        Ok((port, material))
    }

    /// The port of a proxy of this mode, which is listened on from now on.
    ///
    /// # Errors
    /// When there is no free port.
    pub(crate) fn open_proxy(&self, mode: ProxyMode) -> io::Result<u16> {
        let mut state = lock(&self.state);
        let known = state.proxies.iter().find(|(known, _)| *known == mode);
        if let Some((_, port)) = known {
            return Ok(*port);
        }
        let port = self.listen(Guard::Proxy(mode))?;
        state.proxies.push((mode, port));
        Ok(port)
    }

    fn listen(&self, guard: Guard) -> io::Result<u16> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        self.sender.send(NewListener { socket, guard }).map_err(|_| io::Error::other("the service has stopped"))?;
        Ok(port)
    }
}

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A fatal alert `protocol_version`, in the words of TLS 1.1.
const PROTOCOL_VERSION_ALERT: [u8; 7] = [0x15, 0x03, 0x02, 0x00, 0x02, 0x02, 70];

impl Guard {
    /// The stream to talk over; `None` when nothing will be said.
    pub(crate) async fn receive(self, mut socket: TcpStream) -> Option<Stream> {
        match self {
            Self::Handshake(config) => {
                let handshake = TlsAcceptor::from(config).accept(socket);
                let stream = tokio::time::timeout(HANDSHAKE, handshake).await;
                Some(Stream::Tls(Box::new(stream.ok()?.ok()?)))
            }
            Self::Stall => {
                read_until_closed(&mut socket).await;
                None
            }
            Self::Proxy(mode) => {
                proxy::serve(socket, mode).await;
                None
            }
            Self::Refuse => {
                let mut hello = [0; 1024];
                let _ = socket.read(&mut hello).await;
                let _ = socket.write_all(&PROTOCOL_VERSION_ALERT).await;
                let _ = socket.shutdown().await;
                // Unread bytes would turn the end into a reset, which may overtake the alert.
                let _ = tokio::time::timeout(HANDSHAKE, read_until_closed(&mut socket)).await;
                None
            }
        }
    }
}

async fn read_until_closed(socket: &mut TcpStream) {
    let mut scratch = [0; 1024];
    while matches!(socket.read(&mut scratch).await, Ok(1..)) {}
}
