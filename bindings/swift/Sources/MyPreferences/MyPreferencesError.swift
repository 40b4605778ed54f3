// The one error type, with every field of the canonical record.

import Foundation
import MyPreferencesNative

/// A failure. Its description is one line that ends with the next step; nothing of it ever shows a secret or an access
/// token. A cancelled task's call ends with kind `cancelled` and what is known about its requests.
public struct MyPreferencesError: Error, LocalizedError, Sendable, CustomStringConvertible {
    /// What went wrong.
    public let kind: ErrorKind
    /// The kind's stable number.
    public let number: Int
    /// Which time limit passed: `connect`, `first_byte`, `body`, `operation` or `server`; only with kind `timeout`.
    public let phase: String?
    /// The call that failed: `configure`, `commit`, `resolve_commit`, `status`, `page`, `initiate`, `wait` or `export`.
    public let operation: String
    /// What exactly was wrong, when the kind alone does not say it.
    public let detail: String?
    /// Status code of the last send, when answered.
    public let httpStatus: Int?
    /// `Message` of the answer: at most 2 KiB, control characters escaped.
    public let serverMessage: String?
    /// Whether trying again can help.
    public let retry: Retry
    /// How long the server asks to wait before the next try.
    public let retryAfter: Duration?
    /// The transport fact of the last send.
    public let sent: Sent
    /// What is known about this call's requests; nil on other operations than commit.
    public let commitState: CommitState?
    /// Every send of this call.
    public let attempts: [Attempt]
    /// How long the call took.
    public let elapsed: Duration
    /// The server's id of the request.
    public let requestID: String?
    /// The HTTP method of the request.
    public let method: String?
    /// The request's URL with the access token masked.
    public let url: String?
    /// One sentence: what to do next.
    public let nextAction: String
    /// The underlying cause in words, for diagnosis. Not stable.
    public let source: String?
    /// The canonical record: the same bytes in every language.
    public let json: String
    private let message: String

    public var description: String { message }
    public var errorDescription: String? { message }
    public var recoverySuggestion: String? { nextAction }

    init(_ native: NativeError) {
        kind = ErrorKind(number: Int(native.number))
        number = Int(native.number)
        phase = native.phase
        operation = native.operation
        detail = native.detail
        httpStatus = native.httpStatus.map(Int.init)
        serverMessage = native.serverMessage
        retry = word(native.retry)
        retryAfter = native.retryAfter.map { .seconds($0) }
        sent = word(native.sent)
        commitState = native.commitState.map { word($0) }
        attempts = native.attempts.map(Attempt.init)
        elapsed = .seconds(native.elapsed)
        requestID = native.requestId
        method = native.method
        url = native.url
        nextAction = native.nextAction
        source = native.source
        json = native.json
        message = native.message
    }
}

/// Runs what calls over the border at once; its failures become this package's.
func translating<T>(_ call: () throws -> T) throws -> T {
    do {
        return try call()
    } catch NativeFailure.Failed(let error) {
        throw MyPreferencesError(error)
    }
}
