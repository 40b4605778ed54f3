// The pages of an export and their records: the server's own bytes.

import Foundation
import MyPreferencesNative

/// The pages of an export, in their order, each read when it is asked for. Each loop reads them anew; letting go of the
/// iterator, or cancelling the task, ends the transfer. After an error the same page can be asked for again.
public struct Pages: AsyncSequence, Sendable {
    public typealias Element = Page

    let open: @Sendable () throws -> NativePages

    public func makeAsyncIterator() -> Iterator { Iterator(open: open) }

    /// Pulls one page at a time.
    public struct Iterator: AsyncIteratorProtocol {
        let open: @Sendable () throws -> NativePages
        private var pages: NativePages?

        init(open: @escaping @Sendable () throws -> NativePages) { self.open = open }

        /// The next page; nil after the last one. Throws `MyPreferencesError`.
        public mutating func next() async throws -> Page? {
            let pages = try self.pages ?? translating(open)
            self.pages = pages
            let outcome = try await MyPreferences.outcome { try pages.nextPage(cancel: $0, completion: $1) }
            switch outcome {
            case .page(let page): return Page(page)
            case .endOfPages: return nil
            case .receipt, .resolvedCommitted, .resolvedNotCommitted, .resolvedUnknown, .status, .export, .boundaries,
                .landed, .batchReceipt, .failed:
                unexpected(outcome)
            }
        }
    }
}

/// What the pages of a range have to be, so that it joins its neighbours.
public struct Expect: Sendable, Hashable {
    /// `TotalResults` of the export.
    public var total: Int?
    /// The digest of the first record, from a `Boundary`.
    public var first: String?
    /// The digest of the last record.
    public var last: String?

    /// Nothing, but for what is given.
    public init(total: Int? = nil, first: String? = nil, last: String? = nil) {
        (self.total, self.first, self.last) = (total, first, last)
    }
}

/// The digests of the records on both sides of a place where an export is cut into ranges.
public struct Boundary: Sendable, Hashable {
    /// Of the last record before it.
    public let last: String
    /// Of the first record behind it.
    public let first: String
}

/// One page. Describes itself by its counts, never by the data.
public struct Page: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The whole body as the server sent it.
    public let raw: Data
    /// `Count`: records in this page.
    public let count: UInt64
    /// `HasMore`.
    public let hasMore: Bool
    /// `Offset`: the place of the first record, from 1; nil when the server does not repeat it.
    public let offset: UInt64?
    /// `TotalResults`, when the server tells it.
    public let totalResults: UInt64?
    /// What is no record and no count: column headers of a schedule, `Messages` of customers, unknown members. Names as
    /// they stand, values as JSON.
    public let others: [(name: String, value: Data)]
    private let places: [Range<Int>]

    /// The records, in their order. They share the page's bytes.
    public var records: some RandomAccessCollection<Record> {
        let raw = raw
        return places.lazy.map { Record(bytes: raw[$0]) }
    }

    public var description: String { "Page(\(raw.count) bytes, count \(count), has more \(hasMore))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["count": count, "hasMore": hasMore]) }

    init(_ native: NativePage) {
        raw = native.raw
        count = native.count
        hasMore = native.hasMore
        offset = native.offset
        totalResults = native.totalResults
        others = native.others.map { ($0.name, $0.value) }
        let first = native.raw.startIndex
        places = native.records.map { first + Int($0.start)..<first + Int($0.end) }
    }
}

/// One record: JSON, the server's own bytes. Describes itself by its size, never by the data.
public struct Record: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The bytes. There may be line breaks between their tokens.
    public let bytes: Data

    /// The record as one line, without its end: as a landing writes it.
    public var line: Data { lineOf(record: bytes) }

    public var description: String { "Record(\(bytes.count) bytes)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["size": bytes.count]) }
}
