// Cancelling: a coroutine, a future, an interrupted thread. The server sees each connection close.

package com.mypreferences

import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

private const val TIMES = 100
private val BOUND = 5.seconds

class CancellationTest {
    @Test
    fun `a coroutine is cancelled at random moments and the server sees each disconnect`(): Unit = runBlocking {
        Mock().use { mock ->
            mock.hang()
            mock.client().use { client ->
                val moments = Random(20261124)
                val took = List(TIMES) { n ->
                    val job = launch(Dispatchers.Default, CoroutineStart.UNDISPATCHED) {
                        client.commit(n + 1L, keepFiles = false)
                    }
                    delay(moments.nextLong(25))
                    mock.timeUntilGone { job.cancelAndJoin() }
                }
                report("coroutine", took, mock)
                assertUsable(client, mock)
            }
        }
    }

    @Test
    fun `a future is cancelled at random moments and the server sees each disconnect`(): Unit = runBlocking {
        Mock().use { mock ->
            mock.hang()
            mock.javaClient().use { client ->
                val moments = Random(20261124)
                val took = List(TIMES) { n ->
                    val future = client.commitAsync(n + 1L, false)
                    delay(moments.nextLong(25))
                    mock.timeUntilGone { assertTrue(future.cancel(true)) }.also {
                        assertThrows(CancellationException::class.java) { future.join() }
                    }
                }
                report("future", took, mock)
            }
        }
    }

    @Test
    fun `an interrupted thread ends its call and gets the record`() {
        Mock().use { mock ->
            mock.hang()
            mock.javaClient().use { client ->
                val outcome = CompletableFuture<Throwable>()
                val thread = Thread {
                    outcome.complete(runCatching { client.commit(1L, false) }.exceptionOrNull())
                }
                thread.start()
                while (mock.requests("commit").isEmpty()) Thread.sleep(5)
                thread.interrupt()
                val interrupted = assertInstanceOf(InterruptedException::class.java, outcome.get())
                val record = interrupted.suppressed.single() as OperationCancelledException
                assertEquals(CommitState.UNKNOWN, record.commitState)
                assertTrue(mock.timeUntilGone {} < BOUND)
            }
        }
    }

    @Test
    fun `a token ends the calls that it was given to, with their records`(): Unit = runBlocking {
        Mock().use { mock ->
            mock.hang()
            mock.client().use { client ->
                val token = CancelToken()
                val job = launch(Dispatchers.Default) {
                    delay(50)
                    token.cancel()
                }
                val error = runCatching { client.commit(1, false, CallOptions(cancelToken = token)) }.exceptionOrNull()
                assertInstanceOf(OperationCancelledException::class.java, error)
                assertTrue(token.isCancelled)
                job.join()
            }
        }
    }

    @Test
    fun `a client that is closed ends its calls, and says afterwards that it is closed`(): Unit = runBlocking {
        Mock().use { mock ->
            mock.hang()
            val client = mock.client()
            val errors = java.util.concurrent.ConcurrentLinkedQueue<Throwable?>()
            val jobs = List(16) { n ->
                launch(Dispatchers.Default) {
                    errors += runCatching { client.commit(n + 1L, false) }.exceptionOrNull()
                }
            }
            while (mock.requests("commit").size < 16) delay(5)
            assertTrue(mock.timeUntilGone { client.close() } < BOUND)
            jobs.forEach { it.join() }
            assertEquals(16, errors.size)
            errors.forEach { assertInstanceOf(OperationCancelledException::class.java, it) }
            client.close()
            assertTrue(client.isClosed)
            val error = runCatching { client.status(1) }.exceptionOrNull()
            assertInstanceOf(ClosedException::class.java, error)
        }
    }

    private suspend fun assertUsable(client: MyPreferencesClient, mock: Mock) {
        mock.addExports(listOf(4711))
        assertEquals("Complete", client.status(4711).status)
    }

    private fun Mock.hang() {
        addExports(1L..TIMES)
        addRule("""{"on": "commit", "times": "forever", "action": {"hang": "never"}}""")
    }

    /** How long it takes after [cancel] until the client has left every request that was received. */
    private inline fun Mock.timeUntilGone(cancel: () -> Unit): Duration {
        val begun = TimeSource.Monotonic.markNow()
        cancel()
        while (disconnects("commit").size < requests("commit").size) {
            check(begun.elapsedNow() < BOUND) { "the server saw no disconnect for $BOUND" }
            Thread.sleep(1)
        }
        return begun.elapsedNow()
    }

    private fun report(what: String, took: List<Duration>, mock: Mock) {
        val received = mock.requests("commit").size
        assertTrue(received > 0)
        assertEquals(received, mock.disconnects("commit").size)
        val p95 = took.sorted()[TIMES * 95 / 100]
        println("cancelled $what: $TIMES times, $received sent, all seen by the server, p95 $p95")
        assertTrue(p95 < BOUND)
    }
}
