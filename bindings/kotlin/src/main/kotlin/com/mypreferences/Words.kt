// Words of the canonical records, as enumerations.

package com.mypreferences

/** A word of the canonical record. */
public interface Word {
    /** As in the record, in `snake_case`. */
    public val word: String
}

/** How the token came to be consumed. */
public enum class Outcome(override val word: String) : Word {
    /** A send of this call was answered 200 or 204, or was open and the token is now consumed. */
    COMMITTED("committed"),

    /** The token is consumed and no send of this call can have done it. */
    ALREADY_COMMITTED("already_committed"),
}

/** How sure the outcome is. */
public enum class Certainty(override val word: String) : Word {
    /** The server said so. */
    CERTAIN("certain"),

    /** Everything points to it; the setting `require_certain` turns it into [OutcomeUnknownException]. */
    PRESUMED("presumed"),
}

/** What the outcome was read from. */
public enum class ConfirmedBy(override val word: String) : Word {
    /** The answer to the commit itself. */
    RESPONSE("response"),

    /** Status `Retrieved`. */
    STATUS("status"),

    /** The token that was good before the commit is refused now. */
    TOKEN_RETIRED("token_retired"),

    /** Status `Expired` long before the token's own expiry. */
    EARLY_EXPIRY("early_expiry"),
}

/** What is known about the export files on the server. */
public enum class Files(override val word: String) : Word {
    /** Kept or deleted as this call asked. */
    AS_ASKED("as_asked"),

    /** Make no privacy claim from this receipt. */
    UNKNOWN("unknown"),
}

/** Whether trying again can help. */
public enum class Retry(override val word: String) : Word {
    /** The same call will fail again until something is changed. */
    PERMANENT("permanent"),

    /** The same call may succeed later. */
    TEMPORARY("temporary"),

    /** Was temporary and outlived the retries of this call. */
    PERSISTENT("persistent"),
}

/** What is known about a request's way to the server. */
public enum class Sent(override val word: String) : Word {
    /** Certainly nothing of it reached the server. */
    NOT_SENT("not_sent"),

    /** It may have reached the server; no complete response head came back. */
    MAYBE_SENT("maybe_sent"),

    /** A complete response head came back. */
    ANSWERED("answered"),
}

/** What a failed commit says about this call's requests; the token may have been committed by others. */
public enum class CommitState(override val word: String) : Word {
    /** No request of this call was applied. */
    NOT_COMMITTED("not_committed"),

    /** A request of this call may have been applied. */
    UNKNOWN("unknown"),
}

/** Which time limit passed. */
public enum class TimeoutPhase(override val word: String) : Word {
    /** Name resolution, TCP, TLS, proxy. */
    CONNECT("connect"),

    /** Request sent to response head. */
    FIRST_BYTE("first_byte"),

    /** Silence while reading a body. */
    BODY("body"),

    /** The whole call. */
    OPERATION("operation"),

    /** The server said so: 408. */
    SERVER("server"),
}

/** The call that failed. */
public enum class Operation(override val word: String) : Word {
    /** Making a client. */
    CONFIGURE("configure"),

    /** `commit`. */
    COMMIT("commit"),

    /** `resolveCommit`. */
    RESOLVE_COMMIT("resolve_commit"),

    /** `status`. */
    STATUS("status"),

    /** A page of an export, or a page probe inside one of the others. */
    PAGE("page"),

    /** `initiate`. */
    INITIATE("initiate"),

    /** `wait`. */
    WAIT("wait"),

    /** An export landed in a folder, and looking at one. Its commit is a [COMMIT]. */
    EXPORT("export"),
}

/** What a landing is doing. */
public enum class Stage(override val word: String) : Word {
    /** Starting the export. */
    INITIATE("initiate"),

    /** Waiting until it is ready. */
    WAIT("wait"),

    /** Reading pages and writing parts. */
    LAND("land"),

    /** Making the batch whole. */
    SEAL("seal"),

    /** Committing it. */
    COMMIT("commit"),
}

/** How the token of a sealed batch came to its end. */
public enum class CommitEnd(override val word: String) : Word {
    /** This landing committed it. */
    COMMITTED("committed"),

    /** It was consumed before this landing sent anything. */
    ALREADY_COMMITTED("already_committed"),

    /** It expired before it was committed. The data is landed all the same; the server's files are not known of. */
    EXPIRED("expired"),
}

/** The constant of a word. The native library and this package are built from one tree, so each word is known. */
internal inline fun <reified E> constantOf(word: String): E where E : Enum<E>, E : Word =
    enumValues<E>().first { it.word == word }
