// An export on disk, durable before its commit: options, progress, what a landing gives, and looking at its folder.

import Foundation
import MyPreferencesNative

/// Options of a landing. What is nil has the core's default.
public struct LandingOptions: Sendable {
    /// `after_seal` or `never`. Without it `after_seal`, which needs `keepFiles`. Only for `export`.
    public var commit: String?
    /// Only what changed since a moment, or since the newest sealed batch of the folder: `auto`. Default: everything. Only
    /// for `export`.
    public var since: String?
    /// How far `auto` goes back before the newest batch. Default: 5 minutes.
    public var overlap: Duration?
    /// `none`, the default. This build has no `zstd`, and refuses it.
    public var compression: String?
    /// `ndjson`, the default. This build has no `parquet`, and refuses it.
    public var format: String?
    /// Records of one page, at least 1. Default 1,000, the vendor's own.
    public var limit: Int?
    /// How long to wait until the export is ready, up to 30 days. Default: 24 hours.
    public var maxWait: Duration?
    /// Bytes for pages in memory, at least 1 MiB. Default: 64 MiB.
    public var maxMemory: Int?
    /// A part ends when it has so many bytes. Default: 64 MiB.
    public var partBytes: Int?
    /// Is told at each stage, after each question and each page, on a thread that carries no call: it may take its time,
    /// and the landing ends after it. What is overtaken meanwhile is left out, but no stage, no note and not the last
    /// state.
    public var progress: (@Sendable (LandingProgress) -> Void)?

    /// Nothing but defaults.
    public init() {}

    func native(_ out: URL, _ keepFiles: Bool?, _ cancel: NativeCancelToken) -> NativeLanding {
        NativeLanding(
            out: out.path, commit: commit, keepFiles: keepFiles, since: since, overlap: overlap?.inSeconds,
            compression: compression, format: format, shape: nil, record: nil, limit: limit.map(counted), maxWait: maxWait?.inSeconds,
            maxMemory: maxMemory.map(counted), partBytes: partBytes.map(counted), cancel: cancel)
    }
}

/// What is below zero is as wrong as zero, and the core says so.
func counted(_ number: Int) -> UInt64 { UInt64(max(0, number)) }

/// What a landing is doing.
public enum Stage: String, Sendable {
    /// Starting the export.
    case initiate
    /// Waiting until it is ready.
    case wait
    /// Reading pages and writing parts.
    case land
    /// Making the batch whole.
    case seal
    /// Committing it.
    case commit
}

/// How far a landing is.
public struct LandingProgress: Sendable, Hashable {
    /// What it is doing.
    public let stage: Stage
    /// The name of the batch's folder.
    public let batch: String
    /// Records landed so far, those of earlier runs included.
    public let rows: UInt64
    /// Records of the export, once the server told.
    public let total: UInt64?
    /// Records that an earlier run had landed.
    public let resumedRows: UInt64
    /// Since the call began.
    public let elapsed: Duration
    /// Until the next question, while it waits.
    public let nextIn: Duration?
    /// Something that a person should know, told once.
    public let note: String?

    init(_ native: NativeLandingProgress) {
        stage = word(native.stage)
        batch = native.batch
        rows = native.rows
        total = native.total
        resumedRows = native.resumedRows
        elapsed = .seconds(native.elapsed)
        nextIn = native.nextIn.map { .seconds($0) }
        note = native.note
    }
}

/// The proof that a batch is durable and whole: what `commitLanded` has to be shown. Only a landing gives one, and a
/// `Folder` that has a sealed batch. Holds no token.
public struct Sealed: Sendable, CustomStringConvertible {
    let native: NativeSealed

    /// The folder that the landing was made in.
    public var out: URL { URL(fileURLWithPath: native.out()) }
    /// The name of the batch's folder.
    public var batch: String { native.batch() }
    /// Of `_manifest.json`.
    public var manifestSHA256: String { native.manifestSha256() }

    public var description: String { "Sealed(\(native.out()), \(batch))" }
}

/// What a landing has come to.
public struct Landed: Sendable, CustomStringConvertible {
    /// The proof for `commitLanded`.
    public let sealed: Sealed
    /// The batch's folder.
    public let folder: URL
    /// Records landed.
    public let rows: UInt64
    /// Bytes of the parts on disk.
    public let bytes: UInt64
    /// How many parts.
    public let parts: UInt64
    /// `LastDateTime` as it was sent.
    public let since: String?
    /// The server's time just before Initiate, as RFC 3339: where `since` `auto` goes on, minus the overlap.
    public let watermark: String
    /// False when the folder had the batch, finished, before: nothing was sent then.
    public let isNew: Bool
    /// How the commit ended; nil when there was none.
    public let receipt: BatchReceipt?
    /// What a person should know, in sentences.
    public let notes: [String]
    /// The same object in every language.
    public let json: String

    /// The name of the batch's folder.
    public var batch: String { sealed.batch }
    public var description: String { json }

    init(_ native: NativeLanded) {
        sealed = Sealed(native: native.sealed)
        folder = URL(fileURLWithPath: native.folder)
        rows = native.rows
        bytes = native.bytes
        parts = native.parts
        since = native.since
        watermark = native.watermark
        isNew = native.isNew
        receipt = native.receipt.map(BatchReceipt.init)
        notes = native.notes
        json = native.json
    }
}

/// How the token of a sealed batch came to its end.
public enum CommitEnd: String, Sendable {
    /// This landing committed it.
    case committed
    /// It was consumed before this landing sent anything.
    case alreadyCommitted = "already_committed"
    /// It expired before it was committed. The data is landed all the same; the server's files are not known of.
    case expired
}

/// How the commit of a batch ended.
public struct BatchReceipt: Sendable, Hashable, CustomStringConvertible {
    /// How the token came to its end.
    public let end: CommitEnd
    /// Whether the files on the server were to be kept, as asked.
    public let keepFiles: Bool
    /// When it was written, by the local clock, as RFC 3339.
    public let at: String?
    /// `Date` of the answer that confirmed it, as RFC 3339.
    public let serverDate: String?
    /// A privacy claim about the server's files can be made from this receipt.
    public let filesAreAsAsked: Bool
    /// The server never said so in as many words.
    public let isPresumed: Bool
    /// The same object in every language.
    public let json: String

    public var description: String { json }

    init(_ native: NativeBatchReceipt) {
        end = word(native.end)
        keepFiles = native.keepFiles
        at = native.at
        serverDate = native.serverDate
        filesAreAsAsked = native.filesAreAsAsked
        isPresumed = native.isPresumed
        json = native.json
    }
}

/// A folder that exports were landed in. Looking at it takes no lock and changes nothing. Its functions read the disk and
/// block meanwhile.
public struct Folder: Sendable {
    private let native: NativeFolder

    /// The folder that was given to an export as its place.
    public init(_ out: URL) { native = NativeFolder(out: out.path) }

    /// The proofs of the sealed batches that are not committed, oldest first.
    public func sealed() throws -> [Sealed] {
        try translating { try native.sealed().map { Sealed(native: $0) } }
    }

    /// The proof of one batch, committed or not. Throws an error of kind `notSealed` when it is not sealed.
    public func sealedBatch(_ batch: String) throws -> Sealed {
        try translating { Sealed(native: try native.sealedBatch(batch: batch)) }
    }

    /// Verifies every batch without a server: hashes, rows, watermarks. Throws an error of kind `corrupt` when they do not
    /// fit.
    public func verify() throws -> Verified {
        try translating { Verified(try native.verify()) }
    }
}

/// What `Folder.verify` has read.
public struct Verified: Sendable, Hashable, CustomStringConvertible {
    /// Sealed batches.
    public let batches: UInt64
    /// Their parts.
    public let parts: UInt64
    /// Their records.
    public let rows: UInt64
    /// Their bytes on disk.
    public let bytes: UInt64
    /// Sealed batches that the journal knows and the folder lacks: moved away by their consumer, or lost.
    public let moved: [String]
    /// Files of parts that no manifest names.
    public let unnamed: [String]
    /// Batches that begin after what those before them cover, in sentences.
    public let gaps: [String]
    /// The same object in every language.
    public let json: String

    public var description: String { json }

    init(_ native: NativeVerified) {
        batches = native.batches
        parts = native.parts
        rows = native.rows
        bytes = native.bytes
        moved = native.moved
        unnamed = native.unnamed
        gaps = native.gaps
        json = native.json
    }
}
