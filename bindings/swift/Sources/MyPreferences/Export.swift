// What to export, the handle of an export, and how a wait for it goes.

import Foundation
import MyPreferencesNative

/// What to export: the arguments of Initiate. The documented rules are checked before anything is sent. Describes itself by
/// kind and name: values may be people's addresses.
public struct ExportRequest: Sendable, Hashable, CustomStringConvertible {
    /// `segment`, `segment_group`, `schedule` or `cid`.
    public var kind: String
    /// Of the segment, group or schedule, as MyPreferences shows it; nil for customers.
    public var name: String?
    /// Only what changed since: a moment with its zone, such as `2026-11-24T06:25:53.042Z`.
    public var lastDateTime: String?
    /// `ProfileId`, `AlternateId`, `PhoneNumber` or `EmailAddress`; only what matches one of `values`.
    public var matchCriteria: String?
    /// What the vendor calls `MatchType`; required for `AlternateId`.
    public var matchType: String?
    /// The values to match.
    public var values: [String] = []
    /// Where the service posts that the export is ready.
    public var callbackURL: String?
    /// Of a schedule or of customers: a day such as `2026-11-24`; both days or none.
    public var startDate: String?
    /// The last day.
    public var endDate: String?
    /// The customers; only of the kind `cid`.
    public var cids: [String] = []
    /// The customers' channels.
    public var channels: [String] = []

    /// An order of a kind, by its word.
    public init(kind: String, name: String? = nil) {
        self.kind = kind
        self.name = name
    }

    /// A segment.
    public static func segment(_ name: String) -> ExportRequest { ExportRequest(kind: "segment", name: name) }

    /// A group of segments.
    public static func segmentGroup(_ name: String) -> ExportRequest { ExportRequest(kind: "segment_group", name: name) }

    /// A schedule.
    public static func schedule(_ name: String) -> ExportRequest { ExportRequest(kind: "schedule", name: name) }

    /// Customers.
    public static func cid(_ cids: [String]) -> ExportRequest {
        var order = ExportRequest(kind: "cid")
        order.cids = cids
        return order
    }

    public var description: String { "ExportRequest(\(kind), \(name ?? "no name"))" }

    var native: NativeOrder {
        NativeOrder(
            kind: kind, name: name, lastDateTime: lastDateTime, matchCriteria: matchCriteria, matchType: matchType,
            values: values, callbackUrl: callbackURL, startDate: startDate, endDate: endDate, cids: cids,
            channels: channels)
    }
}

/// An export that was started. It is data: one task can initiate, another land, a third commit. It belongs to one account
/// of one service; a client of another one refuses it. Describes itself without its token.
public struct Export: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    let native: NativeExport

    /// Reads what `jsonWithToken()` gave. Throws an error of kind `invalidArgument` for anything else; the text is not
    /// repeated.
    public init(json: String) throws {
        native = try translating { try NativeExport.fromJson(text: json) }
    }

    init(_ native: NativeExport) { self.native = native }

    /// The token that Initiate returned. Useless without credentials, and not to be shown all the same.
    public var accessToken: Int64 { native.accessToken() }

    /// What was exported: `segment`, `segment-group`, `schedule` or `cid`.
    public var kind: String { native.kind() }

    /// The server's time just before Initiate was sent, never later: from when on the next export has to look.
    public var watermark: Date? { native.watermark().map(date) }

    /// `LastDateTime` as it was asked for: the export holds what changed since; nil for everything. A retrieval that is
    /// given up begins again from there.
    public var since: Date? { native.since().map { Date(timeIntervalSince1970: Double($0) / 1000) } }

    /// As JSON **with the access token**: keep it where only those can read it who may read the export.
    public func jsonWithToken() -> String { native.toJsonWithToken() }

    public static func == (one: Export, other: Export) -> Bool { one.jsonWithToken() == other.jsonWithToken() }

    public func hash(into hasher: inout Hasher) { hasher.combine(jsonWithToken()) }

    public var description: String { native.describe() }
    public var debugDescription: String { description }
}

/// How a wait goes.
public struct WaitProgress: Sendable, Hashable {
    /// Since the wait began.
    public let elapsed: Duration
    /// Questions asked so far.
    public let questions: Int
    /// The newest status; nil when the newest question failed.
    public let status: ExportStatus?
    /// Until the next question.
    public let nextIn: Duration

    init(_ native: NativeWaitProgress) {
        elapsed = .seconds(native.elapsed)
        questions = Int(native.questions)
        status = native.status.map(ExportStatus.init)
        nextIn = .seconds(native.nextIn)
    }
}
