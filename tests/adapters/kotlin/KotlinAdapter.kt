// Surface `kotlin`: `MyPreferencesClient`, suspending calls.

package adapters

import com.mypreferences.CallOptions
import com.mypreferences.CancelToken
import com.mypreferences.MyPreferencesClient
import com.mypreferences.MyPreferencesException
import com.mypreferences.Settings
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

private fun made(plan: Plan): MyPreferencesClient {
    val configure: Settings.() -> Unit = {
        credentials = plan.credentials()
        plan.settings.forEach { (name, text) -> this[name] = text }
    }
    return if (plan.isConfigured) {
        MyPreferencesClient.fromEnvironment(plan.profile, plan.variables, configure)
    } else {
        MyPreferencesClient(configure)
    }
}

private suspend fun one(client: MyPreferencesClient, call: Call, token: String, seen: Observations): Observed =
    coroutineScope {
        val cancel = CancelToken()
        val canceller = when (val after = call.cancelAfterMs) {
            null -> null
            0L -> cancel.cancel().let { null }
            else -> launch {
                delay(after)
                cancel.cancel()
            }
        }
        val options = CallOptions(cancelToken = cancel)
        val wrap = Wrap { client.unwrap(client.wrap(it)) }
        try {
            when (call.operation) {
                "status" -> seen.gave(client.status(token, options))
                "resolve_commit" -> seen.gave(client.resolveCommit(token, options))
                "initiate" -> seen.gave(client.initiate(call.order(), options))
                "wait" -> seen.gave(client.wait(call.handle(wrap), call.waitOptions(cancel)))
                "pages" -> seen.gave(client.pages(call.handle(wrap), call.pageOptions(cancel)).toList())
                "export" -> seen.gave(client.export(call.order(), call.out, call.keepFiles, call.landingOptions(cancel)))
                "commit_landed" -> seen.gave(client.commitLanded(call.sealed(), call.keepFiles ?: true, cancel))
                "commit_loaded" -> {
                    val loaded = call.loadedOptions(cancel)
                    seen.gave(client.commitLoaded(call.handle(wrap), call.rows, call.keepFiles ?: true, loaded))
                }
                "boundaries" -> seen.gave(client.boundaries(call.handle(wrap), call.places, cancel))
                else -> seen.gave(client.commit(token, call.keepFiles ?: false, options))
            }
        } catch (error: MyPreferencesException) {
            seen.failed(error)
        } finally {
            canceller?.cancel()
        }
    }

fun main() = adapt { plan, seen ->
    try {
        made(plan).use { client ->
            seen.saw(client.toString())
            for (call in plan.calls) {
                seen.results += runBlocking(Dispatchers.Default) {
                    call.tokens.map { async { one(client, call, it, seen) } }.awaitAll()
                }
            }
        }
    } catch (error: MyPreferencesException) {
        seen.results += listOf(seen.failed(error))
    }
}
