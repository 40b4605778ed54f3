// The settings of a client. Names, ranges and defaults are the core's: values cross the border as text.

import Foundation
import MyPreferencesNative

/// The settings of a client; what is not set has the core's default. An unreadable or contradictory value is told of when
/// the client is made. Describes itself by names: a proxy's URL may hold a password.
public struct Settings: Sendable, CustomStringConvertible, CustomReflectable {
    private var values: [String: String] = [:]

    /// No settings.
    public init() {}

    /// Any setting by the name and the text that it has in the environment and in profiles: `max_attempts`,
    /// `connect_timeout` as `2.5` seconds or `250ms`. The README's table lists them.
    public subscript(name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// The MyPreferences account id (not the OAuth client id), 1 to 256 characters. Required.
    public var clientID: String? {
        get { self["client_id"] }
        set { self["client_id"] = newValue }
    }

    /// A vendor environment: `production` or `staging`.
    public var environment: String? {
        get { self["environment"] }
        set { self["environment"] = newValue }
    }

    /// The service's base URL instead, https or loopback.
    public var baseURL: String? {
        get { self["base_url"] }
        set { self["base_url"] = newValue }
    }

    /// How long a call may take, questions included. Default 180 s; at most 24 hours. Write only.
    public mutating func setTimeout(_ timeout: Duration) { setDuration("timeout", timeout) }

    /// Any setting that is a length of time, by its name.
    public mutating func setDuration(_ name: String, _ length: Duration) { self[name] = String(format: "%.6fs", length.inSeconds) }

    public var description: String { "Settings(\(values.keys.sorted().joined(separator: ", ")))" }

    public var customMirror: Mirror { Mirror(self, children: ["names": values.keys.sorted()]) }

    var native: [NativeSetting] { values.map { NativeSetting(name: $0.key, value: $0.value) } }
}

extension Duration {
    /// Seconds with their fraction.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
