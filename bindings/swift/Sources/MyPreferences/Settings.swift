// The settings of a client. Names, ranges and defaults are the core's: values cross the border as text.

import Foundation
import MyPreferencesNative

/// The settings of a client; what is not set has the core's default. An unreadable or contradictory value is told of when
/// the client is made. Describes itself by names: a proxy's URL may hold a password.
public struct Settings: Sendable, CustomStringConvertible, CustomReflectable {
    private var values: [String: String] = [:]

    /// No settings.
    public init() {}

    /// Any setting by the name and the text that it has in the environment and in profiles: `max_attempts`,
    /// `connect_timeout` as `2.5` seconds or `250ms`. Properties of the same names are below; what was given in another form reads as nothing there.
    public subscript(name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    // made by `cargo xtask generate` from crates/mypreferences/src/settings/table.rs

    /// The MyPreferences account id (not the OAuth client id), 1 to 256 characters. Required.
    public var clientID: String? {
        get { text("client_id") }
        set { set("client_id", newValue) }
    }

    /// The service's base URL, https or loopback. Either this or `environment`.
    public var baseURL: String? {
        get { text("base_url") }
        set { set("base_url", newValue) }
    }

    /// A vendor environment, which gives the base URL of the surface: `production` or `staging`.
    public var environment: String? {
        get { text("environment") }
        set { set("environment", newValue) }
    }

    /// The surface, that is the routes: `async`, `profiles` or `v4`. Default async.
    public var surface: String? {
        get { text("surface") }
        set { set("surface", newValue) }
    }

    /// What is exported, for calls that do not say it: `segment`, `segment-group`, `schedule` or `cid`. Default
    /// segment.
    public var kind: String? {
        get { text("kind") }
        set { set("kind", newValue) }
    }

    /// Route template that replaces the surface's commit route.
    public var commitPath: String? {
        get { text("commit_path") }
        set { set("commit_path", newValue) }
    }

    /// Route template that replaces the surface's status route.
    public var statusPath: String? {
        get { text("status_path") }
        set { set("status_path", newValue) }
    }

    /// Route template that replaces the surface's page route.
    public var pagePath: String? {
        get { text("page_path") }
        set { set("page_path", newValue) }
    }

    /// Hash of PNAUTHINFO3 credentials: `sha256`, `sha384` or `sha512`. Default sha256.
    public var hmacHash: String? {
        get { text("hmac_hash") }
        set { set("hmac_hash", newValue) }
    }

    /// Timestamp form of PNAUTHINFO3 credentials: `utc-millis-z`, `utc-seconds-z` or `utc-seconds`. Default
    /// utc-millis-z.
    public var timestampFormat: String? {
        get { text("timestamp_format") }
        set { set("timestamp_format", newValue) }
    }

    /// Name resolution, TCP, TLS and proxy. Default 10 s, from 1 ms to 24 h.
    public var connectTimeout: Duration? {
        get { duration("connect_timeout") }
        set { set("connect_timeout", newValue) }
    }

    /// Request sent to response head. Default 30 s, from 1 ms to 24 h.
    public var firstByteTimeout: Duration? {
        get { duration("first_byte_timeout") }
        set { set("first_byte_timeout", newValue) }
    }

    /// Silence while reading a body. Default 30 s, from 1 ms to 24 h.
    public var bodyTimeout: Duration? {
        get { duration("body_timeout") }
        set { set("body_timeout", newValue) }
    }

    /// The whole call, questions included; never exceeded by more than 1 s. Default 180 s, from 1 ms to 24 h.
    public var timeout: Duration? {
        get { duration("timeout") }
        set { set("timeout", newValue) }
    }

    /// The last send starts within it. Default 60 s, from 0 s to 24 h.
    public var sendWindow: Duration? {
        get { duration("send_window") }
        set { set("send_window", newValue) }
    }

    /// Time for asking what became of a send. Default 120 s, from 0 s to 24 h.
    public var resolveTimeout: Duration? {
        get { duration("resolve_timeout") }
        set { set("resolve_timeout", newValue) }
    }

    /// How long "not yet" must hold after the last unanswered send before it means "not committed". Default 60 s,
    /// from 0 s to 24 h.
    public var confirmWindow: Duration? {
        get { duration("confirm_window") }
        set { set("confirm_window", newValue) }
    }

    /// How long "not yet" must hold after an unanswered send before the next send. Default 5 s, from 0 s to 24 h.
    public var resendDelay: Duration? {
        get { duration("resend_delay") }
        set { set("resend_delay", newValue) }
    }

    /// Sends of one call; a 401 repair is not counted. Default 4, from 1 to 100.
    public var maxAttempts: Int? {
        get { number("max_attempts") }
        set { set("max_attempts", newValue) }
    }

    /// First backoff, doubling from there. Default 200 ms, from 0 s to 24 h.
    public var backoffBase: Duration? {
        get { duration("backoff_base") }
        set { set("backoff_base", newValue) }
    }

    /// First backoff after 429 and 503. Default 1 s, from 0 s to 24 h.
    public var throttleBase: Duration? {
        get { duration("throttle_base") }
        set { set("throttle_base", newValue) }
    }

    /// Longest backoff. Default 20 s, from 0 s to 24 h.
    public var backoffCap: Duration? {
        get { duration("backoff_cap") }
        set { set("backoff_cap", newValue) }
    }

    /// Longest Retry-After that is waited for. Default 120 s, from 0 s to 24 h.
    public var maxRetryAfter: Duration? {
        get { duration("max_retry_after") }
        set { set("max_retry_after", newValue) }
    }

    /// Turns a presumed receipt into `outcome_unknown`. Default false.
    public var requireCertain: Bool? {
        get { switched("require_certain") }
        set { set("require_certain", newValue) }
    }

    /// Asks status before the first send of a commit. Default false.
    public var preflight: Bool? {
        get { switched("preflight") }
        set { set("preflight", newValue) }
    }

    /// How long an idle connection is kept. Default 50 s, from 0 s to 24 h.
    public var poolIdleTimeout: Duration? {
        get { duration("pool_idle_timeout") }
        set { set("pool_idle_timeout", newValue) }
    }

    /// TCP keepalive. Default 30 s, from 1 s to 24 h.
    public var tcpKeepalive: Duration? {
        get { duration("tcp_keepalive") }
        set { set("tcp_keepalive", newValue) }
    }

    /// Cap of a decoded body other than a page, in bytes. Default 1 MiB, from 1 KiB to 1 GiB.
    public var maxControlBody: Int? {
        get { number("max_control_body") }
        set { set("max_control_body", newValue) }
    }

    /// Cap of a decoded page, in bytes. Default 64 MiB, from 1 KiB to 1 GiB.
    public var maxPageBody: Int? {
        get { number("max_page_body") }
        set { set("max_page_body", newValue) }
    }

    /// How long a landing bears temporary failures without one new page, and a wait without an answer; zero: as a
    /// single call. Default 600 s, from 0 s to 24 h.
    public var patience: Duration? {
        get { duration("patience") }
        set { set("patience", newValue) }
    }

    /// Pages that are asked for side by side, by a landing and by whoever reads pages or records; 1 is one after the
    /// other. Fewer while the service throttles, and while they do not fit into the memory. Default 4, from 1 to 16.
    public var parallel: Int? {
        get { number("parallel") }
        set { set("parallel", newValue) }
    }

    /// What a difference between the status' `RowCount` and `TotalResults` means to a commit: `check` refuses it,
    /// `ignore` does not. Default check.
    public var rowCount: String? {
        get { text("row_count") }
        set { set("row_count", newValue) }
    }

    /// Key of encrypted handles: any text that others do not know. Without it and without `handle_key_file` the key
    /// comes from the secret of the HMAC or OAuth credentials, and handles end with that.
    public var handleKey: String? {
        get { text("handle_key") }
        set { set("handle_key", newValue) }
    }

    /// File with the key of encrypted handles, which only its owner can read.
    public var handleKeyFile: String? {
        get { text("handle_key_file") }
        set { set("handle_key_file", newValue) }
    }

    /// PEM file with certificate authorities to trust in addition to the system's.
    public var caFile: String? {
        get { text("ca_file") }
        set { set("ca_file", newValue) }
    }

    /// Trusts the authorities of `ca_file` and no others. Needs `ca_file`. Default false.
    public var caOnly: Bool? {
        get { switched("ca_only") }
        set { set("ca_only", newValue) }
    }

    /// PEM file with a client certificate chain, the client's own certificate first, and its private key.
    public var clientCert: String? {
        get { text("client_cert") }
        set { set("client_cert", newValue) }
    }

    /// PEM file with the private key of `client_cert`, where that is a file of its own. No passphrase.
    public var clientKey: String? {
        get { text("client_key") }
        set { set("client_key", newValue) }
    }

    /// Proxy URL, http or https, for every host; may hold a user name and password; or `none`. Without it the
    /// environment's proxy variables count (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), but never for
    /// loopback; `none` switches them off.
    public var proxy: String? {
        get { text("proxy") }
        set { set("proxy", newValue) }
    }

    /// Offers HTTP/2 where TLS negotiates it. This build speaks HTTP/1.1 only; true is refused. Default false.
    public var http2: Bool? {
        get { switched("http2") }
        set { set("http2", newValue) }
    }

    // end of settings

    private func text(_ name: String) -> String? { values[name] }

    private mutating func set(_ name: String, _ value: String?) { values[name] = value }

    private func number(_ name: String) -> Int? { values[name].flatMap(Int.init) }

    private mutating func set(_ name: String, _ value: Int?) { values[name] = value.map(String.init) }

    private func switched(_ name: String) -> Bool? { values[name].flatMap(Bool.init) }

    private mutating func set(_ name: String, _ value: Bool?) { values[name] = value.map(String.init) }

    /// Nothing when it was given by name in another form than seconds.
    private func duration(_ name: String) -> Duration? {
        guard let text = values[name], text.hasSuffix("s"), let seconds = Double(text.dropLast()) else { return nil }
        return .seconds(seconds)
    }

    private mutating func set(_ name: String, _ value: Duration?) {
        values[name] = value.map { String(format: "%.6fs", $0.inSeconds) }
    }

    public var description: String { "Settings(\(values.keys.sorted().joined(separator: ", ")))" }

    public var customMirror: Mirror { Mirror(self, children: ["names": values.keys.sorted()]) }

    var native: [NativeSetting] { values.map { NativeSetting(name: $0.key, value: $0.value) } }
}

extension Duration {
    /// Seconds with their fraction.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
