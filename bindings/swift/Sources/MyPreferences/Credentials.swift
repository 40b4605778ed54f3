// What a client authorises with.

import MyPreferencesNative

/// What to authorise with. Describes itself as its sort only. A secret goes to the native library when this is made, and
/// stays there; a secret's file must be readable by its owner alone, and is read again when it changed.
public struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    let native: NativeCredentials
    private let sort: String

    public var description: String { "Credentials(\(sort), ***)" }
    public var debugDescription: String { description }

    /// PNAUTHINFO3 with a keyed hash. A captured header of it is good for 15 minutes: treat it as a key.
    public static func hmac(userID: String, secret: String) throws -> Credentials {
        try made("hmac") { try .hmac(userId: userID, secret: secret, secretFile: nil) }
    }

    /// The same with the secret in a file.
    public static func hmac(userID: String, secretFile: String) throws -> Credentials {
        try made("hmac") { try .hmac(userId: userID, secret: nil, secretFile: secretFile) }
    }

    /// OAuth 2.0 client credentials: the client asks for tokens and renews them. `clientID` is the OAuth client's, not
    /// the account's; give its secret or the file that holds it. The scope is made of account and `userID`, unless
    /// `scope` is given. `clientAuth` says where id and secret stand in the request: `basic` or `body`.
    public static func oauth(
        tokenURL: String, clientID: String, clientSecret: String? = nil, clientSecretFile: String? = nil,
        userID: String? = nil, scope: String? = nil, clientAuth: String? = nil
    ) throws -> Credentials {
        try made("oauth") {
            try .oauth(
                arguments: NativeOAuth(
                    tokenUrl: tokenURL, clientId: clientID, clientSecret: clientSecret,
                    clientSecretFile: clientSecretFile, userId: userID, scope: scope, clientAuth: clientAuth))
        }
    }

    /// An OAuth 2.0 bearer token that the caller renews.
    public static func bearer(_ token: String) -> Credentials {
        Credentials(native: .bearer(token: token), sort: "bearer")
    }

    /// The whole value of the `Authorization` header, sent as it is.
    public static func verbatim(_ authorization: String) -> Credentials {
        Credentials(native: .verbatim(authorization: authorization), sort: "verbatim")
    }

    private static func made(_ sort: String, _ make: () throws -> NativeCredentials) throws -> Credentials {
        Credentials(native: try translating(make), sort: sort)
    }
}
