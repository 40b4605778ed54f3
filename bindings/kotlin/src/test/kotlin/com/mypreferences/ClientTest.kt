// Calls of both faces, what they say, and what they leave behind.

package com.mypreferences

import com.mypreferences.internal.FfiConverterTypeNativeCompletion
import com.mypreferences.internal.NativeError
import com.sun.jna.Memory
import com.sun.jna.NativeLibrary
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ClientTest {
    @Test
    fun `a commit, a question about it and its status agree`(): Unit = runBlocking {
        Mock().use { mock ->
            mock.addExports(listOf(4711))
            mock.client().use { client ->
                assertEquals("Complete", client.status(4711).status)
                assertInstanceOf(Resolution.NotCommitted::class.java, client.resolveCommit(4711))
                val receipt = client.commit(4711, keepFiles = true)
                assertEquals(Outcome.COMMITTED, receipt.outcome)
                assertEquals(Certainty.CERTAIN, receipt.certainty)
                assertEquals(true, receipt.keepFiles)
                assertTrue(receipt.toJson().startsWith("""{"outcome":"committed""""))
                assertInstanceOf(Resolution.Committed::class.java, client.resolveCommit(4711))
                val error = runCatching { client.status(99) }.exceptionOrNull() as NotFoundException
                assertEquals(404, error.httpStatus)
                assertEquals(Retry.PERMANENT, error.retry)
                assertTrue(error.message!!.endsWith(error.nextAction))
            }
        }
    }

    @Test
    fun `64 calls run at once, suspended, blocking and as futures`(): Unit = runBlocking {
        Mock().use { mock ->
            mock.addExports(1L..192)
            mock.client().use { client ->
                val receipts = (1L..64).map { async(Dispatchers.Default) { client.commit(it, false) } }.awaitAll()
                assertEquals(setOf(Outcome.COMMITTED), receipts.map(CommitReceipt::outcome).toSet())
            }
            mock.javaClient().use { client ->
                val futures = (65L..128).map { client.commitAsync(it, false) }
                CompletableFuture.allOf(*futures.toTypedArray()).get(30, TimeUnit.SECONDS)
                assertEquals(setOf(1), futures.map { it.join().sends }.toSet())
                val threads = (129L..192).map { token -> Thread { client.commit(token, false) }.apply { start() } }
                threads.forEach(Thread::join)
            }
            assertEquals(192, mock.requests("commit").size)
        }
    }

    @Test
    fun `what is wrong with an argument is told before anything is sent`() {
        Mock().use { mock ->
            assertThrows(ConfigurationException::class.java) { MyPreferencesClient {} }
            val error = assertThrows(InvalidArgumentException::class.java) {
                mock.client { this["max_attempts"] = "many" }
            }
            assertEquals(Operation.CONFIGURE, error.operation)
            assertThrows(InvalidArgumentException::class.java) { mock.client { this["no_such_setting"] = "1" } }
            assertThrows(InvalidArgumentException::class.java) { mock.client { maxAttempts = 0 } }
            mock.client { timeout = 2.seconds; backoffBase = 5.milliseconds }.use { client ->
                runBlocking {
                    for (options in listOf(CallOptions(timeout = (-1).seconds), CallOptions(kind = "people"))) {
                        val refused = runCatching { client.commit(1, false, options) }.exceptionOrNull()
                        assertInstanceOf(InvalidArgumentException::class.java, refused)
                    }
                    val refused = runCatching { client.commit("a token", false) }.exceptionOrNull()
                    assertInstanceOf(InvalidArgumentException::class.java, refused)
                }
            }
            mock.javaClient().use { client ->
                val failed = assertThrows(ExecutionException::class.java) { client.statusAsync(-1).get() }
                assertInstanceOf(InvalidArgumentException::class.java, failed.cause)
            }
            assertTrue(mock.requests("commit").isEmpty() && mock.requests("status").isEmpty())
        }
    }

    @Test
    fun `a setting has the last value that it was given, exact to the microsecond`() {
        val settings = Settings().apply { backoffBase = 250.microseconds }
        assertEquals("0.000250000s", settings.texts()["backoff_base"])
        assertEquals(250.microseconds, settings.backoffBase)
        settings["backoff_base"] = "3s"
        assertNull(settings.backoffBase)
        assertEquals("3s", settings.texts()["backoff_base"])
    }

    @Test
    fun `a panic in the native library is an internal error, and the next call works`(): Unit = runBlocking {
        Mock().use { mock ->
            mock.addExports(listOf(1))
            mock.client().use { client ->
                val library = File(System.getProperty("java.library.path"), System.mapLibraryName("mypreferences_uniffi"))
                val status = Memory(64).apply { clear() }
                NativeLibrary.getInstance(library.path)
                    .getFunction("uniffi_mypreferences_uniffi_fn_func_panic_in_next_call").invoke(arrayOf(status))
                val error = runCatching { client.commit(1, false) }.exceptionOrNull()
                assertInstanceOf(InternalException::class.java, error)
                assertEquals(CommitState.UNKNOWN, (error as InternalException).commitState)
                assertEquals(Outcome.COMMITTED, client.commit(1, false).outcome)
            }
        }
    }

    @Test
    fun `10,000 calls leave no handle and no memory behind`(): Unit = runBlocking {
        Mock().use { mock ->
            mock.addExports(listOf(1))
            mock.client().use { client ->
                repeat(3_000) { client.status(1) }
                val before = residentKib()
                repeat(10_000) { client.status(1) }
                val grown = residentKib() - before
                println("10,000 calls: $grown KiB more")
                assertTrue(grown < 16 * 1024) { "$grown KiB" }
                assertEquals(0, FfiConverterTypeNativeCompletion.handleMap.size)
            }
        }
    }

    @Test
    fun `secrets appear in nothing that is printed`() {
        val made = listOf(
            Credentials.hmac("u", Mock.CANARY),
            Credentials.bearer(Mock.CANARY),
            Credentials.verbatim(Mock.CANARY),
            Credentials.oauth(OAuth("https://tokens.example/", "c", Mock.CANARY)),
        )
        val oauth = OAuth("https://tokens.example/", "c", Mock.CANARY).withUserId("u").withScope("s")
        val texts = made.map { it.toString() } + oauth.toString()
        Mock("""{"client_id": "ExampleClient", "rules": [{"on": "status", "times": "forever",
            "action": {"answer": {"status": 400, "body": {"message": "you sent ${Mock.CANARY} for 7731902846155093"}}}}]}""").use { mock ->
            val settings = mock.settings { proxy = "http://user:${Mock.CANARY}@127.0.0.1:9" }
            mock.client().use { client ->
                val error = runBlocking { runCatching { client.status(7731902846155093) }.exceptionOrNull()!! }
                val all = texts + client.toString() + settings.toString() + error.toString() +
                    error.stackTraceToString() + (error as MyPreferencesException).toJson() + error.attempts.toString()
                all.forEach { text ->
                    assertFalse(Mock.CANARY in text || "7731902846155093" in text) { text.replace(Mock.CANARY, "SECRET") }
                }
                assertTrue("MyPreferencesClient" in client.toString())
            }
        }
    }

    @Test
    fun `a number that is not in the catalogue yet maps to its hundred`() {
        fun named(number: Int) = exceptionOf(record(number)).javaClass.simpleName
        assertEquals("BadRequestException", named(451))
        assertEquals("ClockSkewException", named(490))
        assertEquals("InternalException", named(9999))
        assertTrue(exceptionOf(record(490)) is UnauthorizedException)
    }

    private fun record(number: Int) = NativeError(
        "k", number.toUShort(), null, "status", null, null, null, "permanent", null, "not_sent", null, emptyList(), 0.0,
        null, null, null, "next", null, "message", "{}",
    )

    /** The heap is touched before the tests (see the pom), so what grows is native. */
    private fun residentKib(): Long {
        System.gc()
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmRSS:") }
        return line.filter(Char::isDigit).toLong()
    }
}
