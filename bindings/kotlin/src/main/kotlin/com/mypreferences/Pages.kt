// The pages of an export for threads that may block, and as futures.

package com.mypreferences

import com.mypreferences.internal.NativePages
import com.mypreferences.internal.nextPage
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.stream.Stream
import java.util.stream.StreamSupport

/**
 * The pages of an export, in their order, pulled one at a time. Close it to end the transfer. Not to be shared by threads.
 *
 * [next] throws what goes wrong. [iterator] and [stream] cannot declare it: there, a failure is the cause of a
 * [CompletionException], and so is an interruption, which leaves the thread interrupted. After a failure the same page can
 * be asked for again.
 */
public class Pages internal constructor(private val native: NativePages, private val cancelToken: CancelToken?) :
    Iterable<Page>, AutoCloseable {
    /** The next page; null after the last one. */
    @Throws(MyPreferencesException::class, InterruptedException::class)
    public fun next(): Page? = waiting(native.nextPage(cancelToken))

    /** The next page; null after the last one. One at a time. */
    public fun nextAsync(): CompletableFuture<Page?> = future(native.nextPage(cancelToken))

    /** The pages that are still to come. */
    override fun iterator(): Iterator<Page> = object : AbstractIterator<Page>() {
        override fun computeNext() {
            val page = try {
                this@Pages.next()
            } catch (failed: MyPreferencesException) {
                throw CompletionException(failed)
            } catch (interrupted: InterruptedException) {
                Thread.currentThread().interrupt()
                throw CompletionException(interrupted)
            }
            if (page == null) done() else setNext(page)
        }
    }

    /** The pages that are still to come. Closing the stream closes this. */
    public fun stream(): Stream<Page> = StreamSupport.stream(spliterator(), false).onClose(::close)

    /** Ends the transfer. Twice is the same as once. */
    override fun close(): Unit = native.end()
}
