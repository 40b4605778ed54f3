// What a call may be told beside its arguments.

package com.mypreferences

import com.mypreferences.internal.NativeCancelToken
import com.mypreferences.internal.NativeLibraryLoader
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * Options of one call. Immutable.
 *
 * @property kind what was exported: `segment`, `segment-group`, `schedule` or `cid`. Default: the client's.
 * @property timeout how long the call may take, questions included; at most 24 hours. Default: the client's.
 * @property cancelToken ends the call when it is cancelled.
 */
public class CallOptions(
    public val kind: String? = null,
    @get:JvmSynthetic public val timeout: Duration? = null,
    public val cancelToken: CancelToken? = null,
) {
    /** Nothing but defaults, for Java. */
    public constructor() : this(null, null, null)

    /** The same with this [kind]. */
    public fun withKind(kind: String): CallOptions = CallOptions(kind, timeout, cancelToken)

    /** The same with this [timeout]. */
    public fun withTimeout(timeout: java.time.Duration): CallOptions =
        CallOptions(kind, timeout.toKotlinDuration(), cancelToken)

    /** The same with this [cancelToken]. */
    public fun withCancelToken(cancelToken: CancelToken): CallOptions = CallOptions(kind, timeout, cancelToken)
}

/**
 * Ends the calls that it was given to: each ends with [OperationCancelledException] and its record. Cancelling a
 * coroutine or a future ends its own call without one. Thread-safe.
 */
public class CancelToken {
    internal val native: NativeCancelToken

    init {
        NativeLibraryLoader.load()
        native = NativeCancelToken()
    }

    /** Cancels. Twice is the same as once. */
    public fun cancel(): Unit = native.cancel()

    /** Whether it was cancelled. */
    public val isCancelled: Boolean get() = native.isCancelled()
}
