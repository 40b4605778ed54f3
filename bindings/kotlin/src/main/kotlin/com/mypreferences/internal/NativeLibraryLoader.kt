// Finds the native library: `java.library.path` first, so that it can be replaced, then the jar's own for this platform.

package com.mypreferences.internal

import com.sun.jna.Native
import com.sun.jna.Platform
import java.io.File
import java.io.IOException

internal object NativeLibraryLoader {
    private const val NAME = "mypreferences_uniffi"

    /** What the generated code asks before it loads the library. */
    private const val OVERRIDE = "uniffi.component.mypreferences.libraryOverride"

    private val loaded: Unit by lazy {
        // Android unpacks an app's libraries itself, and JNA finds them there by their name.
        if (!Platform.isAndroid() && System.getProperty(OVERRIDE) == null) System.setProperty(OVERRIDE, find().path)
        uniffiEnsureInitialized()
    }

    /** Loads it once. Throws [UnsatisfiedLinkError] when there is none for this platform. */
    fun load() = loaded

    private fun find(): File {
        val file = System.mapLibraryName(NAME)
        val folders = System.getProperty("java.library.path").orEmpty().split(File.pathSeparator)
        folders.filter(String::isNotEmpty).map { File(it, file) }.firstOrNull(File::isFile)?.let { return it }
        val resource = "/${Platform.RESOURCE_PREFIX}/$file"
        try {
            // Null with jna.nounpack: then nothing may be unpacked, and the folders above are all there is.
            return Native.extractFromResourcePath(resource, NativeLibraryLoader::class.java.classLoader)
                ?: throw IOException("jna.nounpack forbids to unpack it")
        } catch (error: IOException) {
            throw UnsatisfiedLinkError(
                "mypreferences has no native library for this platform: $resource is not in the jar, and $file is in no " +
                    "folder of java.library.path; build it with `cargo build --release -p mypreferences-uniffi` and " +
                    "start Java with -Djava.library.path=FOLDER",
            ).apply { initCause(error) }
        }
    }
}
