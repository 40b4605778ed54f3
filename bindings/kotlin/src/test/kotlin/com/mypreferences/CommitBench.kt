// The bench (`cargo xtask bench jvm`): what a call costs at the border, and a commit beside `java.net.http.HttpClient`,
// against the same server in one run.

package com.mypreferences

import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import kotlinx.coroutines.runBlocking

private const val WARM_UP = 5_000
private const val ROUNDS = 20
private const val CALLS_OF_ONE_ROUND = 500

/** One thing that is timed. */
private class Timed(val what: String, val call: () -> Unit) {
    val took = ArrayList<Double>()

    fun round() = repeat(CALLS_OF_ONE_ROUND) {
        val begun = System.nanoTime()
        call()
        took += (System.nanoTime() - begun) / 1e3
    }

    fun percentile(percent: Int) = took.sorted()[took.size * percent / 100]
}

internal fun main(arguments: Array<String>) {
    val base = arguments[0]
    val given = Credentials.hmac("user", "a secret for the bench alone")
    val java = MyPreferencesJavaClient.builder().clientId("bench").baseUrl(base).credentials(given).build()
    val kotlin = MyPreferencesClient {
        clientId = "bench"
        baseUrl = base
        credentials = given
    }
    val token = CancelToken()
    val plain = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
    val request = HttpRequest.newBuilder(URI("${base.trimEnd('/')}/bench/export/Segment/Commit/1?keepFiles=true"))
        .header("Authorization", "Bearer made-up")
        .POST(HttpRequest.BodyPublishers.noBody())
        .build()
    val http = Timed("java.net.http.HttpClient, the same POST") { plain.send(request, BodyHandlers.ofString()) }
    val all = listOf(
        Timed("border: a question to the library") { token.isCancelled },
        // By the core, before any I/O: everything of a call but the request.
        Timed("border: a refused call, blocking") { runCatching { java.commit("x", true) } },
        Timed("commit, blocking") { java.commit(1, true) },
        Timed("commit, suspending") { runBlocking { kotlin.commit(1, true) } },
        http,
    )
    all.forEach { timed -> repeat(WARM_UP) { timed.call() } }
    // By turns: what else the machine does meets all of them.
    repeat(ROUNDS) { all.forEach(Timed::round) }
    for (timed in all) {
        val ratio = timed.percentile(50) / http.percentile(50)
        println(
            "%-42s p50 %7.1f us, p99 %7.1f us, ratio %.2f".format(
                timed.what,
                timed.percentile(50),
                timed.percentile(99),
                ratio,
            ),
        )
    }
}
