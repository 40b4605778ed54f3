// The settings of a client. Names, ranges and defaults are the core's: values cross the border as text.

package com.mypreferences

import java.nio.file.Path
import kotlin.properties.ReadWriteProperty
import kotlin.reflect.KProperty
import kotlin.time.Duration

/** A length of time crosses as seconds with so many digits. */
private const val NANOSECONDS = 9

/**
 * The settings of a client; what is `null` has the core's default. An unreadable or contradictory value is told of when
 * the client is made, as [InvalidArgumentException] or [ConfigurationException].
 */
public class Settings {
    private val values = LinkedHashMap<String, String>()

    /** What to authorise with. Required, except with `fromEnvironment`. */
    public var credentials: Credentials? = null

    // made by `cargo xtask generate` from crates/mypreferences/src/settings/table.rs

    /** The MyPreferences account id (not the OAuth client id), 1 to 256 characters. Required. */
    public var clientId: String? by Text("client_id")

    /** The service's base URL, https or loopback. Either this or `environment`. */
    public var baseUrl: String? by Text("base_url")

    /** A vendor environment, which gives the base URL of the surface: `production` or `staging`. */
    public var environment: String? by Text("environment")

    /** The surface, that is the routes: `async`, `profiles` or `v4`. Default async. */
    public var surface: String? by Text("surface")

    /**
     * What is exported, for calls that do not say it: `segment`, `segment-group`, `schedule` or `cid`. Default
     * segment.
     */
    public var kind: String? by Text("kind")

    /** Route template that replaces the surface's commit route. */
    public var commitPath: String? by Text("commit_path")

    /** Route template that replaces the surface's status route. */
    public var statusPath: String? by Text("status_path")

    /** Route template that replaces the surface's page route. */
    public var pagePath: String? by Text("page_path")

    /** Hash of PNAUTHINFO3 credentials: `sha256`, `sha384` or `sha512`. Default sha256. */
    public var hmacHash: String? by Text("hmac_hash")

    /**
     * Timestamp form of PNAUTHINFO3 credentials: `utc-millis-z`, `utc-seconds-z` or `utc-seconds`. Default
     * utc-millis-z.
     */
    public var timestampFormat: String? by Text("timestamp_format")

    /** Name resolution, TCP, TLS and proxy. Default 10 s, from 1 ms to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var connectTimeout: Duration? by Length("connect_timeout")

    /** Request sent to response head. Default 30 s, from 1 ms to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var firstByteTimeout: Duration? by Length("first_byte_timeout")

    /** Silence while reading a body. Default 30 s, from 1 ms to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var bodyTimeout: Duration? by Length("body_timeout")

    /** The whole call, questions included; never exceeded by more than 1 s. Default 180 s, from 1 ms to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var timeout: Duration? by Length("timeout")

    /** The last send starts within it. Default 60 s, from 0 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var sendWindow: Duration? by Length("send_window")

    /** Time for asking what became of a send. Default 120 s, from 0 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var resolveTimeout: Duration? by Length("resolve_timeout")

    /**
     * How long "not yet" must hold after the last unanswered send before it means "not committed". Default 60 s, from
     * 0 s to 24 h.
     */
    @get:JvmSynthetic @set:JvmSynthetic
    public var confirmWindow: Duration? by Length("confirm_window")

    /** How long "not yet" must hold after an unanswered send before the next send. Default 5 s, from 0 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var resendDelay: Duration? by Length("resend_delay")

    /** Sends of one call; a 401 repair is not counted. Default 4, from 1 to 100. */
    public var maxAttempts: Int? by Number("max_attempts")

    /** First backoff, doubling from there. Default 200 ms, from 0 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var backoffBase: Duration? by Length("backoff_base")

    /** First backoff after 429 and 503. Default 1 s, from 0 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var throttleBase: Duration? by Length("throttle_base")

    /** Longest backoff. Default 20 s, from 0 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var backoffCap: Duration? by Length("backoff_cap")

    /** Longest Retry-After that is waited for. Default 120 s, from 0 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var maxRetryAfter: Duration? by Length("max_retry_after")

    /** Turns a presumed receipt into `outcome_unknown`. Default false. */
    public var requireCertain: Boolean? by Switch("require_certain")

    /** Asks status before the first send of a commit. Default false. */
    public var preflight: Boolean? by Switch("preflight")

    /** How long an idle connection is kept. Default 50 s, from 0 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var poolIdleTimeout: Duration? by Length("pool_idle_timeout")

    /** TCP keepalive. Default 30 s, from 1 s to 24 h. */
    @get:JvmSynthetic @set:JvmSynthetic
    public var tcpKeepalive: Duration? by Length("tcp_keepalive")

    /** Cap of a decoded body other than a page, in bytes. Default 1 MiB, from 1 KiB to 1 GiB. */
    public var maxControlBody: Int? by Number("max_control_body")

    /** Cap of a decoded page, in bytes. Default 64 MiB, from 1 KiB to 1 GiB. */
    public var maxPageBody: Int? by Number("max_page_body")

    /**
     * How long a landing bears temporary failures without one new page, and a wait without an answer; zero: as a
     * single call. Default 600 s, from 0 s to 24 h.
     */
    @get:JvmSynthetic @set:JvmSynthetic
    public var patience: Duration? by Length("patience")

    /**
     * Pages that are asked for side by side, by a landing and by whoever reads pages or records; 1 is one after the
     * other. Fewer while the service throttles, and while they do not fit into the memory. Default 4, from 1 to 16.
     */
    public var parallel: Int? by Number("parallel")

    /**
     * What a difference between the status' `RowCount` and `TotalResults` means to a commit: `check` refuses it,
     * `ignore` does not. Default check.
     */
    public var rowCount: String? by Text("row_count")

    /**
     * Key of encrypted handles: any text that others do not know. Without it and without `handle_key_file` the key
     * comes from the secret of the HMAC or OAuth credentials, and handles end with that.
     */
    public var handleKey: String? by Text("handle_key")

    /** File with the key of encrypted handles, which only its owner can read. */
    public var handleKeyFile: Path? by File("handle_key_file")

    /** PEM file with certificate authorities to trust in addition to the system's. */
    public var caFile: Path? by File("ca_file")

    /** Trusts the authorities of `ca_file` and no others. Needs `ca_file`. Default false. */
    public var caOnly: Boolean? by Switch("ca_only")

    /** PEM file with a client certificate chain, the client's own certificate first, and its private key. */
    public var clientCert: Path? by File("client_cert")

    /** PEM file with the private key of `client_cert`, where that is a file of its own. No passphrase. */
    public var clientKey: Path? by File("client_key")

    /**
     * Proxy URL, http or https, for every host; may hold a user name and password; or `none`. Without it the
     * environment's proxy variables count (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), but never for
     * loopback; `none` switches them off.
     */
    public var proxy: String? by Text("proxy")

    /** Offers HTTP/2 where TLS negotiates it. This build speaks HTTP/1.1 only; true is refused. Default false. */
    public var http2: Boolean? by Switch("http2")

    // end of settings

    /**
     * Sets any setting by the name and the text that it has in the environment and in profiles (`max_attempts`,
     * `connect_timeout` as `2.5` seconds or `250ms`). The property of that name is `null` then.
     */
    public operator fun set(name: String, text: String) {
        values[name] = text
    }

    /** Names and texts, without the credentials. */
    internal fun texts(): Map<String, String> = values

    /** Where it goes and whether there are credentials; a proxy's URL may hold a password, so values are left out. */
    override fun toString(): String = "Settings(${values.keys.joinToString()}, credentials=$credentials)"

    private abstract inner class Setting<T : Any>(private val name: String) : ReadWriteProperty<Settings, T?> {
        private var given: T? = null

        abstract fun text(value: T): String

        override fun getValue(thisRef: Settings, property: KProperty<*>): T? =
            given?.takeIf { values[name] == text(it) }

        override fun setValue(thisRef: Settings, property: KProperty<*>, value: T?) {
            given = value
            if (value == null) values.remove(name) else values[name] = text(value)
        }
    }

    private inner class Text(name: String) : Setting<String>(name) {
        override fun text(value: String): String = value
    }

    private inner class Number(name: String) : Setting<Int>(name) {
        override fun text(value: Int): String = value.toString()
    }

    private inner class Switch(name: String) : Setting<Boolean>(name) {
        override fun text(value: Boolean): String = value.toString()
    }

    private inner class File(name: String) : Setting<Path>(name) {
        override fun text(value: Path): String = value.toString()
    }

    private inner class Length(name: String) : Setting<Duration>(name) {
        override fun text(value: Duration): String =
            "${value.inWholeNanoseconds.toBigDecimal().movePointLeft(NANOSECONDS).toPlainString()}s"
    }
}
