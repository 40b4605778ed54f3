// One call over the border: started, completed once by a callback, cancelled at any time; and the translation of what
// comes back. The native handle of a call is let go of as soon as the call is over.

package com.mypreferences.internal

import com.mypreferences.CallOptions
import com.mypreferences.CommitReceipt
import com.mypreferences.ExportStatus
import com.mypreferences.MyPreferencesException
import com.mypreferences.Recorded
import com.mypreferences.Resolution
import com.mypreferences.exceptionOf
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import kotlin.time.DurationUnit

/** Starts a call that ends with this completion. */
internal typealias Start = (NativeCompletion) -> NativeCall

/** A call that was asked for. [ended] is told once how it ended, on a thread of the native runtime. */
internal class Running(private val ended: (Result<Recorded>) -> Unit) : NativeCompletion {
    private var call: NativeCall? = null
    private var over = false

    /** Starts it; when it cannot be started, throws and [ended] is never told. */
    fun begin(start: Start) {
        val started = translating { start(this) }
        val isOver = synchronized(this) {
            if (!over) call = started
            over
        }
        if (isOver) started.close()
    }

    /** Asks for its end; [ended] is still told. Does not wait. */
    fun cancel() = synchronized(this) { call?.cancel() ?: Unit }

    override fun complete(outcome: NativeOutcome) {
        val started = synchronized(this) {
            over = true
            call.also { call = null }
        }
        started?.close()
        ended(runCatching { recorded(outcome) })
    }

    companion object {
        init {
            // The runtime's threads stay attached to the virtual machine, and do not keep it alive: attaching anew for
            // every completion would cost more than the call over the border.
            val stayAttached = CallbackThreadInitializer(true, false, "mypreferences")
            Native.setCallbackThreadInitializer(uniffiCallbackInterfaceNativeCompletion.complete, stayAttached)
        }
    }
}

/** What a call gives, or the exception of its failure. */
private fun recorded(outcome: NativeOutcome): Recorded = when (outcome) {
    is NativeOutcome.Receipt -> CommitReceipt(outcome.receipt)
    is NativeOutcome.ResolvedCommitted -> Resolution.Committed(CommitReceipt(outcome.receipt), outcome.json)
    is NativeOutcome.ResolvedNotCommitted -> {
        Resolution.NotCommitted(outcome.asOf?.let(java.time.Instant::ofEpochSecond), outcome.json)
    }
    is NativeOutcome.ResolvedUnknown -> Resolution.Unknown(exceptionOf(outcome.error), outcome.json)
    is NativeOutcome.Status -> ExportStatus(outcome.status)
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
