// What calls give: receipts, resolutions and statuses. Each describes itself by its canonical record.

import Foundation
import MyPreferencesNative

/// How the token came to be consumed.
public enum Outcome: String, Sendable {
    /// A send of this call was answered 200 or 204, or was open and the token is now consumed.
    case committed
    /// The token is consumed and no send of this call can have done it.
    case alreadyCommitted = "already_committed"
}

/// How sure the outcome is.
public enum Certainty: String, Sendable {
    /// The server said so.
    case certain
    /// Everything points to it; the setting `require_certain` turns it into an error of kind `outcomeUnknown`.
    case presumed
}

/// What the outcome was read from.
public enum ConfirmedBy: String, Sendable {
    /// The answer to the commit itself.
    case response
    /// Status `Retrieved`.
    case status
    /// The token that was good before the commit is refused now.
    case tokenRetired = "token_retired"
    /// Status `Expired` long before the token's own expiry.
    case earlyExpiry = "early_expiry"
}

/// What is known about the export files on the server.
public enum Files: String, Sendable {
    /// Kept or deleted as this call asked.
    case asAsked = "as_asked"
    /// Make no privacy claim from this receipt.
    case unknown
}

/// Whether trying again can help.
public enum Retry: String, Sendable {
    /// The same call will fail again until something is changed.
    case permanent
    /// The same call may succeed later.
    case temporary
    /// Was temporary and outlived the retries of this call.
    case persistent
}

/// What is known about a request's way to the server.
public enum Sent: String, Sendable {
    /// Certainly nothing of it reached the server.
    case notSent = "not_sent"
    /// It may have reached the server; no complete response head came back.
    case maybeSent = "maybe_sent"
    /// A complete response head came back.
    case answered
}

/// What a failed commit says about this call's requests; the token may have been committed by others.
public enum CommitState: String, Sendable {
    /// No request of this call was applied.
    case notCommitted = "not_committed"
    /// A request of this call may have been applied.
    case unknown
}

/// One send of a call: a POST of a commit, or one try of a read.
public struct Attempt: Sendable, Hashable {
    /// 1 for the first.
    public let n: Int
    /// Time since the attempt before; for the first, since the call began.
    public let delayBefore: Duration
    /// How long it took.
    public let elapsed: Duration
    /// What is known about its way to the server.
    public let sent: Sent
    /// Status code, when answered.
    public let status: Int?
    /// The kind of its failure, by its name in the catalogue; nil for a success.
    public let kind: String?

    init(_ native: NativeAttempt) {
        n = Int(native.n)
        delayBefore = .seconds(native.delayBefore)
        elapsed = .seconds(native.elapsed)
        sent = word(native.sent)
        status = native.status.map(Int.init)
        kind = native.kind
    }
}

/// The receipt of a commit.
public struct CommitReceipt: Sendable, Hashable, CustomStringConvertible {
    /// How the token came to be consumed.
    public let outcome: Outcome
    /// How sure that is.
    public let certainty: Certainty
    /// What it was read from.
    public let confirmedBy: ConfirmedBy
    /// As asked; nil from `resolveCommit`, which asks for nothing.
    public let keepFiles: Bool?
    /// What is known about the export files.
    public let files: Files
    /// How many POSTs of this call reached the server or may have.
    public let sends: Int
    /// Every POST of this call.
    public let attempts: [Attempt]
    /// How long the call took, questions included.
    public let elapsed: Duration
    /// The server's id of the confirming request.
    public let requestID: String?
    /// `Date` of the confirming answer.
    public let serverDate: Date?
    /// The canonical record: the same bytes in every language.
    public let json: String

    public var description: String { json }

    init(_ native: NativeReceipt) {
        outcome = word(native.outcome)
        certainty = word(native.certainty)
        confirmedBy = word(native.confirmedBy)
        keepFiles = native.keepFiles
        files = word(native.files)
        sends = Int(native.sends)
        attempts = native.attempts.map(Attempt.init)
        elapsed = .seconds(native.elapsed)
        requestID = native.requestId
        serverDate = native.serverDate.map(date)
        json = native.json
    }
}

/// What `resolveCommit` found. `json` is the canonical record, the same bytes in every language.
public enum Resolution: Sendable, CustomStringConvertible {
    /// The token is consumed.
    case committed(CommitReceipt, json: String)
    /// The export was still ready to be read at `asOf`, the server's time; a commit may have arrived since.
    case notCommitted(asOf: Date?, json: String)
    /// The answers do not tell.
    case unknown(MyPreferencesError, json: String)

    /// The canonical record.
    public var json: String {
        switch self {
        case .committed(_, let json), .notCommitted(_, let json), .unknown(_, let json): return json
        }
    }

    public var description: String { json }
}

/// Status of an export.
public struct ExportStatus: Sendable, Hashable, CustomStringConvertible {
    /// The server's own word, such as `Complete`.
    public let status: String
    /// When the token expires. A time without a zone is read as UTC, the earlier reading.
    public let expires: Date?
    /// Rows of the export, when it completed.
    public let rowCount: UInt64?
    /// Bytes of the export, when it completed.
    public let byteCount: UInt64?
    /// The server's `Date` of this answer.
    public let serverDate: Date?
    /// The canonical record: the same bytes in every language.
    public let json: String

    public var description: String { json }

    init(_ native: NativeStatus) {
        status = native.status
        expires = native.expires.map(date)
        rowCount = native.rowCount
        byteCount = native.byteCount
        serverDate = native.serverDate.map(date)
        json = native.json
    }
}

/// The case of a word. The native library and this package are built from one tree, so each word is known.
func word<Word: RawRepresentable>(_ text: String) -> Word where Word.RawValue == String {
    guard let word = Word(rawValue: text) else {
        preconditionFailure("the native library says \(text), which this package does not know: build both anew")
    }
    return word
}

func date(_ seconds: Int64) -> Date { Date(timeIntervalSince1970: TimeInterval(seconds)) }
