// The export flow of both faces: initiate, wait, pages, landings and their commits; what ends them, and what continues.

package com.mypreferences

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

private const val ROWS = 5_000L
private const val LIMIT = 500L
private val EVERYONE = ExportRequest.segment("Everyone")

class ExportTest {
    @TempDir
    lateinit var folder: Path
    private val out: Path get() = folder.resolve("people")

    @Test
    fun `an export is initiated, handed on as JSON, waited for and read page by page`(): Unit = runBlocking {
        mock().use { mock ->
            mock.addRule("""{"on": "status", "action": {"answer": {"status": 503}}}""")
            mock.client().use { client ->
                val started = client.initiate(EVERYONE)
                assertFalse(started.accessToken.toString() in started.toString())
                val export = Export.fromJson(started.toJsonWithToken())
                assertEquals(started, export)
                val told = ConcurrentLinkedQueue<WaitProgress>()
                val status = client.wait(export, WaitOptions(progress = told::add))
                assertEquals("Complete", status.status)
                assertEquals(ROWS, status.rowCount)
                val pages = client.pages(export, PageOptions(limit = LIMIT)).toList()
                assertEquals(List(10) { LIMIT }, pages.map(Page::count))
                assertEquals(List(10) { 1 + it * LIMIT }, pages.map(Page::offset))
                assertEquals(setOf(ROWS), pages.map(Page::totalResults).toSet())
                assertFalse(pages.last().hasMore)
                val page = pages.first()
                val record = page.records[499]
                assertTrue(String(record.toBytes()) in String(page.raw))
                Json.parseToJsonElement(String(record.toBytes())).jsonObject
                assertArrayEquals(record.toBytes(), record.toLine())
                assertEquals(record.size, record.buffer().remaining())
                assertEquals("Record(bytes=${record.size})", record.toString())
                val rest = client.pages(export, PageOptions(LIMIT, offset = 4_501)).toList()
                assertArrayEquals(pages.last().records.last().toBytes(), rest.single().records.last().toBytes())
            }
            assertTrue(mock.requests("page").isNotEmpty())
        }
    }

    @Test
    fun `pages are pulled by a thread, a loop, a stream and futures`() {
        mock().use { mock ->
            mock.javaClient().use { client ->
                val export = client.initiateAsync(EVERYONE).get()
                assertEquals("Complete", client.waitAsync(export).get().status)
                assertEquals("Complete", client.wait(export).status)
                val options = PageOptions().withLimit(1_000)
                client.pages(export, options).use { pages ->
                    assertEquals(1_000, pages.next()!!.count)
                    assertEquals(1_001, pages.nextAsync().get()!!.offset)
                    assertEquals(listOf(2_001L, 3_001L, 4_001L), pages.map(Page::offset))
                    assertNull(pages.next())
                    assertNull(pages.nextAsync().get())
                }
                client.pages(export, options).stream().use { stream ->
                    assertEquals(ROWS, stream.mapToLong { it.records.size.toLong() }.sum())
                }
                val closed = client.pages(export, options)
                closed.next()
                closed.close()
                assertThrows(OperationCancelledException::class.java) { closed.next() }
                mock.addRule("""{"on": "page", "times": "forever", "action": {"answer": {"status": 404}}}""")
                val failed = assertThrows(CompletionException::class.java) { client.pages(export).forEach { _ -> } }
                assertInstanceOf(NotFoundException::class.java, failed.cause)
                assertThrows(InvalidArgumentException::class.java) { client.pages(export, PageOptions(limit = -1)).next() }
            }
        }
    }

    @Test
    fun `an export is landed and committed, and not done again`(): Unit = runBlocking {
        mock().use { mock ->
            mock.client().use { client ->
                val told = ConcurrentLinkedQueue<LandingProgress>()
                val options = LandingOptions(limit = LIMIT, progress = told::add)
                val landed = client.export(EVERYONE, out, keepFiles = false, options)
                assertEquals(ROWS, landed.rows)
                assertTrue(landed.isNew)
                assertEquals(CommitEnd.COMMITTED, landed.receipt!!.end)
                assertTrue(landed.receipt!!.filesAreAsAsked)
                assertEquals(ROWS, Files.lines(landed.folder.resolve("part-00001.ndjson")).use { it.count() })
                assertEquals(Stage.values().toSet(), told.map { it.stage }.toSet())
                assertEquals(listOf(Stage.INITIATE, Stage.COMMIT), listOf(told.first().stage, told.last().stage))
                assertEquals(ROWS, told.last().rows)
                assertEquals(ROWS, Folder(out).verify().rows)
                assertFalse(client.export(EVERYONE, out, keepFiles = false, options).isNew)
                assertEquals(1, mock.requests("commit").size)
                assertEquals(landed.manifest(), Folder(out).sealedBatch(landed.batch).manifestSha256)
            }
        }
    }

    @Test
    fun `a seal is what a landed batch is committed with, here or by another process`() {
        mock().use { mock ->
            mock.javaClient().use { client ->
                val export = client.initiate(EVERYONE)
                val landed = client.land(export, out)
                assertNull(landed.receipt)
                assertTrue(mock.requests("commit").isEmpty())
                val found = Folder(out).sealed().single()
                assertEquals(landed.sealed.manifestSha256, found.manifestSha256)
                val receipt = client.commitLanded(found, true)
                assertEquals(CommitEnd.COMMITTED, receipt.end)
                assertEquals(receipt, client.commitLandedAsync(landed.sealed, true).get())
                assertEquals(1, mock.requests("commit").size)
                assertTrue(Folder(out).sealed().isEmpty())
                val other = landed.folder.resolve("_manifest.json")
                Files.writeString(other, Files.readString(other) + " ")
                assertThrows(NotSealedException::class.java) { Folder(out).sealedBatch(landed.batch) }
                assertThrows(MyPreferencesException::class.java) { Folder(out).verify() }
            }
        }
    }

    @Test
    fun `a cancelled coroutine has ended its landing, and the same call continues it`(): Unit = runBlocking {
        mock().use { mock ->
            mock.hangAt(2_501)
            mock.client().use { client ->
                val job = launch(Dispatchers.Default) { client.export(EVERYONE, out, false, small) }
                assertTrue(halfway.await(30, TimeUnit.SECONDS))
                job.cancelAndJoin()
                mock.assertLeft("page")
                assertResumed(mock) { client.export(EVERYONE, out, false, it) }
            }
        }
    }

    @Test
    fun `a cancelled future ends its landing within a page, and the same call continues it`() {
        mock().use { mock ->
            mock.hangAt(2_501)
            mock.javaClient().use { client ->
                val future = client.exportAsync(EVERYONE, out, false, small)
                assertTrue(halfway.await(30, TimeUnit.SECONDS))
                assertTrue(future.cancel(true))
                assertThrows(CancellationException::class.java) { future.join() }
                mock.assertLeft("page")
                assertResumed(mock) { patiently { client.export(EVERYONE, out, false, it) } }
            }
        }
    }

    @Test
    fun `an interrupted thread has ended its landing, and the same call continues it`() {
        mock().use { mock ->
            mock.hangAt(2_501)
            mock.javaClient().use { client ->
                val outcome = CompletableFuture<Throwable>()
                val thread = Thread {
                    outcome.complete(runCatching { client.export(EVERYONE, out, false, small) }.exceptionOrNull())
                }
                thread.start()
                assertTrue(halfway.await(30, TimeUnit.SECONDS))
                thread.interrupt()
                val interrupted = assertInstanceOf(InterruptedException::class.java, outcome.get())
                val record = interrupted.suppressed.single() as OperationCancelledException
                assertEquals(Operation.PAGE, record.operation)
                assertResumed(mock) { client.export(EVERYONE, out, false, it) }
            }
        }
    }

    @Test
    fun `a flow ends the transfer with its collector`(): Unit = runBlocking {
        mock().use { mock ->
            mock.hangAt(1_001)
            mock.client().use { client ->
                val export = client.initiate(EVERYONE)
                assertEquals(LIMIT, client.pages(export, PageOptions(LIMIT)).take(1).toList().single().count)
                assertEquals(1, mock.requests("page").size)
                val job = launch(Dispatchers.Default) { client.pages(export, PageOptions(LIMIT)).collect() }
                mock.waitFor("page", 4)
                job.cancelAndJoin()
                mock.assertLeft("page")
            }
        }
    }

    @Test
    fun `what the function for progress throws ends the call and comes out of it`(): Unit = runBlocking {
        mock().use { mock ->
            mock.client().use { client ->
                val thrown = IllegalStateException("enough")
                val options = LandingOptions(limit = LIMIT, progress = { if (it.rows >= 1_000) throw thrown })
                val error = runCatching { client.export(EVERYONE, out, false, options) }.exceptionOrNull()
                assertTrue(error === thrown || error?.cause === thrown) { error.toString() }
                assertTrue(mock.requests("commit").isEmpty())
                assertEquals(ROWS, client.export(EVERYONE, out, false).rows)
            }
        }
    }

    @Test
    fun `a coroutine or a thread that is cancelled already sends nothing`(): Unit = runBlocking {
        mock().use { mock ->
            mock.addExports(1L..1)
            mock.client().use { client ->
                runCatching {
                    coroutineScope {
                        currentCoroutineContext().job.cancel()
                        client.commit(1, keepFiles = false)
                    }
                }
            }
            mock.javaClient().use { client ->
                Thread.currentThread().interrupt()
                assertThrows(InterruptedException::class.java) { client.commit(1, false) }
            }
            assertTrue(mock.requests("commit").isEmpty())
        }
    }

    @Test
    fun `a call goes on although nobody holds its client`(): Unit = runBlocking {
        mock().use { mock ->
            mock.addExports(1L..2)
            mock.addRule("""{"on": "commit", "times": "forever", "action": {"delay_ms": 1500}}""")
            val future = mock.javaClient().commitAsync(1, false)
            val deferred = async(Dispatchers.Default) { mock.client().commit(2, false) }
            repeat(10) {
                System.gc()
                Thread.sleep(50)
            }
            assertEquals(Outcome.COMMITTED, future.get().outcome)
            assertEquals(Outcome.COMMITTED, deferred.await().outcome)
        }
    }

    @Test
    fun `a future that times out leaves no request behind`() {
        mock().use { mock ->
            mock.addExports(1L..1)
            mock.addRule("""{"on": "commit", "times": "forever", "action": {"hang": "never"}}""")
            mock.javaClient().use { client ->
                val future = client.commitAsync(1, false).orTimeout(300, TimeUnit.MILLISECONDS)
                val failed = assertThrows(ExecutionException::class.java) { future.get() }
                assertInstanceOf(TimeoutException::class.java, failed.cause)
                mock.assertLeft("commit")
            }
        }
    }

    @Test
    fun `what is wrong with an order or a landing is told before anything is sent`(): Unit = runBlocking {
        mock().use { mock ->
            mock.client().use { client ->
                val refused = listOf<suspend () -> Any>(
                    { client.initiate(ExportRequest("people", "Everyone")) },
                    { client.initiate(EVERYONE, CallOptions(kind = "cid")) },
                    { client.initiate(EVERYONE.withLastDateTime("yesterday")) },
                    { client.export(EVERYONE, out) },
                    { client.export(EVERYONE, out, false, LandingOptions(commit = "never")) },
                    { client.export(EVERYONE, out, false, LandingOptions(limit = 0)) },
                    { client.export(EVERYONE, out, false, LandingOptions(maxMemory = -1)) },
                    { Export.fromJson("{}") },
                )
                refused.forEach { call ->
                    assertInstanceOf(InvalidArgumentException::class.java, runCatching { call() }.exceptionOrNull())
                }
                val zstd = runCatching { client.export(EVERYONE, out, false, LandingOptions(compression = "zstd")) }
                assertInstanceOf(ConfigurationException::class.java, zstd.exceptionOrNull())
            }
            assertTrue(mock.requests("initiate").isEmpty())
        }
    }

    private fun Landed.manifest() = sealed.manifestSha256

    private fun mock() =
        Mock("""{"client_id": "ExampleClient", "sources": [{"name": "Everyone", "rows": $ROWS}]}""")

    /** The page from this record on is never answered, once. */
    private fun Mock.hangAt(offset: Long) =
        addRule("""{"on": "page", "offset": $offset, "action": {"hang": "never"}}""")

    private fun Mock.waitFor(operation: String, count: Int) {
        while (requests(operation).size < count) Thread.sleep(5)
    }

    /** The client leaves a request of the operation that was not answered. */
    private fun Mock.assertLeft(operation: String) {
        val until = System.nanoTime() + TimeUnit.SECONDS.toNanos(5)
        while (disconnects(operation).isEmpty()) {
            check(System.nanoTime() < until) { "the server saw no disconnect for 5 s" }
            Thread.sleep(1)
        }
    }

    /** Everything before the page that hangs is landed. A page asked for says nothing: others are asked for beside it. */
    private val halfway = CountDownLatch(1)

    /** Each page is a part of its own, so that a stop costs one page. */
    private val small =
        LandingOptions(limit = LIMIT, partBytes = 1, progress = { if (it.rows >= 2_500) halfway.countDown() })

    private inline fun assertResumed(mock: Mock, again: (LandingOptions) -> Landed) {
        assertTrue(mock.requests("commit").isEmpty())
        val told = ConcurrentLinkedQueue<LandingProgress>()
        val landed = again(LandingOptions(limit = LIMIT, partBytes = 1, progress = told::add))
        assertEquals(ROWS, landed.rows)
        assertEquals(CommitEnd.COMMITTED, landed.receipt!!.end)
        assertTrue(told.any { it.resumedRows >= 2_000 }) { told.map { it.resumedRows }.toString() }
        assertEquals(1, mock.requests("initiate").size)
        assertEquals(ROWS, Folder(out).verify().rows)
    }

    /** A future is done before its landing has let go of the folder. */
    private inline fun <T> patiently(call: () -> T): T {
        val until = System.nanoTime() + TimeUnit.SECONDS.toNanos(5)
        while (true) {
            try {
                return call()
            } catch (locked: LockedException) {
                if (System.nanoTime() > until) throw locked
                Thread.sleep(5)
            }
        }
    }
}
