// What calls around a commit give: receipts, resolutions and statuses. Each prints as its canonical record.

package com.mypreferences

import com.mypreferences.internal.NativeAttempt
import com.mypreferences.internal.NativeReceipt
import com.mypreferences.internal.NativeStatus
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/** What has a canonical record: the same bytes in every language. Equal when the records are equal. */
public abstract class Recorded internal constructor(private val json: String) {
    /** The canonical record. */
    public fun toJson(): String = json

    /** The canonical record. */
    override fun toString(): String = json

    override fun equals(other: Any?): Boolean = other is Recorded && other.javaClass == javaClass && other.json == json

    override fun hashCode(): Int = json.hashCode()
}

/** One send of a call: a POST of a commit, or one try of a read. */
public class Attempt internal constructor(native: NativeAttempt) {
    /** 1 for the first. */
    public val n: Int = native.n.toInt()

    /** Time since the attempt before; for the first, since the call began. */
    @get:JvmSynthetic
    public val delayBefore: Duration = native.delayBefore.seconds

    /** How long it took. */
    @get:JvmSynthetic
    public val elapsed: Duration = native.elapsed.seconds

    /** What is known about its way to the server. */
    public val sent: Sent = constantOf(native.sent)

    /** Status code, when answered. */
    public val status: Int? = native.status?.toInt()

    /** The kind of its failure, by its name in the catalogue; none for a success. */
    public val kind: String? = native.kind

    /** [delayBefore], for Java. */
    public fun delayBeforeTime(): java.time.Duration = delayBefore.toJavaDuration()

    /** [elapsed], for Java. */
    public fun elapsedTime(): java.time.Duration = elapsed.toJavaDuration()

    override fun toString(): String = "Attempt(n=$n, sent=${sent.word}, status=$status, kind=$kind, elapsed=$elapsed)"
}

/** The receipt of a commit. */
public class CommitReceipt internal constructor(native: NativeReceipt) : Recorded(native.json) {
    /** How the token came to be consumed. */
    public val outcome: Outcome = constantOf(native.outcome)

    /** How sure that is. */
    public val certainty: Certainty = constantOf(native.certainty)

    /** What it was read from. */
    public val confirmedBy: ConfirmedBy = constantOf(native.confirmedBy)

    /** As asked; none from `resolveCommit`, which asks for nothing. */
    public val keepFiles: Boolean? = native.keepFiles

    /** What is known about the export files. */
    public val files: Files = constantOf(native.files)

    /** How many POSTs of this call reached the server or may have. */
    public val sends: Int = native.sends.toInt()

    /** Every POST of this call. */
    public val attempts: List<Attempt> = native.attempts.map(::Attempt)

    /** How long the call took, questions included. */
    @get:JvmSynthetic
    public val elapsed: Duration = native.elapsed.seconds

    /** [elapsed], for Java. */
    public fun elapsedTime(): java.time.Duration = elapsed.toJavaDuration()

    /** The server's id of the confirming request. */
    public val requestId: String? = native.requestId

    /** `Date` of the confirming answer. */
    public val serverDate: Instant? = native.serverDate?.let(Instant::ofEpochSecond)
}

/** What `resolveCommit` found. */
public sealed class Resolution(json: String) : Recorded(json) {
    /** The token is consumed; [receipt] says how that is known. */
    public class Committed internal constructor(public val receipt: CommitReceipt, json: String) : Resolution(json)

    /** The export was still ready to be read at [asOf], the server's time; a commit may have arrived since. */
    public class NotCommitted internal constructor(public val asOf: Instant?, json: String) : Resolution(json)

    /** The answers do not tell; [error] says why. */
    public class Unknown internal constructor(public val error: MyPreferencesException, json: String) : Resolution(json)
}

/** Status of an export. */
public class ExportStatus internal constructor(native: NativeStatus) : Recorded(native.json) {
    /** The server's own word, such as `Complete`. */
    public val status: String = native.status

    /** When the token expires. A time without a zone is read as UTC, the earlier reading. */
    public val expires: Instant? = native.expires?.let(Instant::ofEpochSecond)

    /** Rows of the export, when it completed. */
    public val rowCount: Long? = native.rowCount?.toLong()

    /** Bytes of the export, when it completed. */
    public val byteCount: Long? = native.byteCount?.toLong()

    /** The server's `Date` of this answer. */
    public val serverDate: Instant? = native.serverDate?.let(Instant::ofEpochSecond)
}
