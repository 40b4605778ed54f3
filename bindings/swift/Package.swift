// swift-tools-version: 5.9
// The package for Swift. It links the native library `mypreferences_uniffi`; say where that is with
// `-Xlinker -L FOLDER` (README of the repository).

import PackageDescription

let package = Package(
    name: "mypreferences",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [
        .library(name: "MyPreferences", targets: ["MyPreferences"])
    ],
    targets: [
        .target(name: "MyPreferencesFFI", linkerSettings: [.linkedLibrary("mypreferences_uniffi")]),
        // Generated, and no product: users see `MyPreferences` only.
        .target(name: "MyPreferencesNative", dependencies: ["MyPreferencesFFI"]),
        .target(name: "MyPreferences", dependencies: ["MyPreferencesNative"]),
        // The adapter of the shared suite; its source is a link to tests/adapters/swift.
        .executableTarget(name: "Adapter", dependencies: ["MyPreferences"]),
        // The README's programs, where the test command has put them.
        .executableTarget(name: "Readme", dependencies: ["MyPreferences"]),
        .executableTarget(name: "ReadmeExport", dependencies: ["MyPreferences"]),
        .testTarget(name: "MyPreferencesTests", dependencies: ["MyPreferences"]),
    ]
)
