// What a client authorises with.

package com.mypreferences

import com.mypreferences.internal.NativeCredentials
import com.mypreferences.internal.NativeLibraryLoader
import com.mypreferences.internal.NativeOAuth
import com.mypreferences.internal.translating
import java.nio.file.Path

/**
 * What to authorise with. Prints as its sort only. A secret goes to the native library when this is made, and stays
 * there; a secret's file must be readable by its owner alone, and is read again when it changed.
 */
public class Credentials private constructor(internal val native: NativeCredentials, private val sort: String) {
    override fun toString(): String = "Credentials($sort, ***)"

    public companion object {
        /** PNAUTHINFO3 with a keyed hash. A captured header of it is good for 15 minutes: treat it as a key. */
        @JvmStatic
        public fun hmac(userId: String, secret: String): Credentials =
            made("hmac") { NativeCredentials.hmac(userId, secret, null) }

        /** The same with the secret in a file. */
        @JvmStatic
        public fun hmac(userId: String, secretFile: Path): Credentials =
            made("hmac") { NativeCredentials.hmac(userId, null, secretFile.toString()) }

        /** OAuth 2.0 client credentials: the client asks for tokens and renews them. */
        @JvmStatic
        public fun oauth(oauth: OAuth): Credentials = made("oauth") { NativeCredentials.oauth(oauth.native) }

        /** An OAuth 2.0 bearer token that the caller renews. */
        @JvmStatic
        public fun bearer(token: String): Credentials = made("bearer") { NativeCredentials.bearer(token) }

        /** The whole value of the `Authorization` header, sent as it is. */
        @JvmStatic
        public fun verbatim(authorization: String): Credentials =
            made("verbatim") { NativeCredentials.verbatim(authorization) }

        private fun made(sort: String, make: () -> NativeCredentials): Credentials {
            NativeLibraryLoader.load()
            return Credentials(translating(make), sort)
        }
    }
}

/**
 * The arguments of OAuth credentials. Immutable: each `with` gives a new one. Prints without the secret.
 */
public class OAuth private constructor(internal val native: NativeOAuth) {
    /**
     * The address of the token endpoint (https or loopback; the vendor does not publish it, it comes with the
     * credentials), the OAuth client's id (not the account's) and its secret.
     */
    public constructor(tokenUrl: String, clientId: String, clientSecret: String) :
        this(NativeOAuth(tokenUrl, clientId, clientSecret, null, null, null, null))

    /** The same with the secret in a file that only its owner can read. */
    public constructor(tokenUrl: String, clientId: String, clientSecretFile: Path) :
        this(NativeOAuth(tokenUrl, clientId, null, clientSecretFile.toString(), null, null, null))

    /** The API user; the scope is made from it as `{client_id of the account}/{user_id}`. */
    public fun withUserId(userId: String): OAuth = OAuth(native.copy(userId = userId))

    /** A scope of one's own, instead of the user's. */
    public fun withScope(scope: String): OAuth = OAuth(native.copy(scope = scope))

    /** Where id and secret stand in the request for a token: `basic` (in its header, the default) or `body`. */
    public fun withClientAuth(clientAuth: String): OAuth = OAuth(native.copy(clientAuth = clientAuth))

    override fun toString(): String = "OAuth(***)"
}
