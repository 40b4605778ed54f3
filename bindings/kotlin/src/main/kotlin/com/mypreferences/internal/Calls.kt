// One call over the border: started, completed once by a callback, cancelled at any time; and the translation of what
// comes back. The native handle of a call is let go of as soon as the call is over.

package com.mypreferences.internal

import com.mypreferences.BatchReceipt
import com.mypreferences.Boundary
import com.mypreferences.CallOptions
import com.mypreferences.CommitReceipt
import com.mypreferences.Export
import com.mypreferences.ExportStatus
import com.mypreferences.Landed
import com.mypreferences.LandingProgress
import com.mypreferences.Page
import com.mypreferences.Resolution
import com.mypreferences.WaitProgress
import com.mypreferences.exceptionOf
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import kotlin.time.DurationUnit

/** A call to be: what starts it, and who is told how far it is. For one call only. */
internal class Start<out T>(val progress: Progress? = null, val begin: (NativeCompletion) -> NativeCall)

/** A call that was asked for. [ended] is told once how it ended, on a thread of the native runtime. */
internal class Running<T>(private val ended: (Result<T>) -> Unit) : NativeCompletion {
    private var call: NativeCall? = null

    /** Holds the client until the call is over: the native one cancels its calls when it is collected. */
    private var start: Start<T>? = null
    private var isCancelled = false
    private var isOver = false

    /** Starts it; when it cannot be started, throws and [ended] is never told. */
    fun begin(start: Start<T>) {
        start.progress?.cancel = ::cancel
        synchronized(this) { this.start = start }
        val started = translating { start.begin(this) }
        val isOver = synchronized(this) {
            if (!isOver) call = started
            if (isCancelled) started.cancel()
            isOver
        }
        if (isOver) started.close()
    }

    /** Asks for its end; [ended] is still told. Does not wait. */
    fun cancel() = synchronized(this) {
        isCancelled = true
        call?.cancel() ?: Unit
    }

    override fun complete(outcome: NativeOutcome) {
        val (started, listener) = synchronized(this) {
            isOver = true
            (call to start?.progress).also {
                call = null
                start = null
            }
        }
        started?.close()
        ended(
            runCatching {
                listener?.failure?.let { throw it }
                // The outcome of a call is its own: the native library and this package are built from one tree.
                @Suppress("UNCHECKED_CAST")
                given(outcome) as T
            },
        )
    }

    companion object {
        init {
            // The runtime's threads stay attached to the virtual machine, and do not keep it alive: attaching anew for
            // every completion would cost more than the call over the border.
            val stayAttached = CallbackThreadInitializer(true, false, "mypreferences")
            Native.setCallbackThreadInitializer(uniffiCallbackInterfaceNativeCompletion.complete, stayAttached)
            Native.setCallbackThreadInitializer(uniffiCallbackInterfaceNativeProgress.landing, stayAttached)
            Native.setCallbackThreadInitializer(uniffiCallbackInterfaceNativeProgress.waiting, stayAttached)
        }
    }
}

/** Tells the caller how far its call is. What the caller's function throws ends the call, and is how it ended. */
internal class Progress(
    private val onLanding: ((LandingProgress) -> Unit)?,
    private val onWaiting: ((WaitProgress) -> Unit)?,
) : NativeProgress {
    var cancel: () -> Unit = {}

    @Volatile
    var failure: Throwable? = null
        private set

    override fun landing(progress: NativeLandingProgress): Unit = told { onLanding?.invoke(LandingProgress(progress)) }

    override fun waiting(progress: NativeWaitProgress): Unit = told { onWaiting?.invoke(WaitProgress(progress)) }

    private inline fun told(tell: () -> Unit) {
        if (failure != null) return
        try {
            tell()
        } catch (thrown: Throwable) {
            failure = thrown
            cancel()
        }
    }
}

/** What a call gives, or the exception of its failure. */
private fun given(outcome: NativeOutcome): Any? = when (outcome) {
    is NativeOutcome.Receipt -> CommitReceipt(outcome.receipt)
    is NativeOutcome.ResolvedCommitted -> Resolution.Committed(CommitReceipt(outcome.receipt), outcome.json)
    is NativeOutcome.ResolvedNotCommitted -> {
        Resolution.NotCommitted(outcome.asOf?.let(java.time.Instant::ofEpochSecond), outcome.json)
    }
    is NativeOutcome.ResolvedUnknown -> Resolution.Unknown(exceptionOf(outcome.error), outcome.json)
    is NativeOutcome.Status -> ExportStatus(outcome.status)
    is NativeOutcome.Export -> Export(outcome.export)
    is NativeOutcome.Page -> Page(outcome.page)
    is NativeOutcome.EndOfPages -> null
    is NativeOutcome.Boundaries -> outcome.boundaries.map(::Boundary)
    is NativeOutcome.Landed -> Landed(outcome.landed)
    is NativeOutcome.BatchReceipt -> BatchReceipt(outcome.receipt)
    is NativeOutcome.Failed -> throw exceptionOf(outcome.error)
}

/** Runs what calls over the border at once; its failures become this package's. */
internal inline fun <T> translating(call: () -> T): T =
    try {
        call()
    } catch (failure: NativeFailure.Failed) {
        throw exceptionOf(failure.error)
    }

internal fun CallOptions.native(): NativeCallOptions =
    NativeCallOptions(kind, timeout?.toDouble(DurationUnit.SECONDS), cancelToken?.native)
