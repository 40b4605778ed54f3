// What to export.

package com.mypreferences

import com.mypreferences.internal.NativeOrder

/**
 * What to export: the arguments of Initiate. Immutable. The documented rules are checked before anything is sent.
 *
 * @property kind `segment`, `segment_group`, `schedule` or `cid`.
 * @property name of the segment, group or schedule, as MyPreferences shows it; none for customers.
 * @property lastDateTime only what changed since: a moment with its zone, such as `2026-11-24T06:25:53.042Z`.
 * @property matchCriteria `ProfileId`, `AlternateId`, `PhoneNumber` or `EmailAddress`; only what matches one of [values].
 * @property matchType what the vendor calls `MatchType`; required for `AlternateId`.
 * @property values the values to match.
 * @property callbackUrl where the service posts that the export is ready.
 * @property startDate of a schedule or of customers: a day such as `2026-11-24`; both days or none.
 * @property endDate the last day.
 * @property cids the customers; only of the kind `cid`.
 * @property channels the customers' channels.
 */
public class ExportRequest(
    public val kind: String,
    public val name: String? = null,
    public val lastDateTime: String? = null,
    public val matchCriteria: String? = null,
    public val matchType: String? = null,
    public val values: List<String> = emptyList(),
    public val callbackUrl: String? = null,
    public val startDate: String? = null,
    public val endDate: String? = null,
    public val cids: List<String> = emptyList(),
    public val channels: List<String> = emptyList(),
) {
    /** The same with this [lastDateTime]. */
    public fun withLastDateTime(lastDateTime: String): ExportRequest = of(native.copy(lastDateTime = lastDateTime))

    /** The same with these [values] of [matchCriteria]. */
    @JvmOverloads
    public fun withMatch(matchCriteria: String, values: List<String>, matchType: String? = null): ExportRequest =
        of(native.copy(matchCriteria = matchCriteria, matchType = matchType, values = values))

    /** The same with this [callbackUrl]. */
    public fun withCallbackUrl(callbackUrl: String): ExportRequest = of(native.copy(callbackUrl = callbackUrl))

    /** The same from [startDate] to [endDate]. */
    public fun withDates(startDate: String, endDate: String): ExportRequest =
        of(native.copy(startDate = startDate, endDate = endDate))

    /** The same with these [channels]. */
    public fun withChannels(channels: List<String>): ExportRequest = of(native.copy(channels = channels))

    internal val native: NativeOrder
        get() = NativeOrder(
            kind, name, lastDateTime, matchCriteria, matchType, values, callbackUrl, startDate, endDate, cids, channels,
        )

    /** The kind and the name: values may be people's addresses. */
    override fun toString(): String = "ExportRequest(kind=$kind, name=$name)"

    public companion object {
        /** A segment. */
        @JvmStatic
        public fun segment(name: String): ExportRequest = ExportRequest("segment", name)

        /** A group of segments. */
        @JvmStatic
        public fun segmentGroup(name: String): ExportRequest = ExportRequest("segment_group", name)

        /** A schedule. */
        @JvmStatic
        public fun schedule(name: String): ExportRequest = ExportRequest("schedule", name)

        /** Customers. */
        @JvmStatic
        public fun cid(cids: List<String>): ExportRequest = ExportRequest("cid", cids = cids)

        private fun of(native: NativeOrder) = ExportRequest(
            native.kind, native.name, native.lastDateTime, native.matchCriteria, native.matchType, native.values,
            native.callbackUrl, native.startDate, native.endDate, native.cids, native.channels,
        )
    }
}
