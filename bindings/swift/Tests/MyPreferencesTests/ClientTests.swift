// Calls, what they say, what ends them, and what they leave behind.

import Foundation
import XCTest

@testable import MyPreferences

final class ClientTests: XCTestCase, @unchecked Sendable {
    func testACommitAQuestionAboutItAndItsStatusAgree() async throws {
        let mock = try await Mock()
        try await mock.addExports(4711...4711)
        let client = try mock.client()
        let status = try await client.status(4711)
        XCTAssertEqual(status.status, "Complete")
        guard case .notCommitted = try await client.resolveCommit(4711) else { return XCTFail("not committed yet") }
        let receipt = try await client.commit(4711, keepFiles: true)
        XCTAssertEqual(receipt.outcome, .committed)
        XCTAssertEqual(receipt.certainty, .certain)
        XCTAssertEqual(receipt.keepFiles, true)
        XCTAssertTrue(receipt.json.hasPrefix(#"{"outcome":"committed""#))
        guard case .committed = try await client.resolveCommit(4711) else { return XCTFail("committed") }
        let error = await failure { try await client.status(99) }
        XCTAssertEqual(error?.kind, .notFound)
        XCTAssertEqual(error?.httpStatus, 404)
        XCTAssertTrue(error!.localizedDescription.hasSuffix(error!.nextAction))
    }

    func test64CallsRunAtOnce() async throws {
        let mock = try await Mock()
        try await mock.addExports(1...64)
        let client = try mock.client()
        try await withThrowingTaskGroup(of: CommitReceipt.self) { group in
            for token in 1...64 { group.addTask { try await client.commit(Int64(token), keepFiles: false) } }
            for try await receipt in group { XCTAssertEqual(receipt.outcome, .committed) }
        }
        let received = try await mock.received("commit")
        XCTAssertEqual(received.all, 64)
    }

    func testATaskIsCancelledAtRandomMomentsAndTheServerSeesEachDisconnect() async throws {
        let mock = try await Mock()
        try await mock.addExports(1...100)
        try await mock.addRule(#"{"on": "commit", "times": "forever", "action": {"hang": "never"}}"#)
        let client = try mock.client()
        let clock = ContinuousClock()
        var took: [Duration] = []
        for token in 1...100 {
            let task = Task { try await client.commit(Int64(token), keepFiles: false) }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...25_000)))
            let begun = clock.now
            task.cancel()
            let error = await failure { try await task.value }
            XCTAssertEqual(error?.kind, .cancelled)
            try await mock.waitUntilLeft("commit")
            took.append(clock.now - begun)
        }
        let received = try await mock.received("commit")
        let p95 = took.sorted()[95]
        print("cancelled task: 100 times, \(received.all) sent, all seen by the server, p95 \(p95)")
        XCTAssertGreaterThan(received.all, 0)
        XCTAssertEqual(received.all, received.left)
        XCTAssertLessThan(p95, .seconds(5))
    }

    func testAClosedClientEndsItsCallsAndSaysThatItIsClosed() async throws {
        let mock = try await Mock()
        try await mock.addExports(1...16)
        try await mock.addRule(#"{"on": "commit", "times": "forever", "action": {"hang": "never"}}"#)
        let client = try mock.client()
        let calls = (1...16).map { token in Task { try await client.commit(Int64(token), keepFiles: false) } }
        while try await mock.received("commit").all < 16 { try await Task.sleep(for: .milliseconds(5)) }
        client.close()
        for call in calls {
            let error = await failure { try await call.value }
            XCTAssertEqual(error?.kind, .cancelled)
            XCTAssertEqual(error?.commitState, .unknown)
        }
        try await mock.waitUntilLeft("commit")
        client.close()
        XCTAssertTrue(client.isClosed)
        let error = await failure { try await client.status(1) }
        XCTAssertEqual(error?.kind, .closed)
    }

    func testWhatIsWrongIsToldBeforeAnythingIsSent() async throws {
        let mock = try await Mock()
        XCTAssertThrowsError(try mock.client { $0["max_attempts"] = "many" }) { error in
            XCTAssertEqual((error as? MyPreferencesError)?.kind, .invalidArgument)
        }
        XCTAssertThrowsError(try mock.client { $0["no_such_setting"] = "1" })
        XCTAssertThrowsError(try Credentials.oauth(tokenURL: "https://tokens.example/", clientID: "c"))
        let client = try mock.client { $0.timeout = .seconds(2) }
        for options in [CallOptions(timeout: .seconds(-1)), CallOptions(kind: "people")] {
            let error = await failure { try await client.commit(1, keepFiles: false, options: options) }
            XCTAssertEqual(error?.kind, .invalidArgument)
        }
        let error = await failure { try await client.commit("a token", keepFiles: false) }
        XCTAssertEqual(error?.kind, .invalidArgument)
        let received = try await mock.received("commit")
        XCTAssertEqual(received.all, 0)
    }

    func testAPanicInTheNativeLibraryIsAnInternalErrorAndTheNextCallWorks() async throws {
        let mock = try await Mock()
        try await mock.addExports(1...1)
        let client = try mock.client()
        // Not in the generated sources: only the library of the tests has it.
        let library = dlopen(ProcessInfo.processInfo.environment["NATIVE_LIBRARY"]!, RTLD_NOW)
        let symbol = dlsym(library, "uniffi_mypreferences_uniffi_fn_func_panic_in_next_call")!
        typealias Hook = @convention(c) (UnsafeMutableRawPointer) -> Void
        let status = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
        defer { status.deallocate() }
        status.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
        unsafeBitCast(symbol, to: Hook.self)(status)
        let error = await failure { try await client.commit(1, keepFiles: false) }
        XCTAssertEqual(error?.kind, .internal)
        XCTAssertEqual(error?.commitState, .unknown)
        let receipt = try await client.commit(1, keepFiles: false)
        XCTAssertEqual(receipt.outcome, .committed)
    }

    func test10000CallsLeaveNoMemoryBehind() async throws {
        let mock = try await Mock()
        try await mock.addExports(1...1)
        let client = try mock.client()
        for _ in 0..<2_000 { _ = try await client.status(1) }
        let before = residentKiB()
        for _ in 0..<10_000 { _ = try await client.status(1) }
        let grown = residentKiB() - before
        print("10,000 calls: \(grown) KiB more")
        XCTAssertLessThan(grown, 16 * 1024)
    }

    func testSecretsAppearInNothingThatIsPrinted() async throws {
        let mock = try await Mock()
        try await mock.addRule(
            #"{"on": "status", "times": "forever", "action": {"answer": {"status": 400, "body": {"message": "you sent \#(canary) for 7731902846155093"}}}}"#
        )
        let made = [
            try Credentials.hmac(userID: "u", secret: canary), .bearer(canary), .verbatim(canary),
            try .oauth(tokenURL: "https://tokens.example/", clientID: "c", clientSecret: canary),
        ]
        var settings = Settings()
        settings["proxy"] = "http://user:\(canary)@127.0.0.1:9"
        let client = try mock.client()
        let error = await failure { try await client.status(7_731_902_846_155_093) }
        XCTAssertEqual(error?.kind, .badRequest)
        var dumped = ""
        var texts = ["\(client)", "\(settings)", String(reflecting: settings)]
        dump(settings, to: &dumped)
        texts += made.flatMap { ["\($0)", String(reflecting: $0)] }
        texts += ["\(error!)", String(reflecting: error!), error!.localizedDescription, error!.json]
        for text in texts + [dumped] {
            XCTAssertFalse(text.contains(canary) || text.contains("7731902846155093"), "a secret is shown")
        }
    }

    func testAShortLengthOfTimeIsWrittenWithoutAnExponent() {
        var settings = Settings()
        settings.backoffBase = .microseconds(25)
        XCTAssertEqual(settings["backoff_base"], "0.000025s")
    }

    func testANumberThatIsNotInTheCatalogueYetMapsToItsHundred() {
        XCTAssertEqual(ErrorKind(number: 451), .badRequest)
        XCTAssertEqual(ErrorKind(number: 490), .clockSkew)
        XCTAssertEqual(ErrorKind(number: 9999), .internal)
    }

    func testTheReadmesProgramCommits() async throws {
        let mock = try await Mock()
        try await mock.addExports(4711...4711)
        let program = Process()
        program.executableURL = built("Readme")
        program.arguments = ["4711"]
        program.environment = [
            "MYPREFERENCES_CLIENT_ID": "ExampleClient", "MYPREFERENCES_BASE_URL": mock.baseURL,
            "MYPREFERENCES_AUTHORIZATION": canary,
        ]
        let output = Pipe()
        program.standardOutput = output
        try program.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        program.waitUntilExit()
        XCTAssertTrue(said.hasPrefix(#"{"outcome":"committed","#), said)
    }

    private func residentKiB() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}
