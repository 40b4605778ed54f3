// The mock service in a process of its own, for tests.

package com.mypreferences

import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** One scenario on a mock of its own. Ends with the test that uses it. */
internal class Mock(scenario: String = """{"client_id": "ExampleClient"}""") : AutoCloseable {
    private val process = ProcessBuilder(
        System.getProperty("mypreferences.command"),
        "mock",
        "--no-auth",
        "--exit-with-stdin",
    ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val port: Int = parse(process.inputStream.bufferedReader().readLine()).getValue("port").jsonPrimitive.int
    private val opened: JsonObject = runCatching { send("POST", "/__mock/scenarios", scenario)!! }
        .onFailure { close() }.getOrThrow()
    private val id = opened.getValue("id").jsonPrimitive.content

    val baseUrl: String = opened.getValue("base_url").jsonPrimitive.content

    /** Adds exports that are ready to be read. */
    fun addExports(tokens: Iterable<Long>) {
        val exports = buildJsonArray {
            tokens.forEach { add(buildJsonObject { put("token", JsonPrimitive(it)) }) }
        }
        send("POST", "/__mock/scenarios/$id/exports", exports.toString())
    }

    /** Adds a fault. */
    fun addRule(rule: String) {
        send("POST", "/__mock/scenarios/$id/rules", "[$rule]")
    }

    /** The requests of one operation. */
    fun requests(operation: String): List<JsonObject> =
        send("GET", "/__mock/scenarios/$id/log", null)!!.getValue("requests").jsonArray.map(JsonElement::jsonObject)
            .filter { it["operation"]?.jsonPrimitive?.content == operation }

    /** When the client left each request that it left, in the mock's milliseconds. */
    fun disconnects(operation: String): List<Double> =
        requests(operation).mapNotNull { it["disconnected_at_ms"]?.takeIf { at -> at !is JsonNull }?.jsonPrimitive?.double }

    fun settings(more: Settings.() -> Unit = {}): Settings = Settings().apply {
        clientId = "ExampleClient"
        baseUrl = this@Mock.baseUrl
        credentials = Credentials.verbatim(CANARY)
        more()
    }

    fun client(more: Settings.() -> Unit = {}): MyPreferencesClient = MyPreferencesClient(settings(more))

    fun javaClient(): MyPreferencesJavaClient = MyPreferencesJavaClient.builder()
        .clientId("ExampleClient").baseUrl(baseUrl).credentials(Credentials.verbatim(CANARY)).build()

    override fun close() {
        process.outputStream.close()
        process.waitFor()
    }

    private fun send(method: String, path: String, body: String?): JsonObject? {
        val publisher = body?.let(HttpRequest.BodyPublishers::ofString) ?: HttpRequest.BodyPublishers.noBody()
        val request = HttpRequest.newBuilder(URI("http://127.0.0.1:$port$path")).method(method, publisher).build()
        val answer = HTTP.send(request, BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "$method $path: ${answer.statusCode()} ${answer.body()}" }
        return answer.body().takeIf(String::isNotEmpty)?.let(::parse)
    }

    private fun parse(text: String): JsonObject = Json.parseToJsonElement(text).jsonObject

    companion object {
        /** Stands for a secret: must appear nowhere. */
        const val CANARY = "canary-authorization-Hq7PzR2w"
        private val HTTP: HttpClient = HttpClient.newHttpClient()
    }
}
