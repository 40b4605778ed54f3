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
 * as a suppressed exception. Cancelling a future cancels its request. What depends on a future runs on the common pool,
 * unless it names another executor. Failures are [MyPreferencesException]s, unchecked for neither: blocking calls
 * declare them, futures complete with them.
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
        waiting(handle.commit(accessToken, keepFiles, options)) as CommitReceipt

    /** Asks for a commit; the future has its receipt. */
    @JvmOverloads
    public fun commitAsync(
        accessToken: Long,
        keepFiles: Boolean,
        options: CallOptions = CallOptions(),
    ): CompletableFuture<CommitReceipt> = future(handle.commit(accessToken.toString(), keepFiles, options))

    /** Asks whether a token was committed, without sending a commit, and waits for the answer. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun resolveCommit(accessToken: Long, options: CallOptions = CallOptions()): Resolution =
        resolveCommit(accessToken.toString(), options)

    /** The same with the token as text. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun resolveCommit(accessToken: String, options: CallOptions = CallOptions()): Resolution =
        waiting(handle.resolveCommit(accessToken, options)) as Resolution

    /** Asks whether a token was committed; the future has the answer. */
    @JvmOverloads
    public fun resolveCommitAsync(
        accessToken: Long,
        options: CallOptions = CallOptions(),
    ): CompletableFuture<Resolution> = future(handle.resolveCommit(accessToken.toString(), options))

    /** Asks the status of an export and waits for it. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun status(accessToken: Long, options: CallOptions = CallOptions()): ExportStatus =
        status(accessToken.toString(), options)

    /** The same with the token as text. */
    @JvmOverloads
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun status(accessToken: String, options: CallOptions = CallOptions()): ExportStatus =
        waiting(handle.status(accessToken, options)) as ExportStatus

    /** Asks the status of an export; the future has it. */
    @JvmOverloads
    public fun statusAsync(accessToken: Long, options: CallOptions = CallOptions()): CompletableFuture<ExportStatus> =
        future(handle.status(accessToken.toString(), options))

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
        public fun strict(strict: Boolean): Builder = apply { settings.strict = strict }

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

private fun waiting(start: Start): Recorded {
    val result = CompletableFuture<Recorded>()
    val running = Running { it.fold(result::complete, result::completeExceptionally) }
    running.begin(start)
    try {
        return result.get()
    } catch (failed: ExecutionException) {
        throw failed.cause ?: failed
    } catch (interrupted: InterruptedException) {
        running.cancel()
        // The call ends at once, with what is known about its requests.
        val record = runCatching { result.join() }.exceptionOrNull()
        record?.let { interrupted.addSuppressed(it.cause ?: it) }
        throw interrupted
    }
}

private fun <T : Recorded> future(start: Start): CompletableFuture<T> {
    val future = RequestFuture<T>()
    try {
        future.running.begin(start)
    } catch (refused: MyPreferencesException) {
        future.completeExceptionally(refused)
    }
    return future
}

/** A future that cancels its request with itself. */
private class RequestFuture<T : Recorded> : CompletableFuture<T>() {
    /** The native runtime's thread only hands over: what depends on the future may block. */
    val running = Running { result ->
        ForkJoinPool.commonPool().execute { result.fold(::completeWith, ::completeExceptionally) }
    }

    @Suppress("UNCHECKED_CAST")
    private fun completeWith(value: Recorded): Boolean = complete(value as T)

    override fun cancel(mayInterruptIfRunning: Boolean): Boolean {
        val cancelled = super.cancel(mayInterruptIfRunning)
        if (cancelled) running.cancel()
        return cancelled
    }
}
