// Surface `swift`: `MyPreferencesClient`, asynchronous calls. Plans in, observations out.

import Foundation
import MyPreferences

struct Plan: Decodable {
    struct Configuration: Decodable {
        let profile: String?
        let variables: [String: String]
    }

    struct OAuth: Decodable {
        let token_url: String
        let client_id: String
        let client_secret: String
        let user_id: String?
        let scope: String?
        let client_auth: String?
    }

    struct Hmac: Decodable {
        let user_id: String
        let secret: String
    }

    /// One of its members.
    struct Given: Decodable {
        let hmac: Hmac?
        let oauth: OAuth?
        let bearer: String?
        let authorization: String?
    }

    struct Concurrent: Decodable {
        let n: Int
        let consecutive_tokens: Bool?
    }

    struct Call: Decodable {
        let operation: String
        let access_token: String?
        let keep_files: Bool?
        let kind: String?
        let name: String?
        let last_date_time: String?
        let match_criteria: String?
        let match_type: String?
        let values: [String]?
        let callback_url: String?
        let start_date: String?
        let end_date: String?
        let cids: [String]?
        let channels: [String]?
        /// Of a wait and of pages: the handle's text.
        let export: String?
        let max_wait_ms: Int?
        let limit: Int?
        let offset: Int?
        let until: Int?
        let expect_total: Int?
        let expect_first: String?
        let expect_last: String?
        let places: [Int]?
        let rows: Int?
        let sink: String?
        let files: [String]?
        let wrapped: Bool?
        let out: String?
        let commit: String?
        let since: String?
        let overlap: Double?
        let compression: String?
        let format: String?
        let max_memory: Int?
        let part_bytes: Int?
        let cancel_after_ms: Int?
        let concurrent: Concurrent?

        var order: ExportRequest {
            var order = ExportRequest(kind: kind ?? "", name: name)
            order.lastDateTime = last_date_time
            order.matchCriteria = match_criteria
            order.matchType = match_type
            order.values = values ?? []
            order.callbackURL = callback_url
            order.startDate = start_date
            order.endDate = end_date
            order.cids = cids ?? []
            order.channels = channels ?? []
            return order
        }

        var landing: LandingOptions {
            var options = LandingOptions()
            options.commit = commit
            options.since = since
            options.overlap = overlap.map { .seconds($0) }
            options.compression = compression
            options.format = format
            options.limit = limit
            options.maxWait = max_wait_ms.map { .milliseconds($0) }
            options.maxMemory = max_memory
            options.partBytes = part_bytes
            return options
        }

        func handle(_ client: MyPreferencesClient) throws -> Export {
            let export = try Export(json: export ?? "")
            return wrapped == true ? try client.unwrap(client.wrap(export)) : export
        }

        var expected: Expect { Expect(total: expect_total, first: expect_first, last: expect_last) }

        /// The folder of a landing.
        var folder: URL { URL(fileURLWithPath: out ?? "") }

        /// The calls that run at once: one token each.
        var tokens: [String] {
            let access_token = access_token ?? ""
            guard let concurrent, let first = Int64(access_token) else { return [access_token] }
            let step: Int64 = concurrent.consecutive_tokens == true ? 1 : 0
            return (0..<concurrent.n).map { String(first + Int64($0) * step) }
        }
    }

    let `case`: String
    let base_url: String
    let client_id: String
    let credentials: Given
    let settings: [String: String]
    let configuration: Configuration?
    let calls: [Call]

    func client() throws -> MyPreferencesClient {
        var made = Settings()
        for (name, text) in settings { made[name] = text }
        if let configuration {
            return try MyPreferencesClient(
                fromEnvironment: configuration.variables, profile: configuration.profile, settings: made)
        }
        made.clientID = client_id
        made.baseURL = base_url
        return try MyPreferencesClient(made, credentials: try authorisation())
    }

    private func authorisation() throws -> Credentials {
        if let hmac = credentials.hmac { return try .hmac(userID: hmac.user_id, secret: hmac.secret) }
        if let bearer = credentials.bearer { return .bearer(bearer) }
        if let oauth = credentials.oauth {
            return try .oauth(
                tokenURL: oauth.token_url, clientID: oauth.client_id, clientSecret: oauth.client_secret,
                userID: oauth.user_id, scope: oauth.scope, clientAuth: oauth.client_auth)
        }
        return .verbatim(credentials.authorization ?? "")
    }
}

struct Observed: Encodable, Sendable {
    let type: String
    let record: String
    /// Everything that it says of itself.
    let texts: [String]

    enum CodingKeys: CodingKey { case type, record }

    init<Value: CustomStringConvertible>(_ type: String, _ value: Value, _ record: String) {
        self.type = type
        self.record = record
        texts = [value.description, String(reflecting: value), "\(value)"]
    }

    init(_ error: MyPreferencesError) {
        type = "error"
        record = error.json
        texts = [error.localizedDescription, String(reflecting: error), "\(error)", error.recoverySuggestion ?? ""]
    }
}

struct Line: Encodable {
    let `case`: String
    let results: [[Observed]]
    let texts: [String]
}

/// Pages in one record: each with its counts, other members and lines.
func record(of pages: [Page]) throws -> String {
    let text = { (bytes: Data) in String(decoding: bytes, as: UTF8.self) }
    let record = pages.map { page in
        [
            "count": page.count, "has_more": page.hasMore, "offset": page.offset ?? NSNull() as Any,
            "total_results": page.totalResults ?? NSNull() as Any,
            "others": page.others.map { [$0.name, text($0.value)] },
            "records": page.records.map { text($0.line) },
        ] as [String: Any]
    }
    return text(try JSONSerialization.data(withJSONObject: record, options: .sortedKeys))
}

func one(_ client: MyPreferencesClient, _ call: Plan.Call, _ token: String) async -> Observed {
    let task = Task { () -> Observed in
        do {
            switch call.operation {
            case "status":
                let status = try await client.status(token)
                return Observed("status", status, status.json)
            case "resolve_commit":
                let resolution = try await client.resolveCommit(token)
                return Observed("resolution", resolution, resolution.json)
            case "initiate":
                let export = try await client.initiate(call.order)
                return Observed("export", export, export.jsonWithToken())
            case "wait":
                let status = try await client.wait(
                    call.handle(client), maxWait: call.max_wait_ms.map { .milliseconds($0) })
                return Observed("status", status, status.json)
            case "pages":
                var pages: [Page] = []
                let read = client.pages(
                    try call.handle(client), limit: call.limit, offset: call.offset ?? 1, until: call.until,
                    expect: call.expected)
                for try await page in read {
                    pages.append(page)
                }
                return Observed("pages", pages.description, try record(of: pages))
            case "export":
                let landed = try await client.export(
                    call.order, out: call.folder, keepFiles: call.keep_files, options: call.landing)
                return Observed("landed", landed, landed.json)
            case "commit_landed":
                // A plan asks for none where there is none.
                let sealed = try Folder(call.folder).sealed().last!
                let receipt = try await client.commitLanded(sealed, keepFiles: call.keep_files ?? true)
                return Observed("batch_receipt", receipt, receipt.json)
            case "commit_loaded":
                let receipt = try await client.commitLoaded(
                    call.handle(client), rows: call.rows ?? 0, keepFiles: call.keep_files ?? true, sink: call.sink,
                    files: call.files ?? [])
                return Observed("batch_receipt", receipt, receipt.json)
            case "boundaries":
                let pairs = try await client.boundaries(call.handle(client), at: call.places ?? [])
                let text = pairs.map { "[\"\($0.last)\",\"\($0.first)\"]" }.joined(separator: ",")
                return Observed("boundaries", pairs.description, "[\(text)]")
            default:
                let receipt = try await client.commit(token, keepFiles: call.keep_files ?? false)
                return Observed("receipt", receipt, receipt.json)
            }
        } catch let error as MyPreferencesError {
            return Observed(error)
        } catch {
            return Observed("nothing that is known", String(describing: error), "")
        }
    }
    if let after = call.cancel_after_ms {
        if after > 0 { try? await Task.sleep(for: .milliseconds(after)) }
        task.cancel()
    }
    return await task.value
}

func play(_ plan: Plan) async -> Line {
    var texts: [String] = []
    var results: [[Observed]] = []
    do {
        let client = try plan.client()
        defer { client.close() }
        texts.append("\(client)")
        for call in plan.calls {
            let atOnce = await withTaskGroup(of: (Int, Observed).self) { group in
                for (n, token) in call.tokens.enumerated() {
                    group.addTask { (n, await one(client, call, token)) }
                }
                var found: [(Int, Observed)] = []
                for await result in group { found.append(result) }
                return found.sorted { $0.0 < $1.0 }.map(\.1)
            }
            results.append(atOnce)
        }
    } catch let error as MyPreferencesError {
        results.append([Observed(error)])
    } catch {
        texts.append(String(describing: error))
    }
    texts += results.flatMap { $0.flatMap(\.texts) }
    return Line(case: plan.case, results: results, texts: texts)
}

while let line = readLine() {
    let plan = try JSONDecoder().decode(Plan.self, from: Data(line.utf8))
    let observed = try JSONEncoder().encode(await play(plan))
    FileHandle.standardOutput.write(observed + Data("\n".utf8))
}
