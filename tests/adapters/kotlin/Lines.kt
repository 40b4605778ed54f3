// What the adapters of the JVM share: plans in, observations out. Each adapter uses only the face that it is for.

package adapters

import com.mypreferences.BatchReceipt
import com.mypreferences.Boundary
import com.mypreferences.CancelToken
import com.mypreferences.CommitReceipt
import com.mypreferences.Credentials
import com.mypreferences.Expect
import com.mypreferences.Export
import com.mypreferences.ExportRequest
import com.mypreferences.ExportStatus
import com.mypreferences.Folder
import com.mypreferences.Landed
import com.mypreferences.LandingOptions
import com.mypreferences.LoadedOptions
import com.mypreferences.MyPreferencesException
import com.mypreferences.OAuth
import com.mypreferences.Page
import com.mypreferences.PageOptions
import com.mypreferences.Recorded
import com.mypreferences.Resolution
import com.mypreferences.Sealed
import com.mypreferences.WaitOptions
import java.io.PrintStream
import java.nio.file.Path
import java.nio.file.Paths
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

/** One case: what to call, and never what must come of it. */
class Plan(private val json: JsonObject) {
    val case: String = text("case")
    private val given: JsonObject? = json["configuration"]?.jsonObject

    /** Whether the client is made from [profile], [variables] and [settings] alone. */
    val isConfigured: Boolean = given != null
    val profile: String? = given?.get("profile")?.jsonPrimitive?.contentOrNull
    val variables: Map<String, String> = texts(given?.get("variables"))

    /** Settings by name, as text; without a configuration, whose client it is and where it calls too. */
    val settings: Map<String, String> = texts(json["settings"]).let {
        if (isConfigured) it else it + mapOf("client_id" to text("client_id"), "base_url" to text("base_url"))
    }
    val calls: List<Call> = json.getValue("calls").jsonArray.map { Call(it.jsonObject) }

    fun credentials(): Credentials? {
        if (isConfigured) return null
        val (sort, value) = json.getValue("credentials").jsonObject.entries.single()
        return when (sort) {
            "hmac" -> Credentials.hmac(value.member("user_id")!!, value.member("secret")!!)
            "bearer" -> Credentials.bearer(value.jsonPrimitive.content)
            "authorization" -> Credentials.verbatim(value.jsonPrimitive.content)
            else -> {
                val (url, id, secret) = listOf("token_url", "client_id", "client_secret").map { value.member(it)!! }
                var oauth = OAuth(url, id, secret)
                value.member("user_id")?.let { oauth = oauth.withUserId(it) }
                value.member("scope")?.let { oauth = oauth.withScope(it) }
                value.member("client_auth")?.let { oauth = oauth.withClientAuth(it) }
                Credentials.oauth(oauth)
            }
        }
    }

    private fun text(name: String) = json.getValue(name).jsonPrimitive.content

    private fun texts(of: kotlinx.serialization.json.JsonElement?) =
        of?.jsonObject.orEmpty().mapValues { it.value.jsonPrimitive.content }

    private fun kotlinx.serialization.json.JsonElement.member(name: String) =
        jsonObject[name]?.jsonPrimitive?.contentOrNull
}

/** One call of a plan, or as many at once. */
class Call(private val json: JsonObject) {
    val operation: String = json.getValue("operation").jsonPrimitive.content
    val keepFiles: Boolean? = given("keep_files")?.boolean
    val cancelAfterMs: Long? = given("cancel_after_ms")?.long

    /** The calls that run at once: one token each. */
    val tokens: List<String>

    init {
        val token = text("access_token").orEmpty()
        val concurrent = json["concurrent"]?.takeIf { it !is JsonNull }?.jsonObject
        tokens = if (concurrent == null) {
            listOf(token)
        } else {
            val step = if (concurrent["consecutive_tokens"]?.jsonPrimitive?.boolean == true) 1 else 0
            List(concurrent.getValue("n").jsonPrimitive.int) { (token.toLong() + it * step).toString() }
        }
    }

    /** What an initiate or an export exports. */
    fun order() = ExportRequest(
        text("kind").orEmpty(), text("name"), text("last_date_time"), text("match_criteria"), text("match_type"),
        texts("values"), text("callback_url"), text("start_date"), text("end_date"), texts("cids"), texts("channels"),
    )

    /** The handle of a wait, of pages and of what was loaded. */
    @Throws(MyPreferencesException::class)
    fun handle(wrap: Wrap): Export {
        val export = Export.fromJson(text("export").orEmpty())
        return if (given("wrapped")?.boolean == true) wrap.andUnwrap(export) else export
    }

    val rows: Long get() = given("rows")?.long ?: 0

    val places: List<Long> get() = json.getValue("places").jsonArray.map { it.jsonPrimitive.long }

    fun loadedOptions(cancel: CancelToken) = LoadedOptions(text("sink"), texts("files"), cancel)

    fun waitOptions(cancel: CancelToken) =
        WaitOptions(given("max_wait_ms")?.long?.milliseconds, null, cancel)

    fun pageOptions(cancel: CancelToken): PageOptions {
        val expect = Expect(given("expect_total")?.long, text("expect_first"), text("expect_last"))
        return PageOptions(given("limit")?.long, given("offset")?.long ?: 1, cancel, given("until")?.long, expect)
    }

    /** The folder of a landing. */
    val out: Path get() = Paths.get(text("out").orEmpty())

    /** The newest batch that is sealed and not committed; a plan asks for none where there is none. */
    @Throws(MyPreferencesException::class)
    fun sealed(): Sealed = Folder(out).sealed().last()

    fun landingOptions(cancel: CancelToken) = LandingOptions(
        commit = text("commit"),
        since = text("since"),
        overlap = given("overlap")?.double?.seconds,
        compression = text("compression"),
        format = text("format"),
        limit = given("limit")?.long,
        maxWait = given("max_wait_ms")?.long?.milliseconds,
        maxMemory = given("max_memory")?.long,
        partBytes = given("part_bytes")?.long,
        cancelToken = cancel,
    )

    private fun given(name: String) = json[name]?.takeIf { it !is JsonNull }?.jsonPrimitive

    private fun text(name: String) = given(name)?.content

    private fun texts(name: String) =
        json[name]?.takeIf { it !is JsonNull }?.jsonArray.orEmpty().map { it.jsonPrimitive.content }
}

/** A client's own way with an encrypted handle. */
fun interface Wrap {
    @Throws(MyPreferencesException::class)
    fun andUnwrap(export: Export): Export
}

/** What came of one call. */
class Observed(val sort: String, val record: String)

/** What is seen of one case. */
class Observations {
    val results = mutableListOf<List<Observed>>()
    private val texts = mutableListOf<String>()

    fun saw(text: String) = synchronized(texts) { texts += text }

    /** A value, through the forms that it has. */
    fun gave(value: Recorded): Observed {
        saw(value.toString())
        val sort = when (value) {
            is CommitReceipt -> "receipt"
            is Resolution -> "resolution"
            is ExportStatus -> "status"
            is Landed -> "landed"
            is BatchReceipt -> "batch_receipt"
            else -> "nothing that is known"
        }
        return Observed(sort, value.toJson())
    }

    /** The handle of an export. */
    fun gave(export: Export): Observed {
        saw(export.toString())
        return Observed("export", export.toJsonWithToken())
    }

    /** Pairs of digests. */
    @JvmName("gaveBoundaries")
    fun gave(boundaries: List<Boundary>): Observed {
        saw(boundaries.toString())
        val record = boundaries.map { JsonArray(listOf(JsonPrimitive(it.last), JsonPrimitive(it.first))) }
        return Observed("boundaries", JsonArray(record).toString())
    }

    /** Pages in one record: each with its counts, other members and lines. */
    fun gave(pages: List<Page>): Observed {
        saw(pages.toString() + pages.flatMap(Page::records) + pages.flatMap(Page::others))
        val record = pages.map { page ->
            buildJsonObject {
                put("count", JsonPrimitive(page.count))
                put("has_more", JsonPrimitive(page.hasMore))
                put("offset", JsonPrimitive(page.offset))
                put("others", JsonArray(page.others.map { JsonArray(listOf(text(it.name.toByteArray()), text(it.value))) }))
                put("records", JsonArray(page.records.map { text(it.toLine()) }))
                put("total_results", JsonPrimitive(page.totalResults))
            }
        }
        return Observed("pages", JsonArray(record).toString())
    }

    private fun text(bytes: ByteArray) = JsonPrimitive(String(bytes))

    /** A failure, through the forms that it has. */
    fun failed(error: MyPreferencesException): Observed {
        listOf(error.toString(), error.message.orEmpty(), error.stackTraceToString(), error.attempts.toString())
            .forEach(::saw)
        return Observed("error", error.toJson())
    }

    internal fun line(case: String): String = buildJsonObject {
        put("case", JsonPrimitive(case))
        put(
            "results",
            buildJsonArray {
                results.forEach { atOnce ->
                    add(
                        buildJsonArray {
                            atOnce.forEach {
                                add(JsonObject(mapOf("type" to JsonPrimitive(it.sort), "record" to JsonPrimitive(it.record))))
                            }
                        },
                    )
                }
            },
        )
        put("texts", buildJsonArray { texts.forEach { add(JsonPrimitive(it)) } })
    }.toString()
}

/** How an adapter plays a plan. */
fun interface Player {
    @Throws(Exception::class)
    fun play(plan: Plan, seen: Observations)
}

/** Plays every plan on standard input. */
fun adapt(player: Player) {
    val out = PrintStream(java.io.FileOutputStream(java.io.FileDescriptor.out), true, "UTF-8")
    // UTF-8, whatever this machine's locale is: it may have none.
    System.`in`.bufferedReader().lineSequence().forEach { line ->
        val plan = Plan(Json.parseToJsonElement(line).jsonObject)
        val seen = Observations()
        player.play(plan, seen)
        out.println(seen.line(plan.case))
    }
}
