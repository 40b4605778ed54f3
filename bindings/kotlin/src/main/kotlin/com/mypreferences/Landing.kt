// An export on disk, durable before its commit: options, progress, and what a landing gives.

package com.mypreferences

import com.mypreferences.internal.NativeBatchReceipt
import com.mypreferences.internal.NativeLanded
import com.mypreferences.internal.NativeLanding
import com.mypreferences.internal.NativeLandingProgress
import com.mypreferences.internal.NativeLoaded
import com.mypreferences.internal.NativeSealed
import com.mypreferences.internal.NativeVerified
import java.nio.file.Path
import java.nio.file.Paths
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.DurationUnit
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/**
 * Options of a landing. Immutable; what is not given has the core's default.
 *
 * @property commit `after_seal` or `never`. Without it `after_seal`, which needs `keepFiles`. Only for `export`.
 * @property since only what changed since a moment, or since the newest sealed batch of the folder: `auto`. Default:
 *   everything. Only for `export`.
 * @property overlap how far `auto` goes back before the newest batch. Default: 5 minutes.
 * @property compression `none`, the default. This build has no `zstd`, and refuses it.
 * @property format `ndjson`, the default. This build has no `parquet`, and refuses it.
 * @property limit records of one page, at least 1. Default 1,000, the vendor's own.
 * @property maxWait how long to wait until the export is ready, up to 30 days. Default: 24 hours.
 * @property maxMemory bytes for pages in memory, at least 1 MiB. Default: 64 MiB.
 * @property partBytes a part ends when it has so many bytes. Default: 64 MiB.
 * @property progress is told at each stage, after each question and each page, on a thread that carries no call: it may
 *   take its time and make calls, and the landing ends after it. What is overtaken meanwhile is left out, but no stage,
 *   no note and not the last state. What it throws ends the landing and comes out of it.
 * @property cancelToken ends the landing when it is cancelled, within a page; the same call continues it later.
 */
public class LandingOptions(
    public val commit: String? = null,
    public val since: String? = null,
    @get:JvmSynthetic public val overlap: Duration? = null,
    public val compression: String? = null,
    public val format: String? = null,
    public val limit: Long? = null,
    @get:JvmSynthetic public val maxWait: Duration? = null,
    public val maxMemory: Long? = null,
    public val partBytes: Long? = null,
    @get:JvmSynthetic public val progress: ((LandingProgress) -> Unit)? = null,
    public val cancelToken: CancelToken? = null,
) {
    /** Nothing but defaults, for Java. */
    public constructor() : this(commit = null)

    /** The same with this [commit]. */
    public fun withCommit(commit: String): LandingOptions = with(commit = commit)

    /** The same with this [since]. */
    public fun withSince(since: String): LandingOptions = with(since = since)

    /** The same with this [overlap]. */
    public fun withOverlap(overlap: java.time.Duration): LandingOptions = with(overlap = overlap.toKotlinDuration())

    /** The same with this [compression]. */
    public fun withCompression(compression: String): LandingOptions = with(compression = compression)

    /** The same with this [format]. */
    public fun withFormat(format: String): LandingOptions = with(format = format)

    /** The same with this [limit]. */
    public fun withLimit(limit: Long): LandingOptions = with(limit = limit)

    /** The same with this [maxWait]. */
    public fun withMaxWait(maxWait: java.time.Duration): LandingOptions = with(maxWait = maxWait.toKotlinDuration())

    /** The same with this [maxMemory]. */
    public fun withMaxMemory(maxMemory: Long): LandingOptions = with(maxMemory = maxMemory)

    /** The same with this [partBytes]. */
    public fun withPartBytes(partBytes: Long): LandingOptions = with(partBytes = partBytes)

    /** The same with this [progress]. */
    public fun withProgress(progress: Consumer<LandingProgress>): LandingOptions = with(progress = progress::accept)

    /** The same with this [cancelToken]. */
    public fun withCancelToken(cancelToken: CancelToken): LandingOptions = with(cancelToken = cancelToken)

    private fun with(
        commit: String? = this.commit,
        since: String? = this.since,
        overlap: Duration? = this.overlap,
        compression: String? = this.compression,
        format: String? = this.format,
        limit: Long? = this.limit,
        maxWait: Duration? = this.maxWait,
        maxMemory: Long? = this.maxMemory,
        partBytes: Long? = this.partBytes,
        progress: ((LandingProgress) -> Unit)? = this.progress,
        cancelToken: CancelToken? = this.cancelToken,
    ) = LandingOptions(
        commit, since, overlap, compression, format, limit, maxWait, maxMemory, partBytes, progress, cancelToken,
    )

    internal fun native(out: Path, keepFiles: Boolean?) = NativeLanding(
        out.toString(),
        commit,
        keepFiles,
        since,
        overlap?.toDouble(DurationUnit.SECONDS),
        compression,
        format,
        null,
        null,
        limit?.counted(),
        maxWait?.toDouble(DurationUnit.SECONDS),
        maxMemory?.counted(),
        partBytes?.counted(),
        cancelToken?.native,
    )
}

/** What is below zero is as wrong as zero, and the core says so. */
internal fun Long.counted(): ULong = coerceAtLeast(0).toULong()

/** How far a landing is. */
public class LandingProgress internal constructor(native: NativeLandingProgress) {
    /** What it is doing. */
    public val stage: Stage = constantOf(native.stage)

    /** The name of the batch's folder. */
    public val batch: String = native.batch

    /** Records landed so far, those of earlier runs included. */
    public val rows: Long = native.rows.toLong()

    /** Records of the export, once the server told. */
    public val total: Long? = native.total?.toLong()

    /** Records that an earlier run had landed. */
    public val resumedRows: Long = native.resumedRows.toLong()

    /** Since the call began. */
    @get:JvmSynthetic
    public val elapsed: Duration = native.elapsed.seconds

    /** Until the next question, while it waits. */
    @get:JvmSynthetic
    public val nextIn: Duration? = native.nextIn?.seconds

    /** Something that a person should know, told once. */
    public val note: String? = native.note

    /** [elapsed], for Java. */
    public fun elapsedTime(): java.time.Duration = elapsed.toJavaDuration()

    /** [nextIn], for Java. */
    public fun nextInTime(): java.time.Duration? = nextIn?.toJavaDuration()

    override fun toString(): String = "LandingProgress(stage=${stage.word}, rows=$rows, total=$total)"
}

/**
 * The proof that a batch is durable and whole: what `commitLanded` has to be shown. Only a landing gives one, and a
 * [Folder] that has a sealed batch. Holds no token.
 */
public class Sealed internal constructor(internal val native: NativeSealed) {
    /** The folder that the landing was made in. */
    public val out: Path get() = Paths.get(native.out())

    /** The name of the batch's folder. */
    public val batch: String get() = native.batch()

    /** Of `_manifest.json`. */
    public val manifestSha256: String get() = native.manifestSha256()

    override fun toString(): String = "Sealed(out=$out, batch=$batch)"
}

/** What a landing has come to. */
public class Landed internal constructor(native: NativeLanded) : Recorded(native.json) {
    /** The proof for `commitLanded`. */
    public val sealed: Sealed = Sealed(native.sealed)

    /** The batch's folder. */
    public val folder: Path = Paths.get(native.folder)

    /** The name of the batch's folder. */
    public val batch: String get() = sealed.batch

    /** Records landed. */
    public val rows: Long = native.rows.toLong()

    /** Bytes of the parts on disk. */
    public val bytes: Long = native.bytes.toLong()

    /** How many parts. */
    public val parts: Long = native.parts.toLong()

    /** `LastDateTime` as it was sent. */
    public val since: String? = native.since

    /** The server's time just before Initiate, as RFC 3339: where `since` `auto` goes on, minus the overlap. */
    public val watermark: String = native.watermark

    /** False when the folder had the batch, finished, before: nothing was sent then. */
    public val isNew: Boolean = native.isNew

    /** How the commit ended; none when there was none. */
    public val receipt: BatchReceipt? = native.receipt?.let(::BatchReceipt)

    /** What a person should know, in sentences. */
    public val notes: List<String> = native.notes
}

/** How the commit of a batch, or of what was loaded, ended. What a destination holds is in its JSON, as `vouched`. */
public class BatchReceipt internal constructor(native: NativeBatchReceipt) : Recorded(native.json) {
    /** How the token came to its end. */
    public val end: CommitEnd = constantOf(native.end)

    /** Whether the files on the server were to be kept, as asked. */
    public val keepFiles: Boolean = native.keepFiles

    /** When it was written, by the local clock, as RFC 3339. */
    public val at: String? = native.at

    /** `Date` of the answer that confirmed it, as RFC 3339. */
    public val serverDate: String? = native.serverDate

    /** A privacy claim about the server's files can be made from this receipt. */
    public val filesAreAsAsked: Boolean = native.filesAreAsAsked

    /** The server never said so in as many words. */
    public val isPresumed: Boolean = native.isPresumed
}

/**
 * What a destination holds. Immutable.
 *
 * @property sink where, for the receipt: the password and the query of a URL are left out. Default: not named.
 * @property files the files that hold the rows, where they are local: paths, patterns and folders. Each is made durable
 *   before the commit, and each folder up to the one that was given. Default: none.
 * @property cancelToken ends the call when it is cancelled.
 */
public class LoadedOptions @JvmOverloads constructor(
    public val sink: String? = null,
    public val files: List<String> = emptyList(),
    public val cancelToken: CancelToken? = null,
) {
    internal fun native(rows: Long, keepFiles: Boolean) = NativeLoaded(rows.counted(), keepFiles, sink, files)
}

/** What [Folder.verify] has read. */
public class Verified internal constructor(native: NativeVerified) : Recorded(native.json) {
    /** Sealed batches. */
    public val batches: Long = native.batches.toLong()

    /** Their parts. */
    public val parts: Long = native.parts.toLong()

    /** Their records. */
    public val rows: Long = native.rows.toLong()

    /** Their bytes on disk. */
    public val bytes: Long = native.bytes.toLong()

    /** Sealed batches that the journal knows and the folder lacks: moved away by their consumer, or lost. */
    public val moved: List<String> = native.moved

    /** Files of parts that no manifest names. */
    public val unnamed: List<String> = native.unnamed

    /** Batches that begin after what those before them cover, in sentences. */
    public val gaps: List<String> = native.gaps
}
