// The mock service in a process of its own, for tests.

import Foundation
#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif
import MyPreferences
import XCTest

/// Stands for a secret: must appear nowhere.
let canary = "canary-authorization-Hq7PzR2w"

/// One scenario on a mock of its own. Ends with the test that uses it.
final class Mock: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let port: Int
    private let id: String
    let baseURL: String

    init(_ scenario: String = #"{"client_id": "ExampleClient"}"#) async throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["MOCK_COMMAND"]!)
        process.arguments = ["mock", "--no-auth", "--exit-with-stdin"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let first = try Mock.object(output.fileHandleForReading.availableData)
        port = first["port"] as! Int
        let opened = try await Mock.send(port, "POST", "/__mock/scenarios", scenario)
        id = opened["id"] as! String
        baseURL = opened["base_url"] as! String
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func addExports(_ tokens: ClosedRange<Int>) async throws {
        let exports = tokens.map { #"{"token": \#($0)}"# }.joined(separator: ", ")
        _ = try await Mock.send(port, "POST", "/__mock/scenarios/\(id)/exports", "[\(exports)]")
    }

    func addRule(_ rule: String) async throws {
        _ = try await Mock.send(port, "POST", "/__mock/scenarios/\(id)/rules", "[\(rule)]")
    }

    /// Requests of an operation that were received, and how many of them the client has left.
    func received(_ operation: String) async throws -> (all: Int, left: Int) {
        let log = try await Mock.send(port, "GET", "/__mock/scenarios/\(id)/log", nil)
        let requests = (log["requests"] as! [[String: Any]]).filter { $0["operation"] as? String == operation }
        return (requests.count, requests.filter { $0["disconnected_at_ms"] is NSNumber }.count)
    }

    /// The client leaves every request of an operation that is not answered.
    func waitUntilLeft(_ operation: String, atLeast: Int? = nil) async throws {
        let clock = ContinuousClock()
        let begun = clock.now
        while true {
            let received = try await received(operation)
            if received.left >= atLeast ?? received.all { return }
            if clock.now - begun > .seconds(5) { return XCTFail("the server saw no disconnect for 5 s") }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func client(_ change: (inout Settings) -> Void = { _ in }) throws -> MyPreferencesClient {
        var settings = Settings()
        settings.clientID = "ExampleClient"
        settings.baseURL = baseURL
        change(&settings)
        return try MyPreferencesClient(settings, credentials: .verbatim(canary))
    }

    private static func send(_ port: Int, _ method: String, _ path: String, _ body: String?) async throws
        -> [String: Any]
    {
        var request = URLRequest(url: URL(string: "http://127.0.0.1:\(port)\(path)")!)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        let (data, _) = try await URLSession.shared.data(for: request)
        return data.isEmpty ? [:] : try object(data)
    }

    private static func object(_ data: Data) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }
}

/// What the test command has built beside the tests.
func built(_ name: String) -> URL {
    URL(fileURLWithPath: ProcessInfo.processInfo.environment["BUILT"]!).appendingPathComponent(name)
}

/// How a call fails; nil, and a failed test, when it does not.
func failure<T>(_ call: () async throws -> T) async -> MyPreferencesError? {
    do {
        _ = try await call()
        XCTFail("it did not fail")
        return nil
    } catch {
        return error as? MyPreferencesError
    }
}
