//! One request and its answer: connections and whom they are trusted to, whether a request was sent, what a status code
//! means. Knows nothing of what is asked.

pub(crate) mod backoff;
pub(crate) mod body;
pub(crate) mod buffers;
pub(crate) mod clock;
pub(crate) mod connection;
pub(crate) mod delivery;
pub(crate) mod handshake;
pub(crate) mod outcome;
pub(crate) mod proxy;
pub(crate) mod response;
pub(crate) mod status_code;
pub(crate) mod status_word;
pub(crate) mod tls;
pub(crate) mod tls_error;
pub(crate) mod transport;
