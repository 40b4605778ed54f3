// Made by `cargo xtask generate` from docs/swift.md.

import Foundation
import MyPreferences

let client = try MyPreferencesClient()
let out = URL(fileURLWithPath: CommandLine.arguments[2])
print(try await client.export(.segment(CommandLine.arguments[1]), out: out, keepFiles: false))
