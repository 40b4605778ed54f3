// The client for Kotlin: suspending calls.

package com.mypreferences

import com.mypreferences.internal.Handle
import com.mypreferences.internal.Running
import com.mypreferences.internal.Start
import kotlinx.coroutines.suspendCancellableCoroutine

/**
 * A client of one MyPreferences account. Thread-safe; make one and keep it. Calls run on threads of the native library:
 * no dispatcher is blocked. Cancelling the coroutine cancels the request, and the server sees the connection close.
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
    ): CommitReceipt = awaiting(handle.commit(accessToken, keepFiles, options)) as CommitReceipt

    /** Asks whether a token was committed, without sending a commit: for a call that ended with "unknown". */
    public suspend fun resolveCommit(accessToken: Long, options: CallOptions = CallOptions()): Resolution =
        resolveCommit(accessToken.toString(), options)

    /** The same with the token as text. */
    public suspend fun resolveCommit(accessToken: String, options: CallOptions = CallOptions()): Resolution =
        awaiting(handle.resolveCommit(accessToken, options)) as Resolution

    /** Asks the status of an export. Temporary failures are tried again. */
    public suspend fun status(accessToken: Long, options: CallOptions = CallOptions()): ExportStatus =
        status(accessToken.toString(), options)

    /** The same with the token as text. */
    public suspend fun status(accessToken: String, options: CallOptions = CallOptions()): ExportStatus =
        awaiting(handle.status(accessToken, options)) as ExportStatus

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

private suspend fun awaiting(start: Start): Recorded = suspendCancellableCoroutine { continuation ->
    val running = Running(continuation::resumeWith)
    // A call that cannot be started throws here; a continuation takes no notice of a result after its cancellation.
    running.begin(start)
    continuation.invokeOnCancellation { running.cancel() }
}
