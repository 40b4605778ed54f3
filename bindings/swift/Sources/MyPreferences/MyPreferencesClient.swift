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
                accessToken: accessToken, keepFiles: keepFiles, options: options.native($0), completion: $1)
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
            try self.native.resolveCommit(accessToken: accessToken, options: options.native($0), completion: $1)
        }
        switch outcome {
        case .resolvedCommitted(let receipt, let json): return .committed(CommitReceipt(receipt), json: json)
        case .resolvedNotCommitted(let asOf, let json):
            return .notCommitted(asOf: asOf.map { .init(timeIntervalSince1970: Double($0)) }, json: json)
        case .resolvedUnknown(let error, let json): return .unknown(MyPreferencesError(error), json: json)
        case .receipt, .status, .export, .page, .endOfPages, .boundaries, .landed, .batchReceipt, .failed:
            unexpected(outcome)
        }
    }

    /// The same with the token as a number.
    public func resolveCommit(_ accessToken: Int64, options: CallOptions = CallOptions()) async throws -> Resolution {
        try await resolveCommit(String(accessToken), options: options)
    }

    /// Asks the status of an export. Temporary failures are tried again.
    public func status(_ accessToken: String, options: CallOptions = CallOptions()) async throws -> ExportStatus {
        let outcome = try await MyPreferences.outcome {
            try self.native.status(accessToken: accessToken, options: options.native($0), completion: $1)
        }
        guard case .status(let status) = outcome else { unexpected(outcome) }
        return ExportStatus(status)
    }

    /// The same with the token as a number.
    public func status(_ accessToken: Int64, options: CallOptions = CallOptions()) async throws -> ExportStatus {
        try await status(String(accessToken), options: options)
    }

    /// Starts an export. Sent again only when it was surely not taken; an error of kind `outcomeUnknown` when the answer was
    /// lost. The kind is the order's: an option `kind` is refused.
    public func initiate(_ order: ExportRequest, options: CallOptions = CallOptions()) async throws -> Export {
        let outcome = try await MyPreferences.outcome {
            try self.native.initiate(order: order.native, options: options.native($0), completion: $1)
        }
        guard case .export(let export) = outcome else { unexpected(outcome) }
        return Export(export)
    }

    /// Waits until an export is ready: asks its status, from 1 s to 30 s apart, for 24 hours unless `maxWait` says
    /// otherwise. `progress` is told after each question, on a thread that carries no call: it may take its time, and the
    /// wait ends after it. What is overtaken meanwhile is left out.
    public func wait(
        _ export: Export, maxWait: Duration? = nil, progress: (@Sendable (WaitProgress) -> Void)? = nil
    ) async throws -> ExportStatus {
        let outcome = try await MyPreferences.outcome {
            try self.native.waitUntilReady(
                export: export.native, maxWait: maxWait?.inSeconds, cancel: $0,
                progress: Progress(waiting: progress), completion: $1)
        }
        guard case .status(let status) = outcome else { unexpected(outcome) }
        return ExportStatus(status)
    }

    /// The pages of an export that is ready, read with `keepAlive=true` as they are asked for: `limit` records each (1,000
    /// by default, the vendor's own), from record `offset` on, counted from 1, up to record `until`.
    ///
    /// With `until` or `expect` it is a range, which other tasks read the rest of. Its pages are checked more than others:
    /// none came before, none begins with the record that the one before it ended with, all of them come, and they are what
    /// is expected; else an error of kind `countMismatch`.
    public func pages(
        _ export: Export, limit: Int? = nil, offset: Int = 1, until: Int? = nil, expect: Expect = Expect()
    ) -> Pages {
        Pages {
            try self.native.pages(
                export: export.native,
                wanted: NativeReading(
                    limit: limit.map(counted), offset: counted(offset), until: until.map(counted), patience: nil,
                    expectTotal: expect.total.map(counted), expectFirst: expect.first, expectLast: expect.last))
        }
    }

    /// What lies on both sides of the places where an export is going to be cut into ranges: for each place `n` the digests
    /// of the records `n` and `n + 1`. One request of two records each.
    public func boundaries(_ export: Export, at places: [Int]) async throws -> [Boundary] {
        let outcome = try await MyPreferences.outcome {
            try self.native.boundaries(
                export: export.native, places: places.map(counted), cancel: $0, completion: $1)
        }
        guard case .boundaries(let boundaries, _) = outcome else { unexpected(outcome) }
        return boundaries.map { Boundary(last: $0.last, first: $0.first) }
    }

    /// The export as a text for state that others keep and show: whoever reads it there cannot read the access token, and
    /// `unwrap` of a client of the same account can. Encrypted with a key from the setting `handleKey` or `handleKeyFile`,
    /// else from the secret of the credentials: set one of the two for handles that outlive a rotation of that secret.
    public func wrap(_ export: Export) throws -> String {
        try translating { try native.wrap(export: export.native) }
    }

    /// What `wrap` gave, here or in another process. Throws an error of kind `invalidArgument` for anything else.
    public func unwrap(_ handle: String) throws -> Export {
        Export(try translating { try native.unwrap(handle: handle) })
    }

    /// Lands an export in the folder `out` and commits it: initiate, wait, pages, seal, commit. Whatever stopped an earlier
    /// call, the same call continues it; a finished one is not done again.
    ///
    /// The commit comes last, when the data is durable and whole. `keepFiles` says whether the server keeps its files then;
    /// it is required, unless the option `commit` is `never`. A cancelled task ends within a page, and the folder is free
    /// when it has ended.
    public func export(
        _ order: ExportRequest, out: URL, keepFiles: Bool? = nil, options: LandingOptions = LandingOptions()
    ) async throws -> Landed {
        let outcome = try await MyPreferences.outcome {
            try self.native.export(
                order: order.native, landing: options.native(out, keepFiles, $0),
                progress: Progress(landing: options.progress), completion: $1)
        }
        guard case .landed(let landed) = outcome else { unexpected(outcome) }
        return Landed(landed)
    }

    /// Lands an export that was initiated before, here or elsewhere. Does not commit it: `commitLanded` does.
    public func land(_ export: Export, out: URL, options: LandingOptions = LandingOptions()) async throws -> Landed {
        let outcome = try await MyPreferences.outcome {
            try self.native.land(
                export: export.native, landing: options.native(out, nil, $0),
                progress: Progress(landing: options.progress), completion: $1)
        }
        guard case .landed(let landed) = outcome else { unexpected(outcome) }
        return Landed(landed)
    }

    /// Commits a sealed batch: asks status first, and after a lost answer, what became of it. A batch that is committed
    /// gives its receipt, and sends nothing.
    public func commitLanded(_ sealed: Sealed, keepFiles: Bool) async throws -> BatchReceipt {
        let outcome = try await MyPreferences.outcome {
            try self.native.commitLanded(sealed: sealed.native, keepFiles: keepFiles, cancel: $0, completion: $1)
        }
        guard case .batchReceipt(let receipt) = outcome else { unexpected(outcome) }
        return BatchReceipt(receipt)
    }

    /// Commits an export that was loaded elsewhere than in a folder of this client: into a database, a lake, a warehouse.
    /// `rows` is what a read-back **from there** counts: it must be `TotalResults`, which the client asks for where no page
    /// has told it, else an error of kind `countMismatch`. Then `files` (paths, patterns, folders) are made durable; then as
    /// `commitLanded`. The same call again, from any process, sends nothing and says how it ended. `sink` is for the receipt.
    public func commitLoaded(
        _ export: Export, rows: Int, keepFiles: Bool, sink: String? = nil, files: [String] = []
    ) async throws -> BatchReceipt {
        let loaded = NativeLoaded(rows: counted(rows), keepFiles: keepFiles, sink: sink, files: files)
        let outcome = try await MyPreferences.outcome {
            try self.native.commitLoaded(export: export.native, loaded: loaded, cancel: $0, completion: $1)
        }
        guard case .batchReceipt(let receipt) = outcome else { unexpected(outcome) }
        return BatchReceipt(receipt)
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

    func native(_ cancel: NativeCancelToken) -> NativeCallOptions {
        NativeCallOptions(kind: kind, timeout: timeout?.inSeconds, cancel: cancel)
    }
}
