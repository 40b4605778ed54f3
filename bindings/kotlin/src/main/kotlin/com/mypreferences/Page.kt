// A page of an export and its records: the server's own bytes.

package com.mypreferences

import com.mypreferences.internal.NativeBoundary
import com.mypreferences.internal.NativeMember
import com.mypreferences.internal.NativePage
import com.mypreferences.internal.NativeReading
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
 * @property until the last record: a range, which other tasks read the rest of. Its pages are checked more than others:
 *   none came before, none begins with the record that the one before it ended with, and all of them come.
 * @property expect what the range has to be; [CountMismatchException] where it is not. Checked as [until] says, too.
 */
public class PageOptions(
    public val limit: Long? = null,
    public val offset: Long = 1,
    public val cancelToken: CancelToken? = null,
    public val until: Long? = null,
    public val expect: Expect = Expect(),
) {
    /** Nothing but defaults, for Java. */
    public constructor() : this(null)

    /** The same with this [limit]. */
    public fun withLimit(limit: Long): PageOptions = with(limit = limit)

    /** The same with this [offset]. */
    public fun withOffset(offset: Long): PageOptions = with(offset = offset)

    /** The same with this [cancelToken]. */
    public fun withCancelToken(cancelToken: CancelToken): PageOptions = with(cancelToken = cancelToken)

    /** The same with this [until]. */
    public fun withUntil(until: Long): PageOptions = with(until = until)

    /** The same with this [expect]. */
    public fun withExpect(expect: Expect): PageOptions = with(expect = expect)

    private fun with(
        limit: Long? = this.limit,
        offset: Long = this.offset,
        cancelToken: CancelToken? = this.cancelToken,
        until: Long? = this.until,
        expect: Expect = this.expect,
    ) = PageOptions(limit, offset, cancelToken, until, expect)

    internal fun native() = NativeReading(
        limit?.counted(), offset.counted(), until?.counted(), null, expect.total?.counted(), expect.first, expect.last,
    )
}

/**
 * What the pages of a range have to be, so that it joins its neighbours.
 *
 * @property total `TotalResults` of the export.
 * @property first the digest of the first record, from a [Boundary].
 * @property last the digest of the last record.
 */
public class Expect @JvmOverloads constructor(
    public val total: Long? = null,
    public val first: String? = null,
    public val last: String? = null,
)

/** The digests of the records on both sides of a place where an export is cut into ranges. */
public class Boundary internal constructor(native: NativeBoundary) {
    /** Of the last record before it. */
    public val last: String = native.last

    /** Of the first record behind it. */
    public val first: String = native.first

    override fun toString(): String = "Boundary(last=$last, first=$first)"
}
