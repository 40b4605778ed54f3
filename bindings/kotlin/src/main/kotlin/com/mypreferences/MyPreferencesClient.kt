// The client for Kotlin: suspending calls.

package com.mypreferences

import com.mypreferences.internal.Handle
import com.mypreferences.internal.Running
import com.mypreferences.internal.Start
import com.mypreferences.internal.nextPage
import java.nio.file.Path
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext

/**
 * A client of one MyPreferences account. Thread-safe; make one and keep it. Calls run on threads of the native library:
 * no dispatcher is blocked. Cancelling the coroutine cancels the request, and the server sees the connection close; the call
 * ends when the request has, and a receipt that came all the same is returned.
 *
 * Failures are [MyPreferencesException]s. Prints without secrets.
 */
public class MyPreferencesClient private constructor(private val handle: Handle) : AutoCloseable {
    /**
     * Makes a client.
     *
     * @throws InvalidArgumentException or [ConfigurationException], before any I/O but reading the files of settings.
     */
    public constructor(settings: Settings) : this(Handle.open(settings))

    /** Makes a client of settings that are set in a block. */
    public constructor(configure: Settings.() -> Unit) : this(Settings().apply(configure))

    /**
     * Acknowledges a retrieval: marks it finished, expires the token and, unless [keepFiles], deletes the export files
     * on the server.
     *
     * Before you call it: the pages were read with `keepAlive=true` (the vendor's own precondition), and the data is
     * safe on your side. Without [keepFiles] there is no other copy afterwards.
     */
    public suspend fun commit(
        accessToken: Long,
        keepFiles: Boolean,
        options: CallOptions = CallOptions(),
    ): CommitReceipt = commit(accessToken.toString(), keepFiles, options)

    /** The same with the token as text. */
    public suspend fun commit(
        accessToken: String,
        keepFiles: Boolean,
        options: CallOptions = CallOptions(),
    ): CommitReceipt = awaiting(handle.commit(accessToken, keepFiles, options))

    /** Asks whether a token was committed, without sending a commit: for a call that ended with "unknown". */
    public suspend fun resolveCommit(accessToken: Long, options: CallOptions = CallOptions()): Resolution =
        resolveCommit(accessToken.toString(), options)

    /** The same with the token as text. */
    public suspend fun resolveCommit(accessToken: String, options: CallOptions = CallOptions()): Resolution =
        awaiting(handle.resolveCommit(accessToken, options))

    /** Asks the status of an export. Temporary failures are tried again. */
    public suspend fun status(accessToken: Long, options: CallOptions = CallOptions()): ExportStatus =
        status(accessToken.toString(), options)

    /** The same with the token as text. */
    public suspend fun status(accessToken: String, options: CallOptions = CallOptions()): ExportStatus =
        awaiting(handle.status(accessToken, options))

    /**
     * Starts an export. Sent again only when it was surely not taken; [OutcomeUnknownException] when the answer was lost.
     * The kind is the order's: an option `kind` is refused.
     */
    public suspend fun initiate(order: ExportRequest, options: CallOptions = CallOptions()): Export =
        awaiting(handle.initiate(order, options))

    /** Waits until an export is ready: asks its status, from 1 s to 30 s apart. */
    public suspend fun wait(export: Export, options: WaitOptions = WaitOptions()): ExportStatus =
        awaiting(handle.wait(export, options))

    /**
     * The pages of an export that is ready, each read when it is collected, with `keepAlive=true`. Each collector reads
     * them anew; the transfer ends with its collector.
     */
    public fun pages(export: Export, options: PageOptions = PageOptions()): Flow<Page> = flow {
        val pages = handle.pages(export, options)
        try {
            while (true) emit(awaiting(pages.nextPage(options.cancelToken)) ?: break)
        } finally {
            pages.end()
            pages.close()
        }
    }

    /**
     * Lands an export in the folder [out] and commits it: initiate, wait, pages, seal, commit. Whatever stopped an earlier
     * call, the same call continues it; a finished one is not done again.
     *
     * The commit comes last, when the data is durable and whole. [keepFiles] says whether the server keeps its files then;
     * it is required, unless the option `commit` is `never`. A cancelled coroutine ends within a page, and the folder is
     * free when it has ended.
     */
    public suspend fun export(
        order: ExportRequest,
        out: Path,
        keepFiles: Boolean? = null,
        options: LandingOptions = LandingOptions(),
    ): Landed = awaiting(handle.export(order, out, keepFiles, options))

    /** Lands an export that was initiated before, here or elsewhere. Does not commit it: [commitLanded] does. */
    public suspend fun land(export: Export, out: Path, options: LandingOptions = LandingOptions()): Landed =
        awaiting(handle.land(export, out, options))

    /**
     * Commits a sealed batch: asks status first, and after a lost answer, what became of it. A batch that is committed
     * gives its receipt, and sends nothing.
     */
    public suspend fun commitLanded(
        sealed: Sealed,
        keepFiles: Boolean,
        cancelToken: CancelToken? = null,
    ): BatchReceipt = awaiting(handle.commitLanded(sealed, keepFiles, cancelToken))

    /**
     * Commits an export that was loaded elsewhere than in a folder of this client: into a database, a lake, a warehouse.
     * [rows] is what a read-back **from there** counts: it must be `TotalResults`, which the client asks for where no page
     * has told it, else [CountMismatchException]. Then the option `files` is made durable; then as [commitLanded]. The same
     * call again, from any process, sends nothing and says how it ended.
     */
    public suspend fun commitLoaded(
        export: Export,
        rows: Long,
        keepFiles: Boolean,
        options: LoadedOptions = LoadedOptions(),
    ): BatchReceipt = awaiting(handle.commitLoaded(export, rows, keepFiles, options))

    /**
     * What lies on both sides of the places where an export is going to be cut into ranges: for each place `n` the digests
     * of the records `n` and `n + 1`. One request of two records each.
     */
    public suspend fun boundaries(
        export: Export,
        places: List<Long>,
        cancelToken: CancelToken? = null,
    ): List<Boundary> = awaiting(handle.boundaries(export, places, cancelToken))

    /**
     * The export as a text for state that others keep and show: whoever reads it there cannot read the access token, and
     * [unwrap] of a client of the same account can. Encrypted with a key from the setting `handleKey` or `handleKeyFile`,
     * else from the secret of the credentials: set one of the two for handles that outlive a rotation of that secret.
     */
    @Throws(MyPreferencesException::class)
    public fun wrap(export: Export): String = handle.wrap(export)

    /** What [wrap] gave, here or in another process. */
    @Throws(MyPreferencesException::class)
    public fun unwrap(handle: String): Export = this.handle.unwrap(handle)

    /** Closes the client and cancels its calls. Twice is the same as once. */
    override fun close(): Unit = handle.close()

    /** Whether it was closed. */
    public val isClosed: Boolean get() = handle.isClosed

    override fun toString(): String = "MyPreferences$handle"

    public companion object {
        /**
         * Makes a client from settings, then `MYPREFERENCES_` variables, then a profile of the configuration file, then
         * defaults: the command's rules. [profile] beats `MYPREFERENCES_PROFILE`; without either, `[profile.default]`
         * counts where there is one. [environment] stands for the process's own variables.
         */
        public fun fromEnvironment(
            profile: String? = null,
            environment: Map<String, String>? = null,
            configure: Settings.() -> Unit = {},
        ): MyPreferencesClient =
            MyPreferencesClient(Handle.fromEnvironment(profile, environment, Settings().apply(configure)))
    }
}

/**
 * Runs a call. A cancelled coroutine cancels it and waits for its end, which comes at once: what the call held is free
 * then. Its record is suppressed in the [CancellationException]. What a call gave in spite of the cancellation is given: a
 * receipt is not thrown away.
 */
private suspend fun <T> awaiting(start: Start<T>): T {
    // Nothing is sent for a coroutine that is cancelled already.
    currentCoroutineContext().ensureActive()
    val ended = CompletableDeferred<Result<T>>()
    val running = Running<T>(ended::complete)
    running.begin(start)
    val result = try {
        ended.await()
    } catch (cancelled: CancellationException) {
        running.cancel()
        withContext(NonCancellable) { ended.await() }.onFailure { failure ->
            throw CancellationException("the call was cancelled").apply {
                initCause(cancelled)
                addSuppressed(failure)
            }
        }
    }
    return result.getOrThrow()
}
