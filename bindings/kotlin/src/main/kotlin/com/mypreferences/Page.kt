// A page of an export and its records: the server's own bytes.

package com.mypreferences

import com.mypreferences.internal.NativeMember
import com.mypreferences.internal.NativePage
import com.mypreferences.internal.NativePlace
import com.mypreferences.internal.lineOf
import java.nio.ByteBuffer

/** One page. Owns its bytes. Prints its counts, never the data. */
public class Page internal constructor(native: NativePage) {
    /** The whole body as the server sent it. Not a copy. */
    public val raw: ByteArray = native.raw

    /** `Count`: records in this page. */
    public val count: Long = native.count.toLong()

    /** `HasMore`. */
    public val hasMore: Boolean = native.hasMore

    /** `Offset`: the place of the first record, from 1; none when the server does not repeat it. */
    public val offset: Long? = native.offset?.toLong()

    /** `TotalResults`, when the server tells it. */
    public val totalResults: Long? = native.totalResults?.toLong()

    /** The records, in their order. */
    public val records: List<Record> = Records(native.raw, native.records)

    /** What is no record and no count: column headers of a schedule, `Messages` of customers, unknown members. */
    public val others: List<Member> = native.others.map(::Member)

    override fun toString(): String =
        "Page(bytes=${raw.size}, count=$count, hasMore=$hasMore, offset=$offset, totalResults=$totalResults)"

    private class Records(private val raw: ByteArray, private val places: List<NativePlace>) : AbstractList<Record>() {
        override val size: Int get() = places.size

        override fun get(index: Int): Record = places[index].let { Record(raw, it.start.toInt(), it.end.toInt()) }
    }
}

/** One record: JSON, the server's own bytes. Prints its size, never the data. */
public class Record internal constructor(private val raw: ByteArray, private val start: Int, private val end: Int) {
    /** How many bytes it has. */
    public val size: Int get() = end - start

    /** The bytes, as a copy. There may be line breaks between their tokens. */
    public fun toBytes(): ByteArray = raw.copyOfRange(start, end)

    /** The bytes, to be read where they are. */
    public fun buffer(): ByteBuffer = ByteBuffer.wrap(raw, start, size).slice().asReadOnlyBuffer()

    /** The record as one line, without its end: as a landing writes it. */
    public fun toLine(): ByteArray = lineOf(toBytes())

    override fun toString(): String = "Record(bytes=$size)"
}

/** A member of a page that is neither record nor count. Prints its name, never the data. */
public class Member internal constructor(native: NativeMember) {
    /** As it stands in the page. */
    public val name: String = native.name

    /** JSON. Not a copy. */
    public val value: ByteArray = native.value

    override fun toString(): String = "Member(name=$name, bytes=${value.size})"
}

/**
 * Options of reading pages. Immutable.
 *
 * @property limit records of one page, at least 1. Default 1,000, the vendor's own.
 * @property offset the first record, counted from 1.
 * @property cancelToken ends the transfer when it is cancelled.
 */
public class PageOptions(
    public val limit: Long? = null,
    public val offset: Long = 1,
    public val cancelToken: CancelToken? = null,
) {
    /** Nothing but defaults, for Java. */
    public constructor() : this(null, 1, null)

    /** The same with this [limit]. */
    public fun withLimit(limit: Long): PageOptions = PageOptions(limit, offset, cancelToken)

    /** The same with this [offset]. */
    public fun withOffset(offset: Long): PageOptions = PageOptions(limit, offset, cancelToken)

    /** The same with this [cancelToken]. */
    public fun withCancelToken(cancelToken: CancelToken): PageOptions = PageOptions(limit, offset, cancelToken)
}
