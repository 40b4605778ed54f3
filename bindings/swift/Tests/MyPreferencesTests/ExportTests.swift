// The export flow: initiate, wait, pages, landings and their commits; what ends them, what continues, what does not compile.

import Foundation
import XCTest

@testable import MyPreferences

private let rows: UInt64 = 5_000
private let everyone = ExportRequest.segment("Everyone")

final class ExportTests: XCTestCase, @unchecked Sendable {
    private let out = FileManager.default.temporaryDirectory.appendingPathComponent("people-\(UUID().uuidString)")

    override func tearDown() {
        try? FileManager.default.removeItem(at: out)
    }

    func testAnExportIsInitiatedHandedOnAsJSONWaitedForAndReadPageByPage() async throws {
        let mock = try await Mock(scenario)
        try await mock.addRule(#"{"on": "status", "action": {"answer": {"status": 503}}}"#)
        let client = try mock.client()
        let started = try await client.initiate(everyone)
        for text in ["\(started)", String(reflecting: started)] {
            XCTAssertFalse(text.contains(String(started.accessToken)))
        }
        let export = try Export(json: started.jsonWithToken())
        XCTAssertEqual(started, export)
        let told = Told<WaitProgress>()
        let status = try await client.wait(export, progress: { told.add($0) })
        XCTAssertEqual(status.rowCount, rows)
        var pages: [Page] = []
        for try await page in client.pages(export, limit: 500) { pages.append(page) }
        XCTAssertEqual(pages.map(\.count), Array(repeating: 500, count: 10))
        XCTAssertEqual(pages.map(\.offset), (0..<10).map { 1 + $0 * 500 })
        XCTAssertEqual(pages.last?.hasMore, false)
        let page = pages[0]
        let record = page.records[page.records.index(page.records.startIndex, offsetBy: 499)]
        XCTAssertNotNil(page.raw.range(of: record.bytes))
        XCTAssertNotNil(try JSONSerialization.jsonObject(with: record.bytes) as? [String: Any])
        XCTAssertEqual(record.line, record.bytes)
        XCTAssertEqual("\(record)", "Record(\(record.bytes.count) bytes)")
        var dumped = ""
        dump(page, to: &dumped)
        XCTAssertLessThan(dumped.utf8.count, 500)
        for try await page in client.pages(export, limit: 500, offset: 4_501) {
            XCTAssertEqual(page.records.last?.bytes, pages.last?.records.last?.bytes)
        }
    }

    func testAnExportIsLandedAndCommittedAndNotDoneAgain() async throws {
        let mock = try await Mock(scenario)
        let client = try mock.client()
        let told = Told<LandingProgress>()
        var options = LandingOptions()
        options.limit = 500
        options.progress = { told.add($0) }
        let landed = try await client.export(everyone, out: out, keepFiles: false, options: options)
        XCTAssertEqual(landed.rows, rows)
        XCTAssertTrue(landed.isNew)
        XCTAssertEqual(landed.receipt?.end, .committed)
        XCTAssertEqual(landed.receipt?.filesAreAsAsked, true)
        let part = try Data(contentsOf: landed.folder.appendingPathComponent("part-00001.ndjson"))
        XCTAssertEqual(part.filter { $0 == UInt8(ascii: "\n") }.count, Int(rows))
        let stages = told.all.map(\.stage)
        XCTAssertEqual(Set(stages), [.initiate, .wait, .land, .seal, .commit])
        XCTAssertEqual([stages.first, stages.last], [.initiate, .commit])
        XCTAssertEqual(told.all.last?.rows, rows)
        XCTAssertEqual(try Folder(out).verify().rows, rows)
        let again = try await client.export(everyone, out: out, keepFiles: false, options: options)
        XCTAssertFalse(again.isNew)
        let received = try await mock.received("commit")
        XCTAssertEqual(received.all, 1)
    }

    func testASealIsWhatALandedBatchIsCommittedWithHereOrByAnotherProcess() async throws {
        let mock = try await Mock(scenario)
        let client = try mock.client()
        let landed = try await client.land(try await client.initiate(everyone), out: out)
        XCTAssertNil(landed.receipt)
        let found = try Folder(out).sealed()
        XCTAssertEqual(found.map(\.manifestSHA256), [landed.sealed.manifestSHA256])
        let receipt = try await client.commitLanded(found[0], keepFiles: true)
        XCTAssertEqual(receipt.end, .committed)
        let again = try await client.commitLanded(landed.sealed, keepFiles: true)
        XCTAssertEqual(again, receipt)
        let received = try await mock.received("commit")
        XCTAssertEqual(received.all, 1)
        XCTAssertEqual(try Folder(out).sealed().count, 0)
        let manifest = landed.folder.appendingPathComponent("_manifest.json")
        try (Data(contentsOf: manifest) + Data(" ".utf8)).write(to: manifest)
        let error = await failure { try Folder(self.out).sealedBatch(landed.batch) }
        XCTAssertEqual(error?.kind, .notSealed)
    }

    func testACancelledTaskHasEndedItsLandingAndTheSameCallContinuesIt() async throws {
        let mock = try await Mock(scenario)
        try await mock.addRule(#"{"on": "page", "offset": 2501, "action": {"hang": "never"}}"#)
        let client = try mock.client()
        // Each page is a part of its own, so that a stop costs one page.
        var small = LandingOptions()
        small.limit = 500
        small.partBytes = 1
        let before = Told<LandingProgress>()
        small.progress = { before.add($0) }
        let (order, out, options) = (everyone, out, small)
        let task = Task { try await client.export(order, out: out, keepFiles: false, options: options) }
        // Everything before the page that hangs. A page asked for says nothing: others are asked for beside it.
        while !before.all.contains(where: { $0.rows >= 2_500 }) { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        let error = await failure { try await task.value }
        XCTAssertEqual(error?.kind, .cancelled)
        try await mock.waitUntilLeft("page", atLeast: 1)
        let told = Told<LandingProgress>()
        small.progress = { told.add($0) }
        let landed = try await client.export(everyone, out: out, keepFiles: false, options: small)
        XCTAssertEqual(landed.rows, rows)
        XCTAssertEqual(landed.receipt?.end, .committed)
        XCTAssertTrue(told.all.contains { $0.resumedRows >= 2_000 })
        let received = try await mock.received("initiate")
        XCTAssertEqual(received.all, 1)
        XCTAssertEqual(try Folder(out).verify().rows, rows)
    }

    func testALoopOverPagesEndsItsTransferWithItsTask() async throws {
        let mock = try await Mock(scenario)
        try await mock.addRule(#"{"on": "page", "offset": 1001, "action": {"hang": "never"}}"#)
        let client = try mock.client()
        let export = try await client.initiate(everyone)
        for try await page in client.pages(export, limit: 500) {
            XCTAssertEqual(page.count, 500)
            break
        }
        let task = Task { for try await _ in client.pages(export, limit: 500) {} }
        while try await mock.received("page").all < 4 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        let error = await failure { try await task.value }
        XCTAssertEqual(error?.kind, .cancelled)
        try await mock.waitUntilLeft("page", atLeast: 1)
    }

    func testATaskThatIsCancelledAlreadySendsNothing() async throws {
        let mock = try await Mock()
        try await mock.addExports(1...50)
        let client = try mock.client()
        for token in 1...50 {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try await client.commit(Int64(token), keepFiles: false)
            }
            let error = await failure { try await task.value }
            XCTAssertEqual(error?.kind, .cancelled)
            XCTAssertEqual(error?.sent, .notSent)
        }
        let received = try await mock.received("commit")
        XCTAssertEqual(received.all, 0)
    }

    func testWhatIsWrongWithAnOrderOrALandingIsToldBeforeAnythingIsSent() async throws {
        let mock = try await Mock(scenario)
        let client = try mock.client()
        var since = everyone
        since.lastDateTime = "yesterday"
        var never = LandingOptions()
        never.commit = "never"
        var none = LandingOptions()
        none.limit = 0
        let (order, without, zero, out) = (since, never, none, out)
        let refused: [@Sendable () async throws -> Void] = [
            { _ = try await client.initiate(ExportRequest(kind: "people", name: "Everyone")) },
            { _ = try await client.initiate(everyone, options: CallOptions(kind: "cid")) },
            { _ = try await client.initiate(order) },
            { _ = try await client.export(everyone, out: out) },
            { _ = try await client.export(everyone, out: out, keepFiles: false, options: without) },
            { _ = try await client.export(everyone, out: out, keepFiles: false, options: zero) },
            { _ = try Export(json: "{}") },
        ]
        for call in refused {
            let error = await failure(call)
            XCTAssertEqual(error?.kind, .invalidArgument)
        }
        var zstd = LandingOptions()
        zstd.compression = "zstd"
        let compressed = zstd
        let error = await failure {
            try await client.export(everyone, out: out, keepFiles: false, options: compressed)
        }
        XCTAssertEqual(error?.kind, .configuration)
        let received = try await mock.received("initiate")
        XCTAssertEqual(received.all, 0)
    }

    func testTheReadmesProgramLandsAndCommits() async throws {
        let mock = try await Mock(scenario)
        let program = Process()
        program.executableURL = built("ReadmeExport")
        program.arguments = ["Everyone", out.path]
        program.environment = [
            "MYPREFERENCES_CLIENT_ID": "ExampleClient", "MYPREFERENCES_BASE_URL": mock.baseURL,
            "MYPREFERENCES_AUTHORIZATION": canary,
        ]
        let said = try output(of: program)
        XCTAssertTrue(said.contains(#""rows":5000"#) && said.contains(#""end":"committed""#), said)
        XCTAssertEqual(try Folder(out).verify().rows, rows)
    }

    func testACommitWithoutASealDoesNotCompile() throws {
        let right = "try await client.commitLanded(try await client.land(export, out: out).sealed, keepFiles: false)"
        XCTAssertEqual(try compiled(right), "")
        let wrong = [
            ("client.commitLanded(export, keepFiles: false)", "cannot convert value of type 'Export'"),
            ("client.commitLanded(out, keepFiles: false)", "cannot convert value of type 'URL'"),
            ("client.commitLanded(try await client.land(export, out: out), keepFiles: false)", "'Landed'"),
            ("client.commitLanded(nil, keepFiles: false)", "'nil'"),
            ("client.commitLanded(Sealed(), keepFiles: false)", "initializer"),
            ("client.commitLanded(try await client.land(export, out: out).sealed)", "'keepFiles'"),
        ]
        for (expression, because) in wrong {
            let said = try compiled("try await \(expression)")
            XCTAssertTrue(said.contains("error:") && said.contains(because), "\(expression): \(said)")
        }
    }

    /// What the compiler says about an expression; nothing when it compiles.
    private func compiled(_ expression: String) throws -> String {
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        let source = out.appendingPathComponent("Program.swift")
        let program = """
            import Foundation
            import MyPreferences
            func program(client: MyPreferencesClient, export: Export, out: URL) async throws { _ = \(expression) }
            """
        try Data(program.utf8).write(to: source)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = [
            "swiftc", "-typecheck", "-swift-version", "6", "-I", built("Modules").path, "-Xcc",
            "-fmodule-map-file=\(built("MyPreferencesFFI.build/module.modulemap").path)", source.path,
        ]
        return try output(of: compiler)
    }

    private func output(of program: Process) throws -> String {
        let output = Pipe()
        program.standardOutput = output
        program.standardError = output
        try program.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        program.waitUntilExit()
        return said
    }
}

private let scenario = #"{"client_id": "ExampleClient", "sources": [{"name": "Everyone", "rows": 5000}]}"#

/// What a function for progress was told.
private final class Told<Progress: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var told: [Progress] = []

    func add(_ progress: Progress) {
        lock.lock()
        defer { lock.unlock() }
        told.append(progress)
    }

    var all: [Progress] {
        lock.lock()
        defer { lock.unlock() }
        return told
    }
}
