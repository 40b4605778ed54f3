// What the adapters of the JVM share: plans in, observations out. Each adapter uses only the face that it is for.

package adapters

import com.mypreferences.CommitReceipt
import com.mypreferences.Credentials
import com.mypreferences.ExportStatus
import com.mypreferences.MyPreferencesException
import com.mypreferences.OAuth
import com.mypreferences.Recorded
import com.mypreferences.Resolution
import java.io.PrintStream
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.contentOrNull
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
class Call(json: JsonObject) {
    val operation: String = json.getValue("operation").jsonPrimitive.content
    val keepFiles: Boolean = json["keep_files"]?.takeIf { it !is JsonNull }?.jsonPrimitive?.boolean ?: false
    val cancelAfterMs: Long? = json["cancel_after_ms"]?.takeIf { it !is JsonNull }?.jsonPrimitive?.long

    /** The calls that run at once: one token each. */
    val tokens: List<String>

    init {
        val token = json.getValue("access_token").jsonPrimitive.content
        val concurrent = json["concurrent"]?.takeIf { it !is JsonNull }?.jsonObject
        tokens = if (concurrent == null) {
            listOf(token)
        } else {
            val step = if (concurrent["consecutive_tokens"]?.jsonPrimitive?.boolean == true) 1 else 0
            List(concurrent.getValue("n").jsonPrimitive.int) { (token.toLong() + it * step).toString() }
        }
    }
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
            else -> "nothing that is known"
        }
        return Observed(sort, value.toJson())
    }

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
    generateSequence(::readLine).forEach { line ->
        val plan = Plan(Json.parseToJsonElement(line).jsonObject)
        val seen = Observations()
        player.play(plan, seen)
        out.println(seen.line(plan.case))
    }
}
