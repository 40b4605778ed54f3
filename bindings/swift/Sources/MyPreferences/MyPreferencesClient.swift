// The client: asynchronous calls.

import Foundation
import MyPreferencesNative

/// A client of one MyPreferences account. Safe to use from any task; make one and keep it. Cancelling the task cancels the
/// request, and the server sees the connection close. Failures are `MyPreferencesError`s. Closes itself when it is let go
/// of. Describes itself without secrets.
public final class MyPreferencesClient: Sendable, CustomStringConvertible {
    private let native: NativeClient

    /// Makes a client. Throws an error of kind `invalidArgument` or `configuration`, before any I/O but reading the files
    /// of settings.
    public init(_ settings: Settings, credentials: Credentials) throws {
        native = try translating { try NativeClient.open(settings: settings.native, credentials: credentials.native) }
    }

    /// Makes a client from settings, then `MYPREFERENCES_` variables, then a profile of the configuration file, then
    /// defaults: the command's rules. `profile` beats `MYPREFERENCES_PROFILE`; without either, `[profile.default]` counts
    /// where there is one. `environment` stands for the process's own variables.
    public init(
        fromEnvironment environment: [String: String]? = nil, profile: String? = nil, settings: Settings = Settings(),
        credentials: Credentials? = nil
    ) throws {
        native = try translating {
            try NativeClient.fromEnvironment(
                profile: profile,
                variables: environment.map { $0.map { NativeSetting(name: $0.key, value: $0.value) } },
                settings: settings.native, credentials: credentials?.native)
        }
    }

    /// Acknowledges a retrieval: marks it finished, expires the token and, unless `keepFiles`, deletes the export files on
    /// the server.
    ///
    /// Before you call it: the pages were read with `keepAlive=true` (the vendor's own precondition), and the data is safe
    /// on your side. Without `keepFiles` there is no other copy afterwards.
    public func commit(_ accessToken: String, keepFiles: Bool, options: CallOptions = CallOptions()) async throws
        -> CommitReceipt
    {
        let outcome = try await MyPreferences.outcome {
            try self.native.commit(
                accessToken: accessToken, keepFiles: keepFiles, options: options.native, completion: $0)
        }
        guard case .receipt(let receipt) = outcome else { unexpected(outcome) }
        return CommitReceipt(receipt)
    }

    /// The same with the token as a number.
    public func commit(_ accessToken: Int64, keepFiles: Bool, options: CallOptions = CallOptions()) async throws
        -> CommitReceipt
    {
        try await commit(String(accessToken), keepFiles: keepFiles, options: options)
    }

    /// Asks whether a token was committed, without sending a commit: for a call that ended with "unknown".
    public func resolveCommit(_ accessToken: String, options: CallOptions = CallOptions()) async throws -> Resolution {
        let outcome = try await MyPreferences.outcome {
            try self.native.resolveCommit(accessToken: accessToken, options: options.native, completion: $0)
        }
        switch outcome {
        case .resolvedCommitted(let receipt, let json): return .committed(CommitReceipt(receipt), json: json)
        case .resolvedNotCommitted(let asOf, let json):
            return .notCommitted(asOf: asOf.map { .init(timeIntervalSince1970: Double($0)) }, json: json)
        case .resolvedUnknown(let error, let json): return .unknown(MyPreferencesError(error), json: json)
        case .receipt, .status, .failed: unexpected(outcome)
        }
    }

    /// The same with the token as a number.
    public func resolveCommit(_ accessToken: Int64, options: CallOptions = CallOptions()) async throws -> Resolution {
        try await resolveCommit(String(accessToken), options: options)
    }

    /// Asks the status of an export. Temporary failures are tried again.
    public func status(_ accessToken: String, options: CallOptions = CallOptions()) async throws -> ExportStatus {
        let outcome = try await MyPreferences.outcome {
            try self.native.status(accessToken: accessToken, options: options.native, completion: $0)
        }
        guard case .status(let status) = outcome else { unexpected(outcome) }
        return ExportStatus(status)
    }

    /// The same with the token as a number.
    public func status(_ accessToken: Int64, options: CallOptions = CallOptions()) async throws -> ExportStatus {
        try await status(String(accessToken), options: options)
    }

    /// Closes the client and cancels its calls. Twice is the same as once.
    public func close() { native.shut() }

    /// Whether it was closed.
    public var isClosed: Bool { native.isShut() }

    public var description: String { "MyPreferences\(native.describe())" }
}

/// Options of one call.
public struct CallOptions: Sendable {
    /// What was exported: `segment`, `segment-group`, `schedule` or `cid`. Default: the client's.
    public var kind: String?
    /// How long the call may take, questions included; at most 24 hours. Default: the client's.
    public var timeout: Duration?

    /// Defaults, but for what is given.
    public init(kind: String? = nil, timeout: Duration? = nil) {
        self.kind = kind
        self.timeout = timeout
    }

    var native: NativeCallOptions { NativeCallOptions(kind: kind, timeout: timeout?.inSeconds, cancel: nil) }
}
