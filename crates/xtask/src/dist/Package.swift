// swift-tools-version: 5.9
// MyPreferences for Swift. For Apple's systems the native library is in the package; on Linux say where
// `libmypreferences_uniffi` is with `-Xlinker -L FOLDER`.

import PackageDescription

#if os(Linux)
let native = Target.target(name: "MyPreferencesFFI", linkerSettings: [.linkedLibrary("mypreferences_uniffi")])
let system: [LinkerSetting] = []
#else
let native = Target.binaryTarget(name: "MyPreferencesFFI", path: "MyPreferencesFFI.xcframework")
// What the native library asks of the system: its certificates.
let system: [LinkerSetting] = [.linkedFramework("CoreFoundation"), .linkedFramework("Security")]
#endif

let package = Package(
    name: "mypreferences",
    platforms: [.macOS(.v13)],
    products: [
        .library(name: "MyPreferences", targets: ["MyPreferences"])
    ],
    targets: [
        native,
        .target(name: "MyPreferencesNative", dependencies: ["MyPreferencesFFI"], linkerSettings: system),
        .target(name: "MyPreferences", dependencies: ["MyPreferencesNative"]),
    ]
)
