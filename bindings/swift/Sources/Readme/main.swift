// Made by `cargo xtask generate` from docs/swift.md.

import MyPreferences

let client = try MyPreferencesClient()
do {
    print(try await client.commit(CommandLine.arguments[1], keepFiles: false))
} catch let error as MyPreferencesError where error.commitState == .unknown {
    print(try await client.resolveCommit(CommandLine.arguments[1]))
}
