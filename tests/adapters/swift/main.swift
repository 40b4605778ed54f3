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
        let access_token: String
        let keep_files: Bool?
        let cancel_after_ms: Int?
        let concurrent: Concurrent?

        /// The calls that run at once: one token each.
        var tokens: [String] {
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
