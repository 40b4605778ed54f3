//! The table of settings. From it come the struct with its defaults and checks, reading and showing a value by its name,
//! the setters of the builder, and by `cargo xtask generate` the settings of Python, Kotlin and Swift and
//! docs/configuration.md. A new setting is one entry here.

/// Settings that were renamed: their names before, which are still read in this version, and now.
pub(crate) const RENAMED: [(&str, &str); 3] =
    [("settle", "confirm_window"), ("quiet", "resend_delay"), ("strict", "require_certain")];

/// Hands every row to a macro: its documentation, its sort and its name, for a choice its type, then its default and its
/// range as they can be given as text. Without a default there is no value.
macro_rules! for_each_setting {
    ($callback:ident) => {
        $callback! {
            /// The MyPreferences account id (not the OAuth client id), 1 to 256 characters. Required.
            text client_id;
            /// The service's base URL, https or loopback. Either this or `environment`.
            text base_url;
            /// A vendor environment, which gives the base URL of the surface: `production` or `staging`.
            some_choice environment: Environment;
            /// The surface, that is the routes: `async`, `profiles` or `v4`.
            choice surface: Surface = "async";
            /// What is exported, for calls that do not say it: `segment`, `segment-group`, `schedule` or `cid`.
            choice kind: ExportKind = "segment";
            /// Route template that replaces the surface's commit route.
            text commit_path;
            /// Route template that replaces the surface's status route.
            text status_path;
            /// Route template that replaces the surface's page route.
            text page_path;
            /// Hash of PNAUTHINFO3 credentials: `sha256`, `sha384` or `sha512`.
            choice hmac_hash: HmacHash = "sha256";
            /// Timestamp form of PNAUTHINFO3 credentials: `utc-millis-z`, `utc-seconds-z` or `utc-seconds`.
            choice timestamp_format: TimestampFormat = "utc-millis-z";
            /// Name resolution, TCP, TLS and proxy.
            duration connect_timeout = "10s" in "1ms to 24h";
            /// Request sent to response head.
            duration first_byte_timeout = "30s" in "1ms to 24h";
            /// Silence while reading a body.
            duration body_timeout = "30s" in "1ms to 24h";
            /// The whole call, questions included; never exceeded by more than 1 s.
            duration timeout = "180s" in "1ms to 24h";
            /// The last send starts within it.
            duration send_window = "60s" in "0s to 24h";
            /// Time for asking what became of a send.
            duration resolve_timeout = "120s" in "0s to 24h";
            /// How long "not yet" must hold after the last unanswered send before it means "not committed".
            duration confirm_window = "60s" in "0s to 24h";
            /// How long "not yet" must hold after an unanswered send before the next send.
            duration resend_delay = "5s" in "0s to 24h";
            /// Sends of one call; a 401 repair is not counted.
            count max_attempts = "4" in "1 to 100";
            /// First backoff, doubling from there.
            duration backoff_base = "200ms" in "0s to 24h";
            /// First backoff after 429 and 503.
            duration throttle_base = "1s" in "0s to 24h";
            /// Longest backoff.
            duration backoff_cap = "20s" in "0s to 24h";
            /// Longest Retry-After that is waited for.
            duration max_retry_after = "120s" in "0s to 24h";
            /// Turns a presumed receipt into `outcome_unknown`.
            switch require_certain = "false";
            /// Asks status before the first send of a commit.
            switch preflight = "false";
            /// How long an idle connection is kept.
            duration pool_idle_timeout = "50s" in "0s to 24h";
            /// TCP keepalive.
            duration tcp_keepalive = "30s" in "1s to 24h";
            /// Cap of a decoded body other than a page, in bytes.
            size max_control_body = "1MiB" in "1KiB to 1GiB";
            /// Cap of a decoded page, in bytes.
            size max_page_body = "64MiB" in "1KiB to 1GiB";
            /// How long a landing bears temporary failures without one new page, and a wait without an answer; zero: as a
            /// single call.
            duration patience = "600s" in "0s to 24h";
            /// Pages that are asked for side by side, by a landing and by whoever reads pages or records; 1 is one after the
            /// other. Fewer while the service throttles, and while they do not fit into the memory.
            count parallel = "4" in "1 to 16";
            /// What a difference between the status' `RowCount` and `TotalResults` means to a commit:
            /// `check` refuses it, `ignore` does not.
            choice row_count: RowCount = "check";
            /// Key of encrypted handles: any text that others do not know. Without it and without `handle_key_file` the key
            /// comes from the secret of the HMAC or OAuth credentials, and handles end with that.
            text handle_key;
            /// File with the key of encrypted handles, which only its owner can read.
            file handle_key_file;
            /// PEM file with certificate authorities to trust in addition to the system's.
            file ca_file;
            /// Trusts the authorities of `ca_file` and no others. Needs `ca_file`.
            switch ca_only = "false";
            /// PEM file with a client certificate chain, the client's own certificate first, and its private key.
            file client_cert;
            /// PEM file with the private key of `client_cert`, where that is a file of its own. No passphrase.
            file client_key;
            /// Proxy URL, http or https, for every host; may hold a user name and password; or `none`. Without it the
            /// environment's proxy variables count (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), but never for
            /// loopback; `none` switches them off.
            text proxy;
            /// Offers HTTP/2 where TLS negotiates it. This build speaks HTTP/1.1 only; true is refused.
            switch http2 = "false";
        }
    };
}

pub(crate) use for_each_setting;
