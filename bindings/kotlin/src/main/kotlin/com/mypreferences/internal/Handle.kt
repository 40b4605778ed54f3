// The client handle that both faces of the package share.

package com.mypreferences.internal

import com.mypreferences.BatchReceipt
import com.mypreferences.Boundary
import com.mypreferences.CallOptions
import com.mypreferences.CancelToken
import com.mypreferences.CommitReceipt
import com.mypreferences.Export
import com.mypreferences.ExportRequest
import com.mypreferences.ExportStatus
import com.mypreferences.Landed
import com.mypreferences.LandingOptions
import com.mypreferences.LoadedOptions
import com.mypreferences.Page
import com.mypreferences.PageOptions
import com.mypreferences.Resolution
import com.mypreferences.Sealed
import com.mypreferences.Settings
import com.mypreferences.WaitOptions
import com.mypreferences.counted
import java.nio.file.Path
import kotlin.time.DurationUnit

/** Closed by hand, or else when nobody holds it any more. */
internal class Handle private constructor(private val native: NativeClient) {
    fun commit(accessToken: String, keepFiles: Boolean, options: CallOptions): Start<CommitReceipt> =
        Start { native.commit(accessToken, keepFiles, options.native(), it) }

    fun resolveCommit(accessToken: String, options: CallOptions): Start<Resolution> =
        Start { native.resolveCommit(accessToken, options.native(), it) }

    fun status(accessToken: String, options: CallOptions): Start<ExportStatus> =
        Start { native.status(accessToken, options.native(), it) }

    fun initiate(order: ExportRequest, options: CallOptions): Start<Export> =
        Start { native.initiate(order.native, options.native(), it) }

    fun wait(export: Export, options: WaitOptions): Start<ExportStatus> {
        val progress = options.progress?.let { Progress(null, it) }
        val maxWait = options.maxWait?.toDouble(DurationUnit.SECONDS)
        return Start(progress) {
            native.waitUntilReady(export.native, maxWait, options.cancelToken?.native, progress, it)
        }
    }

    fun pages(export: Export, options: PageOptions): NativePages =
        translating { native.pages(export.native, options.native()) }

    fun export(order: ExportRequest, out: Path, keepFiles: Boolean?, options: LandingOptions): Start<Landed> {
        val progress = options.progress?.let { Progress(it, null) }
        return Start(progress) { native.export(order.native, options.native(out, keepFiles), progress, it) }
    }

    fun land(export: Export, out: Path, options: LandingOptions): Start<Landed> {
        val progress = options.progress?.let { Progress(it, null) }
        return Start(progress) { native.land(export.native, options.native(out, null), progress, it) }
    }

    fun commitLanded(sealed: Sealed, keepFiles: Boolean, cancelToken: CancelToken?): Start<BatchReceipt> =
        Start { native.commitLanded(sealed.native, keepFiles, cancelToken?.native, it) }

    fun commitLoaded(
        export: Export,
        rows: Long,
        keepFiles: Boolean,
        options: LoadedOptions,
    ): Start<BatchReceipt> = Start {
        native.commitLoaded(export.native, options.native(rows, keepFiles), options.cancelToken?.native, it)
    }

    fun boundaries(export: Export, places: List<Long>, cancelToken: CancelToken?): Start<List<Boundary>> =
        Start { native.boundaries(export.native, places.map(Long::counted), cancelToken?.native, it) }

    fun wrap(export: Export): String = translating { native.wrap(export.native) }

    fun unwrap(handle: String): Export = Export(translating { native.unwrap(handle) })

    /** The native handle stays until it is collected, so that a call on a closed client is told so by the core. */
    fun close() = native.shut()

    val isClosed: Boolean get() = native.isShut()

    override fun toString(): String = native.describe()

    companion object {
        fun open(settings: Settings): Handle {
            NativeLibraryLoader.load()
            val credentials = settings.credentials?.native
            return Handle(translating { NativeClient.open(texts(settings.texts()), credentials) })
        }

        fun fromEnvironment(profile: String?, environment: Map<String, String>?, settings: Settings): Handle {
            NativeLibraryLoader.load()
            val credentials = settings.credentials?.native
            val variables = environment?.let(::texts)
            return Handle(
                translating {
                    NativeClient.fromEnvironment(profile, variables, texts(settings.texts()), credentials)
                },
            )
        }

        private fun texts(texts: Map<String, String>) = texts.map { (name, value) -> NativeSetting(name, value) }
    }
}

/** The next page, or null after the last one. */
internal fun NativePages.nextPage(cancelToken: CancelToken?): Start<Page?> =
    Start { nextPage(cancelToken?.native, it) }
