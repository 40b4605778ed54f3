// The handle of an export, and waiting for it.

package com.mypreferences

import com.mypreferences.internal.NativeExport
import com.mypreferences.internal.NativeLibraryLoader
import com.mypreferences.internal.NativeWaitProgress
import com.mypreferences.internal.translating
import java.time.Instant
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/**
 * An export that was started. It is data: one task can initiate, another land, a third commit. It belongs to one account
 * of one service; a client of another one refuses it. Prints without its token.
 */
public class Export internal constructor(internal val native: NativeExport) {
    /** The token that Initiate returned. Useless without credentials, and not to be shown all the same. */
    public val accessToken: Long get() = native.accessToken()

    /** What was exported: `segment`, `segment-group`, `schedule` or `cid`. */
    public val kind: String get() = native.kind()

    /** The server's time just before Initiate was sent, never later: from when on the next export has to look. */
    public val watermark: Instant? get() = native.watermark()?.let(Instant::ofEpochSecond)

    /**
     * `LastDateTime` as it was asked for: the export holds what changed since; none for everything. A retrieval that is
     * given up begins again from there.
     */
    public val since: Instant? get() = native.since()?.let(Instant::ofEpochMilli)

    /** As JSON **with the access token**: keep it where only those can read it who may read the export. */
    public fun toJsonWithToken(): String = native.toJsonWithToken()

    override fun equals(other: Any?): Boolean = other is Export && other.toJsonWithToken() == toJsonWithToken()

    override fun hashCode(): Int = toJsonWithToken().hashCode()

    override fun toString(): String = native.describe()

    public companion object {
        /**
         * Reads what [toJsonWithToken] wrote.
         *
         * @throws InvalidArgumentException for anything else; the text is not repeated.
         */
        @JvmStatic
        @Throws(MyPreferencesException::class)
        public fun fromJson(text: String): Export {
            NativeLibraryLoader.load()
            return Export(translating { NativeExport.fromJson(text) })
        }
    }
}

/**
 * Options of a wait. Immutable.
 *
 * @property maxWait how long to wait, more than zero, up to 30 days. Default: 24 hours.
 * @property progress is told after each question, on a thread that carries no call: it may take its time and make calls,
 *   and the wait ends after it. What is overtaken meanwhile is left out. What it throws ends the wait and comes out of it.
 * @property cancelToken ends the wait when it is cancelled.
 */
public class WaitOptions(
    @get:JvmSynthetic public val maxWait: Duration? = null,
    @get:JvmSynthetic public val progress: ((WaitProgress) -> Unit)? = null,
    public val cancelToken: CancelToken? = null,
) {
    /** Nothing but defaults, for Java. */
    public constructor() : this(null, null, null)

    /** The same with this [maxWait]. */
    public fun withMaxWait(maxWait: java.time.Duration): WaitOptions =
        WaitOptions(maxWait.toKotlinDuration(), progress, cancelToken)

    /** The same with this [progress]. */
    public fun withProgress(progress: Consumer<WaitProgress>): WaitOptions =
        WaitOptions(maxWait, progress::accept, cancelToken)

    /** The same with this [cancelToken]. */
    public fun withCancelToken(cancelToken: CancelToken): WaitOptions = WaitOptions(maxWait, progress, cancelToken)
}

/** How a wait goes. */
public class WaitProgress internal constructor(native: NativeWaitProgress) {
    /** Since the wait began. */
    @get:JvmSynthetic
    public val elapsed: Duration = native.elapsed.seconds

    /** Questions asked so far. */
    public val questions: Int = native.questions.toInt()

    /** The newest status; none when the newest question failed. */
    public val status: ExportStatus? = native.status?.let(::ExportStatus)

    /** Until the next question. */
    @get:JvmSynthetic
    public val nextIn: Duration = native.nextIn.seconds

    /** [elapsed], for Java. */
    public fun elapsedTime(): java.time.Duration = elapsed.toJavaDuration()

    /** [nextIn], for Java. */
    public fun nextInTime(): java.time.Duration = nextIn.toJavaDuration()

    override fun toString(): String = "WaitProgress(questions=$questions, status=${status?.status}, nextIn=$nextIn)"
}
