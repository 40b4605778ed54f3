// The parent of every exception; one child for each kind is in Exceptions.kt.

package com.mypreferences

import com.mypreferences.internal.NativeError
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/**
 * Every failure of this package, with all fields of the canonical record. The message is one line that ends with the
 * next step. None of it ever shows a secret or an access token.
 */
public sealed class MyPreferencesException(record: NativeError) : Exception(record.message) {
    private val json: String = record.json

    /** The kind's name in the catalogue, such as `service_unavailable`. */
    public val kind: String = record.kind

    /** The kind's stable number. */
    public val number: Int = record.number.toInt()

    /** Which time limit passed; none for other kinds than `timeout`. */
    public val phase: TimeoutPhase? = record.phase?.let { constantOf(it) }

    /** The call that failed. */
    public val operation: Operation = constantOf(record.operation)

    /** What exactly was wrong, when the kind alone does not say it. */
    public val detail: String? = record.detail

    /** Status code of the last send, when answered. */
    public val httpStatus: Int? = record.httpStatus?.toInt()

    /** `Message` of the answer: at most 2 KiB, control characters escaped. */
    public val serverMessage: String? = record.serverMessage

    /** Whether trying again can help. */
    public val retry: Retry = constantOf(record.retry)

    /** How long the server asks to wait before the next try. */
    @get:JvmSynthetic
    public val retryAfter: Duration? = record.retryAfter?.seconds

    /** The transport fact of the last send. */
    public val sent: Sent = constantOf(record.sent)

    /** What is known about this call's requests; none on other operations than commit. */
    public val commitState: CommitState? = record.commitState?.let { constantOf(it) }

    /** Every send of this call. */
    public val attempts: List<Attempt> = record.attempts.map(::Attempt)

    /** How long the call took. */
    @get:JvmSynthetic
    public val elapsed: Duration = record.elapsed.seconds

    /** [elapsed], for Java. */
    public fun elapsedTime(): java.time.Duration = elapsed.toJavaDuration()

    /** [retryAfter], for Java. */
    public fun retryAfterTime(): java.time.Duration? = retryAfter?.toJavaDuration()

    /** The server's id of the request. */
    public val requestId: String? = record.requestId

    /** The HTTP method of the request. */
    public val method: String? = record.method

    /** The request's URL with the access token masked. */
    public val url: String? = record.url

    /** One sentence: what to do next. */
    public val nextAction: String = record.nextAction

    /** The underlying cause in words, for diagnosis. Not stable. */
    public val source: String? = record.source

    /** The canonical record: the same bytes in every language. */
    public fun toJson(): String = json
}
