//! HTTP/1.1 as text: reading a request head, writing a response head.
//! Moving the bytes is left to `wire`, judging the request to `strict`.

use crate::answer::Answer;

/// How large a request head may be.
pub(crate) const HEAD_CAP: usize = 64 * 1024;

const HEADERS_CAP: usize = 128;

/// A request head.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) raw: Vec<u8>,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) framing: Framing,
    /// Whether the client lets the connection be used again.
    pub(crate) keep_alive: bool,
    /// Whether it waits for `100 Continue` before it sends the body.
    pub(crate) expects_continue: bool,
}

/// How the request says where its body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// It has no length: there is no body.
    None,
    Length(u64),
    /// `Transfer-Encoding`: refused, as this service documents no body that would need it.
    Chunked,
}

pub(crate) enum Parsed {
    Incomplete,
    Malformed,
    /// The head and its length in bytes.
    Complete(Box<Head>, usize),
}

/// Reads a head from the beginning of what has arrived.
pub(crate) fn parse_head(bytes: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_CAP];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Parsed::Incomplete,
        Err(_) => return Parsed::Malformed,
    };
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Parsed::Malformed;
    };
    let headers: Vec<(String, Vec<u8>)> =
        request.headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect();
    let all = |name: &str| -> Vec<&[u8]> {
        headers
            .iter()
            .filter(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
            .collect()
    };
    // HTTP/1.1 demands the header, 1.0 does not know it; twice is wrong in both.
    let hosts = all("Host").len();
    if hosts > 1 || (minor == 1 && hosts == 0) {
        return Parsed::Malformed;
    }
    let has_encoding = !all("Transfer-Encoding").is_empty();
    let framing = match (all("Content-Length").as_slice(), has_encoding) {
        ([], false) => Framing::None,
        ([], true) => Framing::Chunked,
        ([length], false) => match parse_length(length) {
            Some(length) => Framing::Length(length),
            None => return Parsed::Malformed,
        },
        // Two lengths, or a length and an encoding: how requests are smuggled.
        _ => return Parsed::Malformed,
    };
    let connection = all("Connection").join(&b","[..]);
    let connection = String::from_utf8_lossy(&connection).to_ascii_lowercase();
    let says = |word: &str| connection.split(',').any(|token| token.trim() == word);
    let keep_alive = if minor == 1 { !says("close") } else { says("keep-alive") };
    let expects_continue = all("Expect").iter().any(|value| value.eq_ignore_ascii_case(b"100-continue"));
    let head = Head {
        raw: bytes.get(..length).unwrap_or_default().to_vec(),
        method: method.to_owned(),
        target: target.to_owned(),
        framing,
        keep_alive,
        expects_continue,
        headers,
    };
    Parsed::Complete(Box::new(head), length)
}

/// Digits only: no sign, no list.
fn parse_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// What the response head says about the length of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLength {
    Known(u64),
    Chunked,
}

/// Writes a response head. `common` are the headers that every answer has; the answer's own win over them.
pub(crate) fn response_head(
    answer: &Answer,
    common: &[(String, String)],
    length: BodyLength,
    close: bool,
    extra: &[(String, String)],
) -> Vec<u8> {
    let mut head = status_line(answer.status);
    let mut write = |name: &str, value: &str| {
        head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    };
    for (name, value) in common {
        if !answer.has_header(name) {
            write(name, value);
        }
    }
    for (name, value) in &answer.headers {
        write(name, value);
    }
    if has_body(answer.status) && !answer.has_header("Content-Length") {
        match length {
            BodyLength::Known(length) => write("Content-Length", &length.to_string()),
            BodyLength::Chunked => write("Transfer-Encoding", "chunked"),
        }
    }
    if close && !answer.has_header("Connection") {
        write("Connection", "close");
    }
    for (name, value) in extra {
        write(name, value);
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// An interim answer.
pub(crate) fn interim(status: u16) -> Vec<u8> {
    let mut head = status_line(status);
    head.extend_from_slice(b"\r\n");
    head
}

/// Whether an answer of this status has a body at all.
pub(crate) fn has_body(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 304)
}

fn status_line(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status:03} {}\r\n", reason(status)).into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Option<Head> {
        match parse_head(text.as_bytes()) {
            Parsed::Complete(head, length) => {
                assert_eq!(length, text.len());
                Some(*head)
            }
            Parsed::Incomplete | Parsed::Malformed => None,
        }
    }

    #[test]
    fn a_head_keeps_its_bytes_and_the_case_of_its_names() {
        let text = "POST /a?b HTTP/1.1\r\nhost: x\r\nCONTENT-length: 0\r\n\r\n";
        let head = head(text).expect("a head");
        assert_eq!(head.raw, text.as_bytes());
        assert_eq!(head.headers[1].0, "CONTENT-length");
        assert_eq!(head.framing, Framing::Length(0));
        assert!(head.keep_alive);
    }

    #[test]
    fn ambiguous_lengths_and_a_missing_host_are_malformed() {
        for headers in [
            "Content-Length: 0\r\nContent-Length: 0\r\nHost: x\r\n",
            "Content-Length: 0\r\nTransfer-Encoding: chunked\r\nHost: x\r\n",
            "Content-Length: +1\r\nHost: x\r\n",
            "Content-Length: \r\nHost: x\r\n",
            "Host: x\r\nHost: y\r\n",
            "Accept: x\r\n",
        ] {
            let text = format!("POST / HTTP/1.1\r\n{headers}\r\n");
            assert!(matches!(parse_head(text.as_bytes()), Parsed::Malformed), "{headers}");
        }
    }

    #[test]
    fn an_old_client_needs_no_host_and_is_not_kept() {
        let head = head("GET / HTTP/1.0\r\n\r\n").expect("a head");
        assert!(!head.keep_alive);
    }

    #[test]
    fn the_answers_own_headers_win_over_the_common_ones() {
        let answer = Answer::empty(200).header("date", "mine").header("Content-Length", "9");
        let common = [("Date".to_owned(), "ours".to_owned())];
        let head = response_head(&answer, &common, BodyLength::Known(0), true, &[]);
        assert_eq!(
            String::from_utf8_lossy(&head),
            "HTTP/1.1 200 OK\r\ndate: mine\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
        );
    }
}
