// The client handle that both faces of the package share.

package com.mypreferences.internal

import com.mypreferences.CallOptions
import com.mypreferences.Settings

/** Closed by hand, or else when nobody holds it any more. */
internal class Handle private constructor(private val native: NativeClient) {
    fun commit(accessToken: String, keepFiles: Boolean, options: CallOptions): Start =
        { native.commit(accessToken, keepFiles, options.native(), it) }

    fun resolveCommit(accessToken: String, options: CallOptions): Start =
        { native.resolveCommit(accessToken, options.native(), it) }

    fun status(accessToken: String, options: CallOptions): Start =
        { native.status(accessToken, options.native(), it) }

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
