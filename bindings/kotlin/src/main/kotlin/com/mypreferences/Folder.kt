// Looking at a folder that exports were landed in.

package com.mypreferences

import com.mypreferences.internal.NativeFolder
import com.mypreferences.internal.NativeLibraryLoader
import com.mypreferences.internal.translating
import java.nio.file.Path

/**
 * A folder that exports were landed in. Looking at it takes no lock and changes nothing. Its functions read the disk and
 * block meanwhile; from a coroutine, call them on `Dispatchers.IO`.
 */
public class Folder(private val out: Path) {
    private val native: NativeFolder

    init {
        NativeLibraryLoader.load()
        native = NativeFolder(out.toString())
    }

    /** The proofs of the sealed batches that are not committed, oldest first. */
    @Throws(MyPreferencesException::class)
    public fun sealed(): List<Sealed> = translating { native.sealed().map(::Sealed) }

    /** The proof of one batch, committed or not. Throws [NotSealedException] when it is not sealed. */
    @Throws(MyPreferencesException::class)
    public fun sealedBatch(batch: String): Sealed = translating { Sealed(native.sealedBatch(batch)) }

    /** Verifies every batch without a server: hashes, rows, watermarks. Throws [CorruptException] when they do not fit. */
    @Throws(MyPreferencesException::class)
    public fun verify(): Verified = translating { Verified(native.verify()) }

    override fun toString(): String = "Folder($out)"
}
