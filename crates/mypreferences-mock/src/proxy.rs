//! A proxy for scenarios: takes CONNECT and tunnels, or refuses. Whatever host is asked for, a tunnel leads to this
//! machine, so that a test can name a host that only a proxy finds. What is said within the tunnel is not looked at.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

/// A host that no name server knows. The good certificates are for it too.
pub const PROXIED_HOST: &str = "mypreferences.invalid";

/// What a scenario's proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyMode {
    /// Opens the tunnel.
    Tunnel,
    /// Answers 407: it wants credentials, and takes none.
    WantsCredentials,
    /// Answers 502: it does not get through.
    BadGateway,
}

/// How long a head may be, and how long it may take.
const HEAD_CAP: usize = 16 * 1024;
const HEAD_TIME: Duration = Duration::from_secs(10);

const OPENED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

fn refusal(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

/// Serves one connection to its end.
pub(crate) async fn serve(mut client: TcpStream, mode: ProxyMode) {
    // A client that leaves needs no answer.
    let _ = tunnel_or_refuse(&mut client, mode).await;
}

async fn tunnel_or_refuse(client: &mut TcpStream, mode: ProxyMode) -> io::Result<()> {
    let head = tokio::time::timeout(HEAD_TIME, read_head(client)).await.map_err(|_| io::ErrorKind::TimedOut)??;
    let Some(port) = connect_port(&head) else {
        let answer = refusal("405 Method Not Allowed", "Allow: CONNECT\r\n");
        return client.write_all(answer.as_bytes()).await;
    };
    let answer = match mode {
        ProxyMode::Tunnel => match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
            Ok(mut server) => {
                client.write_all(OPENED.as_bytes()).await?;
                copy_bidirectional(client, &mut server).await?;
                return Ok(());
            }
            Err(_) => refusal("502 Bad Gateway", ""),
        },
        ProxyMode::WantsCredentials => {
            refusal("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"mock\"\r\n")
        }
        ProxyMode::BadGateway => refusal("502 Bad Gateway", ""),
    };
    client.write_all(answer.as_bytes()).await
}

/// The head and nothing of what follows: a client waits for the answer before it says more.
async fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_CAP {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(client.read_u8().await?);
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// `CONNECT host:port HTTP/1.1`
fn connect_port(head: &str) -> Option<u16> {
    let mut words = head.lines().next()?.split(' ');
    if words.next()? != "CONNECT" {
        return None;
    }
    words.next()?.rsplit_once(':')?.1.parse().ok()
}
