// The bench (`cargo xtask bench jvm`): what a call costs at the border, and a commit beside `java.net.http.HttpClient`,
// against the same server in one run.

package com.mypreferences

import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import kotlinx.coroutines.runBlocking

private const val WARM_UP = 5_000
private const val CALLS = 10_000

private inline fun report(what: String, call: () -> Unit) {
    repeat(WARM_UP) { call() }
    val took = List(CALLS) {
        val begun = System.nanoTime()
        call()
        (System.nanoTime() - begun) / 1e3
    }.sorted()
    println("%-42s p50 %7.1f us, p99 %7.1f us".format(what, took[CALLS / 2], took[CALLS * 99 / 100]))
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
    report("border: a question to the library") { token.isCancelled }
    // Refused by the core before any I/O: everything of a call but the request.
    report("border: a refused call, blocking") { runCatching { java.commit("x", true) } }
    report("commit, blocking") { java.commit(1, true) }
    runBlocking { report("commit, suspending") { kotlin.commit(1, true) } }
    val plain = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
    val request = HttpRequest.newBuilder(URI("${base.trimEnd('/')}/bench/export/Segment/Commit/1?keepFiles=true"))
        .header("Authorization", "Bearer made-up")
        .POST(HttpRequest.BodyPublishers.noBody())
        .build()
    report("java.net.http.HttpClient, the same POST") { plain.send(request, BodyHandlers.ofString()) }
}
