//! What one commit costs, beside plain reqwest doing the same signed POST. One program with three jobs, so that the
//! measuring command can count the instructions and allocations of each client alone: `serve`, `ours N URL` and
//! `reqwest N URL`. Run by `cargo xtask bench commit`; by itself it prints wall times.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use mypreferences::{Client, Credentials};

const CLIENT_ID: &str = "ExampleClient";
const USER_ID: &str = "ExampleUser";
const SECRET: &str = "example-hmac-key-0001";

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve"] => {
            let (listener, url) = listen()?;
            println!("{url}");
            serve(&listener);
            Ok(())
        }
        ["ours", calls, url] => ours(calls.parse()?, url).map(|_| ()),
        ["reqwest", calls, url] => plain_reqwest(calls.parse()?, url).map(|_| ()),
        _ => {
            let (listener, url) = listen()?;
            std::thread::spawn(move || serve(&listener));
            side_by_side(&url)
        }
    }
}

/// Both in turn, several rounds: medians in microseconds.
fn side_by_side(url: &str) -> Result<(), Failure> {
    const CALLS: u32 = 2000;
    let (mut ours_took, mut plain_took) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        ours_took.push(ours(CALLS, url)? / CALLS);
        plain_took.push(plain_reqwest(CALLS, url)? / CALLS);
    }
    let median = |took: &mut Vec<Duration>| {
        took.sort();
        took[took.len() / 2].as_secs_f64() * 1e6
    };
    let (ours, plain) = (median(&mut ours_took), median(&mut plain_took));
    println!("wall per call: ours {ours:.1} us, reqwest {plain:.1} us, ratio {:.2}", ours / plain);
    Ok(())
}

fn listen() -> Result<(TcpListener, String), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    Ok((listener, url))
}

/// Answers 200 with a `Date` to every request.
fn serve(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || answer(stream));
    }
}

fn answer(stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    loop {
        loop {
            line.clear();
            if reader.by_ref().take(65536).read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
        }
        let date =
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&jiff::Timestamp::now()).ok()?;
        let head = format!(
            "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        writer.write_all(head.as_bytes()).ok()?;
    }
}

/// One thread, so that every instruction of the call is counted and none of an idle worker.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn ours(calls: u32, url: &str) -> Result<Duration, Failure> {
    let client =
        Client::builder().client_id(CLIENT_ID).base_url(url).credentials(Credentials::hmac(USER_ID, SECRET)).build()?;
    runtime()?.block_on(async {
        client.commit(1_000_000_007_i64, false).await?;
        let begun = Instant::now();
        for call in 0..calls {
            client.commit(2_000_000_000_i64 + i64::from(call), false).await?;
        }
        Ok(begun.elapsed())
    })
}

fn plain_reqwest(calls: u32, url: &str) -> Result<Duration, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?;
    runtime()?.block_on(async {
        post(&client, url, 1_000_000_007).await?;
        let begun = Instant::now();
        for call in 0..calls {
            post(&client, url, 2_000_000_000 + i64::from(call)).await?;
        }
        Ok(begun.elapsed())
    })
}

/// The same request as a careful user of reqwest writes it.
async fn post(client: &reqwest::Client, url: &str, token: i64) -> Result<(), Failure> {
    let moment = jiff::Timestamp::try_from(SystemTime::now() - Duration::from_secs(3))?;
    let timestamp = format!("{moment:.3}");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(format!("{CLIENT_ID}:{USER_ID}:{timestamp}").as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let response = client
        .post(format!("{url}{CLIENT_ID}/export/Segment/Commit/{token}?keepFiles=false"))
        .header(
            "Authorization",
            format!("PNAUTHINFO3-HMAC-SHA256 Credential={USER_ID}/{timestamp} Signature={signature}"),
        )
        .header("Accept", "application/json")
        .header("Content-Type", "application/json")
        .header("Content-Length", "0")
        .header("User-Agent", "bench/1")
        .timeout(Duration::from_secs(30))
        .send()
        .await?
        .error_for_status()?;
    response.bytes().await?;
    Ok(())
}
