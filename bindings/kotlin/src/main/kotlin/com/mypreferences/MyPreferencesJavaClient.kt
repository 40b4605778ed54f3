// The client for Java: blocking calls and futures.

package com.mypreferences

import com.mypreferences.internal.Handle
import com.mypreferences.internal.Running
import com.mypreferences.internal.Start
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.ForkJoinPool
import kotlin.time.toKotlinDuration

/**
 * A client of one MyPreferences account, for Java. Thread-safe; make one and keep it.
 *
 * Blocking calls answer `Thread.interrupt`: the request is cancelled, and the [InterruptedException] carries the record
 * as a suppressed exception. A future that is done before its request (by `cancel`, by `orTimeout`) cancels it. What depends
 * on a future runs on the common pool, unless it names another executor. Failures are [MyPreferencesException]s: blocking
 * calls declare them, futures complete with them. From Kotlin, this is the client for threads that may block.
 */
public class MyPreferencesJavaClient private constructor(private val handle: Handle) : AutoCloseable {
    /** Asks for a commit and waits for it; see [MyPreferencesClient.commit] for what has to be done before. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun commit(accessToken: Long, keepFiles: Boolean, options: CallOptions = CallOptions()): CommitReceipt =
        commit(accessToken.toString(), keepFiles, options)

    /** The same with the token as text. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun commit(accessToken: String, keepFiles: Boolean, options: CallOptions = CallOptions()): CommitReceipt =
        waiting(handle.commit(accessToken, keepFiles, options))

    /** Asks for a commit; the future has its receipt. */
    @JvmOverloads
    public fun commitAsync(
        accessToken: Long,
        keepFiles: Boolean,
        options: CallOptions = CallOptions(),
    ): CompletableFuture<CommitReceipt> = commitAsync(accessToken.toString(), keepFiles, options)

    /** The same with the token as text. */
    @JvmOverloads
    public fun commitAsync(
        accessToken: String,
        keepFiles: Boolean,
        options: CallOptions = CallOptions(),
    ): CompletableFuture<CommitReceipt> = future(handle.commit(accessToken, keepFiles, options))

    /** Asks whether a token was committed, without sending a commit, and waits for the answer. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun resolveCommit(accessToken: Long, options: CallOptions = CallOptions()): Resolution =
        resolveCommit(accessToken.toString(), options)

    /** The same with the token as text. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun resolveCommit(accessToken: String, options: CallOptions = CallOptions()): Resolution =
        waiting(handle.resolveCommit(accessToken, options))

    /** Asks whether a token was committed; the future has the answer. */
    @JvmOverloads
    public fun resolveCommitAsync(
        accessToken: Long,
        options: CallOptions = CallOptions(),
    ): CompletableFuture<Resolution> = resolveCommitAsync(accessToken.toString(), options)

    /** The same with the token as text. */
    @JvmOverloads
    public fun resolveCommitAsync(
        accessToken: String,
        options: CallOptions = CallOptions(),
    ): CompletableFuture<Resolution> = future(handle.resolveCommit(accessToken, options))

    /** Asks the status of an export and waits for it. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun status(accessToken: Long, options: CallOptions = CallOptions()): ExportStatus =
        status(accessToken.toString(), options)

    /** The same with the token as text. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun status(accessToken: String, options: CallOptions = CallOptions()): ExportStatus =
        waiting(handle.status(accessToken, options))

    /** Asks the status of an export; the future has it. */
    @JvmOverloads
    public fun statusAsync(accessToken: Long, options: CallOptions = CallOptions()): CompletableFuture<ExportStatus> =
        statusAsync(accessToken.toString(), options)

    /** The same with the token as text. */
    @JvmOverloads
    public fun statusAsync(accessToken: String, options: CallOptions = CallOptions()): CompletableFuture<ExportStatus> =
        future(handle.status(accessToken, options))

    /** Starts an export; see [MyPreferencesClient.initiate]. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun initiate(order: ExportRequest, options: CallOptions = CallOptions()): Export =
        waiting(handle.initiate(order, options))

    /** Starts an export; the future has its handle. */
    @JvmOverloads
    public fun initiateAsync(order: ExportRequest, options: CallOptions = CallOptions()): CompletableFuture<Export> =
        future(handle.initiate(order, options))

    /** Waits until an export is ready; see [MyPreferencesClient.wait]. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun wait(export: Export, options: WaitOptions = WaitOptions()): ExportStatus =
        waiting(handle.wait(export, options))

    /** Waits until an export is ready; the future has its status. */
    @JvmOverloads
    public fun waitAsync(export: Export, options: WaitOptions = WaitOptions()): CompletableFuture<ExportStatus> =
        future(handle.wait(export, options))

    /** The pages of an export that is ready, read with `keepAlive=true` as they are pulled. Sends nothing yet. */
    @JvmOverloads
    @Throws(MyPreferencesException::class)
    public fun pages(export: Export, options: PageOptions = PageOptions()): Pages =
        Pages(handle.pages(export, options), options.cancelToken)

    /**
     * Lands an export in a folder and commits it; see [MyPreferencesClient.export]. An interrupted call has ended, and the
     * folder is free, when it throws.
     */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun export(
        order: ExportRequest,
        out: Path,
        keepFiles: Boolean? = null,
        options: LandingOptions = LandingOptions(),
    ): Landed = waiting(handle.export(order, out, keepFiles, options))

    /**
     * Lands an export in a folder and commits it; the future has what it has come to. A future that was cancelled is done
     * at once, its landing within a page: until then another call into the folder gets [LockedException].
     */
    @JvmOverloads
    public fun exportAsync(
        order: ExportRequest,
        out: Path,
        keepFiles: Boolean? = null,
        options: LandingOptions = LandingOptions(),
    ): CompletableFuture<Landed> = future(handle.export(order, out, keepFiles, options))

    /** Lands an export that was initiated before, here or elsewhere. Does not commit it: [commitLanded] does. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun land(export: Export, out: Path, options: LandingOptions = LandingOptions()): Landed =
        waiting(handle.land(export, out, options))

    /** Lands an export that was initiated before; the future has what it has come to. */
    @JvmOverloads
    public fun landAsync(
        export: Export,
        out: Path,
        options: LandingOptions = LandingOptions(),
    ): CompletableFuture<Landed> = future(handle.land(export, out, options))

    /** Commits a sealed batch; see [MyPreferencesClient.commitLanded]. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun commitLanded(sealed: Sealed, keepFiles: Boolean, cancelToken: CancelToken? = null): BatchReceipt =
        waiting(handle.commitLanded(sealed, keepFiles, cancelToken))

    /** Commits a sealed batch; the future has its receipt. */
    @JvmOverloads
    public fun commitLandedAsync(
        sealed: Sealed,
        keepFiles: Boolean,
        cancelToken: CancelToken? = null,
    ): CompletableFuture<BatchReceipt> = future(handle.commitLanded(sealed, keepFiles, cancelToken))

    /** Commits an export that was loaded elsewhere; see [MyPreferencesClient.commitLoaded]. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun commitLoaded(
        export: Export,
        rows: Long,
        keepFiles: Boolean,
        options: LoadedOptions = LoadedOptions(),
    ): BatchReceipt = waiting(handle.commitLoaded(export, rows, keepFiles, options))

    /** Commits an export that was loaded elsewhere; the future has its receipt. */
    @JvmOverloads
    public fun commitLoadedAsync(
        export: Export,
        rows: Long,
        keepFiles: Boolean,
        options: LoadedOptions = LoadedOptions(),
    ): CompletableFuture<BatchReceipt> = future(handle.commitLoaded(export, rows, keepFiles, options))

    /** What lies on both sides of these places; see [MyPreferencesClient.boundaries]. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun boundaries(export: Export, places: List<Long>, cancelToken: CancelToken? = null): List<Boundary> =
        waiting(handle.boundaries(export, places, cancelToken))

    /** What lies on both sides of these places; the future has it. */
    @JvmOverloads
    public fun boundariesAsync(
        export: Export,
        places: List<Long>,
        cancelToken: CancelToken? = null,
    ): CompletableFuture<List<Boundary>> = future(handle.boundaries(export, places, cancelToken))

    /** The export as a text that shows nothing; see [MyPreferencesClient.wrap]. */
    @Throws(MyPreferencesException::class)
    public fun wrap(export: Export): String = handle.wrap(export)

    /** What [wrap] gave, here or in another process. */
    @Throws(MyPreferencesException::class)
    public fun unwrap(handle: String): Export = this.handle.unwrap(handle)

    /** Closes the client and cancels its calls. Twice is the same as once. */
    override fun close(): Unit = handle.close()

    /** Whether it was closed. */
    public val isClosed: Boolean get() = handle.isClosed

    override fun toString(): String = "MyPreferencesJava$handle"

    public companion object {
        /** Starts a client. */
        @JvmStatic
        public fun builder(): Builder = Builder()
    }

    /** The settings of a client to be; see [Settings] for what each means. */
    public class Builder internal constructor() {
        private val settings = Settings()

        /** What to authorise with. */
        public fun credentials(credentials: Credentials): Builder = apply { settings.credentials = credentials }

        /** The account id. */
        public fun clientId(clientId: String): Builder = apply { settings.clientId = clientId }

        /** `production` or `staging`. */
        public fun environment(environment: String): Builder = apply { settings.environment = environment }

        /** The service's base URL instead. */
        public fun baseUrl(baseUrl: String): Builder = apply { settings.baseUrl = baseUrl }

        /** How long a call may take. */
        public fun timeout(timeout: Duration): Builder = apply { settings.timeout = timeout.toKotlinDuration() }

        /** Turns a presumed receipt into [OutcomeUnknownException]. */
        public fun requireCertain(requireCertain: Boolean): Builder = apply { settings.requireCertain = requireCertain }

        /** PEM file with certificate authorities to trust in addition to the system's. */
        public fun caFile(caFile: Path): Builder = apply { settings.caFile = caFile }

        /** Any setting, by the name and the text that it has in the environment and in profiles. */
        public fun set(name: String, text: String): Builder = apply { settings[name] = text }

        /** Makes the client. */
        @Throws(MyPreferencesException::class)
        public fun build(): MyPreferencesJavaClient = MyPreferencesJavaClient(Handle.open(settings))

        /**
         * Makes the client from these settings, then environment variables, then a profile of the configuration file;
         * see [MyPreferencesClient.fromEnvironment].
         */
        @JvmOverloads
        @Throws(MyPreferencesException::class)
        public fun buildFromEnvironment(
            profile: String? = null,
            environment: Map<String, String>? = null,
        ): MyPreferencesJavaClient =
            MyPreferencesJavaClient(Handle.fromEnvironment(profile, environment, settings))
    }
}

/** Runs a call and blocks the thread until it is over. */
internal fun <T> waiting(start: Start<T>): T {
    // Nothing is sent for a thread that is interrupted already.
    if (Thread.interrupted()) throw InterruptedException()
    val result = CompletableFuture<T>()
    val running = Running<T> { it.fold(result::complete, result::completeExceptionally) }
    running.begin(start)
    try {
        return result.get()
    } catch (failed: ExecutionException) {
        throw failed.cause ?: failed
    } catch (interrupted: InterruptedException) {
        running.cancel()
        // The call ends at once, with what is known about its requests; what it gave all the same is not thrown away.
        return runCatching { result.join() }
            .onSuccess { Thread.currentThread().interrupt() }
            .getOrElse { record -> throw interrupted.apply { addSuppressed(record.cause ?: record) } }
    }
}

/** Starts a call; what keeps it from starting is how the future ends. */
internal fun <T> future(start: Start<T>): CompletableFuture<T> {
    val future = RequestFuture<T>()
    try {
        future.running.begin(start)
    } catch (refused: MyPreferencesException) {
        future.completeExceptionally(refused)
    }
    return future
}

/** A future that cancels its request with itself. */
private class RequestFuture<T> : CompletableFuture<T>() {
    /** The native runtime's thread only hands over: what depends on the future may block. */
    val running = Running<T> { result ->
        ForkJoinPool.commonPool().execute { result.fold(::complete, ::completeExceptionally) }
    }

    init {
        // However it came to be done: by `cancel`, by `orTimeout`, or by its request, which is over then.
        whenComplete { _, _ -> running.cancel() }
    }
}
