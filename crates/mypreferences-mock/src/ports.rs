//! A loopback port that refuses connections for as long as its guard lives.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port on 127.0.0.1 on which nothing listens. It stays bound, so that no other program can begin
/// to listen on it in the middle of a test; keep the guard until the test is over.
#[derive(Debug)]
pub struct RefusedPort {
    _bound: TcpSocket,
    port: u16,
}

impl RefusedPort {
    /// Takes a free port.
    ///
    /// # Errors
    /// When the system has none, or allows no sockets.
    pub fn take() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let port = socket.local_addr()?.port();
        Ok(Self { _bound: socket, port })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL at which the connection is refused, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
