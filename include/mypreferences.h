/*
 * MyPreferences bulk export and its Commit, for C. For C++17 see mypreferences.hpp.
 *
 * Made by `cargo xtask generate`; do not edit. Licensed under MIT or Apache-2.0, at your choice.
 *
 * Errors: a function that can fail returns mypref_error *: NULL when all is fine, otherwise an error that the caller
 * owns and frees with mypref_error_free. Its result goes to the last parameter, which is always written: NULL (or 0)
 * after an error. NULL and invalid UTF-8 where they do not belong are MYPREF_KIND_INVALID_ARGUMENT, never a crash.
 *
 * Handles: each type has one function that frees it. It takes the address of the pointer and sets it to NULL, so that
 * freeing twice does nothing. Getters may be given NULL.
 *
 * Lifetime, unless a function says otherwise: what is given is copied, or read only until the function returns; the
 * caller owns a handle that is returned or written; a text (UTF-8, ended by NUL) or bytes that a getter returns belong to
 * the handle that was asked and end with it.
 *
 * Threads, unless a function says otherwise: any thread may call it, and several may use one handle at once; but no other
 * thread may use a handle while one function frees or changes it (the pointer that it takes is not const).
 *
 * Processes: a client does not survive fork(): calls in the child end with MYPREF_KIND_FORKED_PROCESS. Make a new one
 * there. SIGPIPE: a connection that is gone does not raise it in the program.
 */

#ifndef MYPREFERENCES_H
#define MYPREFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A result that must not be dropped: it may be an error that somebody has to free. */
#if defined(__GNUC__)
#define MYPREF_MUST_USE __attribute__((warn_unused_result))
#else
#define MYPREF_MUST_USE
#endif

/**
 * Version of the ABI that this header describes, the number in the name `libmypreferences.so.0`. It grows when a
 * program that was linked against an older library would no longer work.
 */
#define MYPREF_ABI_VERSION 0

/**
 * Stands for the default where a number is asked for.
 */
#define MYPREF_DEFAULT -1

/**
 * Stands for a date that the server did not give.
 */
#define MYPREF_NO_DATE INT64_MIN

/**
 * How the token of a sealed batch came to its end.
 */
typedef enum {
    /**
     * There is no receipt.
     */
    MYPREF_COMMIT_END_NONE = 0,
    /**
     * This landing committed it.
     */
    MYPREF_COMMIT_END_COMMITTED = 1,
    /**
     * It was consumed before this landing sent anything.
     */
    MYPREF_COMMIT_END_ALREADY_COMMITTED = 2,
    /**
     * It expired before it was committed. The data is landed; what became of the server's files is not known.
     */
    MYPREF_COMMIT_END_EXPIRED = 3,
} mypref_commit_end;

/**
 * keep_files as it was asked for.
 */
typedef enum {
    /**
     * Nothing was asked for: mypref_resolve_commit does not send.
     */
    MYPREF_KEEP_FILES_NONE = 0,
    /**
     * The files were to be kept.
     */
    MYPREF_KEEP_FILES_YES = 1,
    /**
     * The files were to be deleted.
     */
    MYPREF_KEEP_FILES_NO = 2,
} mypref_keep_files;

/**
 * What went wrong. Numbers are stable and never reused; a number that this header does not know belongs to its
 * hundred (431 is one of the 400s).
 */
typedef enum {
    /**
     * There is no error.
     */
    MYPREF_KIND_NONE = 0,
    /**
     * Refused before any I/O.
     */
    MYPREF_KIND_INVALID_ARGUMENT = 100,
    /**
     * Missing or contradictory settings, an unreadable file and the like.
     */
    MYPREF_KIND_CONFIGURATION = 101,
    /**
     * A client made before `fork` was used in the child.
     */
    MYPREF_KIND_FORKED_PROCESS = 102,
    /**
     * The client was used after it was closed.
     */
    MYPREF_KIND_CLOSED = 103,
    /**
     * Name resolution failed, the connection was refused, the host is unreachable.
     */
    MYPREF_KIND_CONNECT = 200,
    /**
     * The TLS handshake failed or the certificate is not trusted.
     */
    MYPREF_KIND_TLS = 201,
    /**
     * The proxy asked for credentials (407) or refused CONNECT.
     */
    MYPREF_KIND_PROXY = 202,
    /**
     * A time limit passed; its phase is `connect`, `first_byte`, `body`, `operation` or `server` (408).
     */
    MYPREF_KIND_TIMEOUT = 210,
    /**
     * The connection ended before the response head, or in the body of a read.
     */
    MYPREF_KIND_INTERRUPTED = 220,
    /**
     * The caller cancelled.
     */
    MYPREF_KIND_CANCELLED = 230,
    /**
     * Any 3xx: redirects are never followed.
     */
    MYPREF_KIND_REDIRECT_REFUSED = 300,
    /**
     * 400, 422.
     */
    MYPREF_KIND_BAD_REQUEST = 400,
    /**
     * 401.
     */
    MYPREF_KIND_UNAUTHORIZED = 401,
    /**
     * 403.
     */
    MYPREF_KIND_FORBIDDEN = 403,
    /**
     * 404.
     */
    MYPREF_KIND_NOT_FOUND = 404,
    /**
     * 409, 410, 412.
     */
    MYPREF_KIND_CONFLICT = 409,
    /**
     * 429.
     */
    MYPREF_KIND_RATE_LIMITED = 429,
    /**
     * 401 whose cause is the local clock, after the one repair.
     */
    MYPREF_KIND_CLOCK_SKEW = 490,
    /**
     * 500, 502, 504 or another 5xx.
     */
    MYPREF_KIND_SERVER_ERROR = 500,
    /**
     * 503.
     */
    MYPREF_KIND_SERVICE_UNAVAILABLE = 503,
    /**
     * Any other status code.
     */
    MYPREF_KIND_UNEXPECTED_STATUS = 599,
    /**
     * The answer is not JSON, has the wrong shape, is cut or badly compressed.
     */
    MYPREF_KIND_INVALID_RESPONSE = 600,
    /**
     * The answer is larger than the cap for its kind of body.
     */
    MYPREF_KIND_RESPONSE_TOO_LARGE = 601,
    /**
     * Local disk: write, fsync, rename.
     */
    MYPREF_KIND_STORAGE = 700,
    /**
     * The folder holds an export with other parameters.
     */
    MYPREF_KIND_OUTPUT_CONFLICT = 701,
    /**
     * Another process holds the folder.
     */
    MYPREF_KIND_LOCKED = 702,
    /**
     * A landed part does not match its hash.
     */
    MYPREF_KIND_CORRUPT = 703,
    /**
     * The export's status is `Error` or `Failed`.
     */
    MYPREF_KIND_EXPORT_FAILED = 800,
    /**
     * The export's status is `Expired` before it was landed.
     */
    MYPREF_KIND_EXPORT_EXPIRED = 801,
    /**
     * The deadline of a wait passed; the token is still good.
     */
    MYPREF_KIND_WAIT_TIMED_OUT = 802,
    /**
     * A commit or an Initiate was sent and what it did is unclear: ask with `resolve_commit`, or initiate again.
     */
    MYPREF_KIND_OUTCOME_UNKNOWN = 810,
    /**
     * The same token, with another `keep_files`, at the same time or after this client committed it.
     */
    MYPREF_KIND_COMMIT_CONFLICT = 811,
    /**
     * The landing receipt is missing or does not match.
     */
    MYPREF_KIND_NOT_SEALED = 812,
    /**
     * The rows landed differ from `TotalResults`.
     */
    MYPREF_KIND_COUNT_MISMATCH = 813,
    /**
     * A bug of ours (a caught panic too).
     */
    MYPREF_KIND_INTERNAL = 900,
} mypref_kind;

/**
 * Whether trying again can help.
 */
typedef enum {
    /**
     * There is no error.
     */
    MYPREF_RETRY_NONE = 0,
    /**
     * The same call will fail again until something is changed.
     */
    MYPREF_RETRY_PERMANENT = 1,
    /**
     * The same call may succeed later.
     */
    MYPREF_RETRY_TEMPORARY = 2,
    /**
     * Was temporary and outlived the retries of this call.
     */
    MYPREF_RETRY_PERSISTENT = 3,
} mypref_retry;

/**
 * The transport fact of one request: what is known about its way to the server.
 */
typedef enum {
    /**
     * There is no request.
     */
    MYPREF_SENT_NONE = 0,
    /**
     * Certainly nothing of it reached the server.
     */
    MYPREF_SENT_NOT_SENT = 1,
    /**
     * It may have reached the server; no complete response head came back.
     */
    MYPREF_SENT_MAYBE_SENT = 2,
    /**
     * A complete response head came back.
     */
    MYPREF_SENT_ANSWERED = 3,
} mypref_sent;

/**
 * What a failed commit says about this call's requests. Never more: the token may have been committed by others.
 */
typedef enum {
    /**
     * Not the error of a commit.
     */
    MYPREF_COMMIT_STATE_NONE = 0,
    /**
     * No request of this call was applied.
     */
    MYPREF_COMMIT_STATE_NOT_COMMITTED = 1,
    /**
     * A request of this call may have been applied: ask later with mypref_resolve_commit.
     */
    MYPREF_COMMIT_STATE_UNKNOWN = 2,
} mypref_commit_state;

/**
 * What a landing is doing.
 */
typedef enum {
    /**
     * There is no landing.
     */
    MYPREF_STAGE_NONE = 0,
    /**
     * Starting the export.
     */
    MYPREF_STAGE_INITIATE = 1,
    /**
     * Waiting until it is ready.
     */
    MYPREF_STAGE_WAIT = 2,
    /**
     * Reading pages and writing parts.
     */
    MYPREF_STAGE_LAND = 3,
    /**
     * Making the batch whole.
     */
    MYPREF_STAGE_SEAL = 4,
    /**
     * Committing it.
     */
    MYPREF_STAGE_COMMIT = 5,
} mypref_stage;

/**
 * How the token came to be consumed.
 */
typedef enum {
    /**
     * There is no receipt.
     */
    MYPREF_OUTCOME_NONE = 0,
    /**
     * A send of this call was answered 200 or 204, or was open and the token is now consumed.
     */
    MYPREF_OUTCOME_COMMITTED = 1,
    /**
     * The token is consumed and no send of this call can have done it.
     */
    MYPREF_OUTCOME_ALREADY_COMMITTED = 2,
} mypref_outcome;

/**
 * How sure the outcome is.
 */
typedef enum {
    /**
     * There is no receipt.
     */
    MYPREF_CERTAINTY_NONE = 0,
    /**
     * The server said so.
     */
    MYPREF_CERTAINTY_CERTAIN = 1,
    /**
     * Everything points to it, but the server's words would also fit another story. The setting "require_certain" makes it outcome_unknown.
     */
    MYPREF_CERTAINTY_PRESUMED = 2,
} mypref_certainty;

/**
 * What the outcome was read from.
 */
typedef enum {
    /**
     * There is no receipt.
     */
    MYPREF_CONFIRMED_BY_NONE = 0,
    /**
     * The answer to the commit itself: 200 or 204.
     */
    MYPREF_CONFIRMED_BY_RESPONSE = 1,
    /**
     * Status Retrieved.
     */
    MYPREF_CONFIRMED_BY_STATUS = 2,
    /**
     * The token that was good before the commit is refused now.
     */
    MYPREF_CONFIRMED_BY_TOKEN_RETIRED = 3,
    /**
     * Status Expired long before the token's own time.
     */
    MYPREF_CONFIRMED_BY_EARLY_EXPIRY = 4,
} mypref_confirmed_by;

/**
 * What is known about the export files.
 */
typedef enum {
    /**
     * There is no receipt.
     */
    MYPREF_FILES_NONE = 0,
    /**
     * Kept or deleted as keep_files of this call asked.
     */
    MYPREF_FILES_AS_ASKED = 1,
    /**
     * Another commit with another keep_files may have decided. Make no privacy claim from this receipt.
     */
    MYPREF_FILES_UNKNOWN = 2,
} mypref_files;

/**
 * What mypref_resolve_commit found.
 */
typedef enum {
    /**
     * There is no resolution.
     */
    MYPREF_RESOLVED_NONE = 0,
    /**
     * The token is consumed; mypref_resolution_receipt has the receipt.
     */
    MYPREF_RESOLVED_COMMITTED = 1,
    /**
     * The export was still ready to be read when the server was asked.
     */
    MYPREF_RESOLVED_NOT_COMMITTED = 2,
    /**
     * The answers do not tell; mypref_resolution_error has the error, outcome_unknown.
     */
    MYPREF_RESOLVED_UNKNOWN = 3,
} mypref_resolved;

/**
 * How the commit of a batch ended. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_batch_receipt mypref_batch_receipt;

/**
 * What lies on both sides of places where an export is cut. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_boundary_list mypref_boundary_list;

/**
 * Options of single calls. One set may serve any number of calls.
 */
typedef struct mypref_call_options mypref_call_options;

/**
 * Ends the calls that it was given to.
 */
typedef struct mypref_cancel_token mypref_cancel_token;

/**
 * A client of one MyPreferences account, with its connections. Thread-safe.
 */
typedef struct mypref_client mypref_client;

/**
 * What went wrong, as data. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_error mypref_error;

/**
 * An export that was initiated, of one account. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_export_handle mypref_export_handle;

/**
 * The status of an export. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_export_status mypref_export_status;

/**
 * What a landing has come to. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_landed mypref_landed;

/**
 * How to land exports. One set may serve any number of calls.
 */
typedef struct mypref_landing_options mypref_landing_options;

/**
 * What a destination holds: a database, a lake, a warehouse. One may serve any number of calls.
 */
typedef struct mypref_loaded mypref_loaded;

/**
 * Settings and credentials of a client to be.
 */
typedef struct mypref_options mypref_options;

/**
 * What to export.
 */
typedef struct mypref_order mypref_order;

/**
 * One page of an export. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_page mypref_page;

/**
 * The pages of an export on their way.
 */
typedef struct mypref_pages mypref_pages;

/**
 * Which pages are read, and what they have to be.
 */
typedef struct mypref_range mypref_range;

/**
 * What a commit that ended well says. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_receipt mypref_receipt;

/**
 * What mypref_resolve_commit found. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_resolution mypref_resolution;

/**
 * The proof that a batch is durable and whole. Made by landing alone. Getters take NULL too and give the value for
 * "absent" then.
 */
typedef struct mypref_sealed mypref_sealed;

/**
 * The sealed batches of a folder that are not committed, oldest first.
 */
typedef struct mypref_sealed_list mypref_sealed_list;

/**
 * An encrypted handle. Getters take NULL too and give the value for "absent" then.
 */
typedef struct mypref_wrapped mypref_wrapped;

/**
 * One send of a call. It may grow at its end: mypref_error_attempt and mypref_receipt_attempt are told the size that
 * the program knows.
 */
typedef struct {
    /**
     * 1 for the first.
     */
    uint32_t n;
    /**
     * Status code; 0 when it was not answered.
     */
    int32_t http_status;
    /**
     * Seconds between the end of the attempt before and the start of this one; for the first, since the call began.
     */
    double delay_before_seconds;
    /**
     * Seconds that it took.
     */
    double elapsed_seconds;
    /**
     * What is known about its way to the server.
     */
    mypref_sent sent;
    /**
     * The kind of its failure; MYPREF_KIND_NONE for a success.
     */
    mypref_kind kind;
} mypref_attempt;

/**
 * The completion of mypref_initiate_start: exactly one of `error` and `handle` is not NULL.
 *
 * Lifetime: the callback owns what it gets and frees it.
 * Threads: as mypref_commit_callback.
 */
typedef void (*mypref_initiate_callback)(void *user_data, mypref_error *error, mypref_export_handle *handle);

/**
 * The completion of mypref_status_start: exactly one of `error` and `status` is not NULL.
 *
 * Lifetime: the callback owns what it gets and frees it.
 * Threads: as mypref_commit_callback.
 */
typedef void (*mypref_status_callback)(void *user_data, mypref_error *error, mypref_export_status *status);

/**
 * The completion of mypref_export_start and mypref_land_start: exactly one of `error` and `landed` is not NULL.
 *
 * Lifetime: the callback owns what it gets and frees it.
 * Threads: as mypref_commit_callback.
 */
typedef void (*mypref_landed_callback)(void *user_data, mypref_error *error, mypref_landed *landed);

/**
 * The completion of mypref_commit_landed_start and mypref_commit_loaded_start: exactly one of `error` and `receipt` is not NULL.
 *
 * Lifetime: the callback owns what it gets and frees it.
 * Threads: as mypref_commit_callback.
 */
typedef void (*mypref_batch_receipt_callback)(void *user_data,
                                              mypref_error *error,
                                              mypref_batch_receipt *receipt);

/**
 * The completion of mypref_boundaries_start: exactly one of `error` and `boundaries` is not NULL.
 *
 * Lifetime: the callback owns what it gets and frees it.
 * Threads: as mypref_commit_callback.
 */
typedef void (*mypref_boundaries_callback)(void *user_data,
                                           mypref_error *error,
                                           mypref_boundary_list *boundaries);

/**
 * How far a landing is. It may grow at its end.
 */
typedef struct {
    /**
     * What it is doing.
     */
    mypref_stage stage;
    /**
     * The name of the batch's folder.
     */
    const char *batch;
    /**
     * Records landed so far, those of earlier runs included.
     */
    int64_t rows;
    /**
     * Records of the export; -1 until the server told.
     */
    int64_t total;
    /**
     * Records that an earlier run had landed.
     */
    int64_t resumed_rows;
    /**
     * Seconds since the call began.
     */
    double elapsed_seconds;
    /**
     * Seconds until the next question while it waits; otherwise negative.
     */
    double next_in_seconds;
    /**
     * Something that a person should know, told once; otherwise NULL.
     */
    const char *note;
} mypref_progress;

/**
 * Told how far a landing is: at each stage, after each question whether the export is ready, after each page.
 *
 * Lifetime: `progress` and its texts are valid until the callback returns.
 * Threads: called from a thread of the library that carries no call, never from two at once for one call, never after
 * the completion of its call, which waits for it; what is overtaken meanwhile is left out, but no stage, no note and
 * not the last state. It may take its time and call any function of the library, a blocking one too; it must not
 * throw; to stop, it cancels the call's token.
 */
typedef void (*mypref_progress_callback)(void *user_data, const mypref_progress *progress);

/**
 * Called for each request of each call, after it ended. `event` is one line of JSON in UTF-8 with the members
 * operation, n, delay_before, elapsed, sent, status, kind and url; secrets and access tokens are not in it.
 *
 * Lifetime: `event` is valid until the callback returns.
 * Threads: called from the thread of the library that carries every call of the process, or from the thread of a
 * blocking call, also from several at once. It must not call back into the library, and must not block: until it
 * returns, no other call of the process goes on, and their time limits do not end them. Hand the line on, to a queue
 * for example.
 */
typedef void (*mypref_log_callback)(void *user_data, const char *event);

/**
 * Told that its user_data is not used any more, so that it can be freed.
 *
 * Lifetime: called exactly once.
 * Threads: called from the thread that lets go of it last, perhaps one of the library.
 */
typedef void (*mypref_release_callback)(void *user_data);

/**
 * The completion of mypref_pages_next_start: not NULL is `error`, or `page`, or neither of them after the last page.
 *
 * Lifetime: the callback owns what it gets and frees it.
 * Threads: as mypref_commit_callback; it may ask for the next page and free the pages.
 */
typedef void (*mypref_page_callback)(void *user_data, mypref_error *error, mypref_page *page);

/**
 * The completion of mypref_commit_start: exactly one of `error` and `receipt` is not NULL.
 *
 * Lifetime: the callback owns what it gets and frees it.
 * Threads: called from the thread of the library that carries every call of the process; it may start calls and free
 * the client, but not block, call a blocking function of the library, or throw: until it returns, no other call goes
 * on, and their time limits do not end them.
 */
typedef void (*mypref_commit_callback)(void *user_data, mypref_error *error, mypref_receipt *receipt);

/**
 * The completion of mypref_resolve_commit_start: exactly one of `error` and `resolution` is not NULL.
 *
 * Lifetime: the callback owns what it gets and frees it.
 * Threads: as mypref_commit_callback.
 */
typedef void (*mypref_resolve_commit_callback)(void *user_data,
                                               mypref_error *error,
                                               mypref_resolution *resolution);

/**
 * What was verified. It may grow at its end: mypref_verify is told the size that the program knows.
 */
typedef struct {
    /**
     * Sealed batches.
     */
    int64_t batches;
    /**
     * Their parts.
     */
    int64_t parts;
    /**
     * Their records.
     */
    int64_t rows;
    /**
     * Their bytes on disk.
     */
    int64_t bytes;
    /**
     * Sealed batches that the journal knows and the folder lacks: moved away by their consumer, or lost.
     */
    int64_t moved;
    /**
     * Files part-* in the folders of batches that no manifest names.
     */
    int64_t unnamed;
    /**
     * Batches that begin after what those before them cover.
     */
    int64_t gaps;
} mypref_verified;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The library's version, such as "0.1.0".
 *
 * Lifetime: the text is valid for as long as the library is loaded.
 */
const char *mypref_version(void);

/**
 * The version of the loaded library's ABI; compare it with MYPREF_ABI_VERSION when the library is loaded by hand.
 */
int mypref_abi_version(void);

/**
 * Ends the threads of the library, waiting up to `wait_ms` milliseconds for them (negative counts as 0). Not needed
 * at the end of a program, but a program that unloads the library or looks for leaks calls it last. Calls that are
 * under way keep their threads until they are over; clients stay usable, and the next call starts the threads anew.
 *
 * Lifetime: frees no handle.
 * Threads: may be called from any thread except in a callback of the library, at any time and more than once; in a
 * forked child it does nothing to the parent.
 */
void mypref_shutdown(int64_t wait_ms);

/**
 * Frees a receipt of a batch and sets `*receipt` to NULL; NULL is fine. Not for one that belongs to another handle.
 */
void mypref_batch_receipt_free(mypref_batch_receipt **receipt);

/**
 * The record as JSON, as _receipt.json in the batch's folder has it: the same bytes in every language; NULL only for
 * NULL.
 *
 * Lifetime: the text is valid until the receipt, or what it belongs to, is freed.
 */
const char *mypref_batch_receipt_json(const mypref_batch_receipt *receipt);

/**
 * How it ended. MYPREF_COMMIT_END_NONE for NULL.
 */
mypref_commit_end mypref_batch_receipt_end(const mypref_batch_receipt *receipt);

/**
 * As asked; MYPREF_KEEP_FILES_NONE for NULL.
 */
mypref_keep_files mypref_batch_receipt_keep_files(const mypref_batch_receipt *receipt);

/**
 * Whether a claim about the server's files, kept or deleted, can be made from this receipt; false for NULL.
 */
bool mypref_batch_receipt_files_are_as_asked(const mypref_batch_receipt *receipt);

/**
 * When it was written, by the local clock, such as "2026-11-24T06:25:53Z"; NULL when absent.
 *
 * Lifetime: the text is valid until the receipt, or what it belongs to, is freed.
 */
const char *mypref_batch_receipt_at(const mypref_batch_receipt *receipt);

/**
 * Date of the answer that confirmed it, such as "2026-11-24T06:25:53Z"; NULL when absent.
 *
 * Lifetime: the text is valid until the receipt, or what it belongs to, is freed.
 */
const char *mypref_batch_receipt_server_date(const mypref_batch_receipt *receipt);

/**
 * Makes a token that is not cancelled. Freed with mypref_cancel_token_free.
 */
mypref_cancel_token *mypref_cancel_token_new(void);

/**
 * Frees a token and sets `*token` to NULL; NULL is fine. Does not cancel.
 *
 * Lifetime: call options and calls that were given the token are not affected.
 */
void mypref_cancel_token_free(mypref_cancel_token **token);

/**
 * Cancels the calls that have this token, those to come included. They give up their connection and end with
 * MYPREF_KIND_CANCELLED and what is known about their requests, unless they were over already. Twice is the same as
 * once; NULL is fine.
 *
 * Lifetime: the token stays usable and cancelled.
 */
void mypref_cancel_token_cancel(const mypref_cancel_token *token);

/**
 * Whether the token was cancelled; false for NULL.
 */
bool mypref_cancel_token_is_cancelled(const mypref_cancel_token *token);

/**
 * Makes call options with nothing set: the client's kind and timeout, and no token. Freed with
 * mypref_call_options_free.
 */
mypref_call_options *mypref_call_options_new(void);

/**
 * Frees call options and sets `*options` to NULL; NULL is fine.
 *
 * Lifetime: calls that were started with them are not affected.
 */
void mypref_call_options_free(mypref_call_options **options);

/**
 * What was exported: "segment", "segment-group", "schedule" or "cid". Default: the client's setting "kind".
 */
MYPREF_MUST_USE mypref_error *mypref_call_options_set_kind(mypref_call_options *options, const char *kind);

/**
 * How long the call may take, questions about a lost answer included, in milliseconds: 1 to 86400000 (24 hours).
 * Default: the client's setting "timeout". For mypref_wait: how long to wait at most, up to 2592000000 (30 days).
 * Default: 24 hours.
 */
MYPREF_MUST_USE
mypref_error *mypref_call_options_set_timeout_ms(mypref_call_options *options,
                                                 int64_t milliseconds);

/**
 * Lets `token` cancel the calls that have these options.
 *
 * Lifetime: the token may be freed before the options and before the calls; its state is shared.
 */
MYPREF_MUST_USE
mypref_error *mypref_call_options_set_cancel_token(mypref_call_options *options,
                                                   const mypref_cancel_token *token);

/**
 * Opens a client. Checks every setting, reads the certificates of the system, and does no other I/O; starts no
 * thread. Freed with mypref_client_free.
 *
 * Errors: invalid_argument, configuration.
 *
 * Lifetime: the options are copied and stay the caller's; the caller owns `*client`, which is NULL after an error.
 */
MYPREF_MUST_USE
mypref_error *mypref_client_open(const mypref_options *options,
                                 mypref_client **client);

/**
 * Closes a client and cancels its calls: they end with MYPREF_KIND_CANCELLED, and calls that come later with
 * MYPREF_KIND_CLOSED. Twice is the same as once; NULL is fine; in a forked child it does nothing.
 *
 * Lifetime: the handle stays to be freed.
 * Threads: may be called from any thread at any time, in a callback too.
 */
void mypref_client_close(const mypref_client *client);

/**
 * Whether the client was closed; true for NULL.
 */
bool mypref_client_is_closed(const mypref_client *client);

/**
 * Closes a client as mypref_client_close does, frees it, and sets `*client` to NULL; NULL is fine.
 *
 * Lifetime: calls that were started still complete, each with its callback.
 * Threads: may be called in a callback; no other thread may use the handle at the same time.
 */
void mypref_client_free(mypref_client **client);

/**
 * Reads an access token from text: the digits that Initiate returned, as they stand in a file or on a command line.
 *
 * Errors: invalid_argument; `*access_token` is 0 then.
 */
MYPREF_MUST_USE
mypref_error *mypref_access_token_parse(const char *text_of_token,
                                        int64_t *access_token);

/**
 * Acknowledges a retrieval: marks it finished, expires the access token and, unless `keep_files`, deletes the export
 * files on the server. Blocks until it is over, at most for the setting "timeout" and a second.
 *
 * Before you call it: the pages were read with keepAlive=true, and the data is safe on your side. Without
 * `keep_files` there is no other copy afterwards.
 *
 * Sends one POST when all goes well. When its answer is lost, it asks the server what became of it before it sends
 * again. Errors: any kind below 700, outcome_unknown, commit_conflict; with "preflight" also export_failed,
 * export_expired and wait_timed_out. mypref_error_commit_state says what is known about this call's requests.
 *
 * Lifetime: `options` may be NULL and stays the caller's; the caller owns `*receipt`, which is NULL after an error.
 * Threads: may be called from any thread, from many at once, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_commit(const mypref_client *client,
                            int64_t access_token,
                            bool keep_files,
                            const mypref_call_options *options,
                            mypref_receipt **receipt);

/**
 * Asks whether a token was committed, without sending a commit: for a call that ended with outcome_unknown. Blocks
 * until it is over. A question without an answer is MYPREF_RESOLVED_UNKNOWN, not an error.
 *
 * Errors: invalid_argument, cancelled, closed, forked_process, configuration, internal.
 *
 * Lifetime: `options` may be NULL and stays the caller's; the caller owns `*resolution`, which is NULL after an error.
 * Threads: may be called from any thread, from many at once, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_resolve_commit(const mypref_client *client,
                                    int64_t access_token,
                                    const mypref_call_options *options,
                                    mypref_resolution **resolution);

/**
 * Asks the status of an export. Blocks until it is over; temporary failures are tried again.
 *
 * Errors: any kind below 700.
 *
 * Lifetime: `options` may be NULL and stays the caller's; the caller owns `*status`, which is NULL after an error.
 * Threads: may be called from any thread, from many at once, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_status(const mypref_client *client,
                            int64_t access_token,
                            const mypref_call_options *options,
                            mypref_export_status **status);

/**
 * Frees an error and sets `*error` to NULL; NULL is fine.
 */
void mypref_error_free(mypref_error **error);

/**
 * The error in one line that ends with the next step, for people and logs; NULL only for NULL.
 */
const char *mypref_error_message(const mypref_error *error);

/**
 * The canonical record as JSON: the same bytes in every language; NULL only for NULL.
 */
const char *mypref_error_json(const mypref_error *error);

/**
 * What went wrong; the value is the number of the catalogue. MYPREF_KIND_NONE for NULL.
 */
mypref_kind mypref_error_kind(const mypref_error *error);

/**
 * The kind's name, such as "rate_limited"; NULL only for NULL.
 */
const char *mypref_error_kind_name(const mypref_error *error);

/**
 * With MYPREF_KIND_TIMEOUT which limit passed: "connect", "first_byte", "body", "operation" or "server"; otherwise NULL.
 */
const char *mypref_error_phase(const mypref_error *error);

/**
 * The call that failed, such as "commit" or "configure"; NULL only for NULL.
 */
const char *mypref_error_operation(const mypref_error *error);

/**
 * What exactly was wrong, when the kind alone does not say it; NULL when absent.
 */
const char *mypref_error_detail(const mypref_error *error);

/**
 * Status code of the last send; 0 when absent.
 */
int32_t mypref_error_http_status(const mypref_error *error);

/**
 * Message of the answer's body, at most 2 KiB, control characters escaped; NULL when absent.
 */
const char *mypref_error_server_message(const mypref_error *error);

/**
 * Whether trying again can help. MYPREF_RETRY_NONE for NULL.
 */
mypref_retry mypref_error_retry(const mypref_error *error);

/**
 * How long the server asks to wait before the next try, in seconds; negative when absent.
 */
double mypref_error_retry_after_seconds(const mypref_error *error);

/**
 * The transport fact of the last send. MYPREF_SENT_NONE for NULL.
 */
mypref_sent mypref_error_sent(const mypref_error *error);

/**
 * What is known about this call's requests; MYPREF_COMMIT_STATE_NONE on other operations than commit.
 */
mypref_commit_state mypref_error_commit_state(const mypref_error *error);

/**
 * How many sends the call made; 0 for NULL.
 */
size_t mypref_error_attempt_count(const mypref_error *error);

/**
 * Copies the send at `index` (from 0) to `*attempt`. `attempt_size` is sizeof(mypref_attempt) as the program knows it.
 * False, and nothing written, when there is no such send.
 */
bool mypref_error_attempt(const mypref_error *error,
                          size_t index,
                          mypref_attempt *attempt,
                          size_t attempt_size);

/**
 * How long the call took, in seconds; 0 for NULL.
 */
double mypref_error_elapsed_seconds(const mypref_error *error);

/**
 * The server's id of the request; NULL when absent.
 */
const char *mypref_error_request_id(const mypref_error *error);

/**
 * The HTTP method of the request; NULL when absent.
 */
const char *mypref_error_method(const mypref_error *error);

/**
 * The request's URL with the access token masked; NULL when absent.
 */
const char *mypref_error_url(const mypref_error *error);

/**
 * One sentence: what to do next; NULL only for NULL.
 */
const char *mypref_error_next_action(const mypref_error *error);

/**
 * The underlying cause in words, for diagnosis, not stable; NULL when absent.
 */
const char *mypref_error_source(const mypref_error *error);

/**
 * Starts an export. Wait for it with mypref_wait, read it with mypref_pages_open or land it with mypref_land, and commit
 * it when its data is safe; or let mypref_export do all of it. Blocks until it is over, at most for the setting "timeout"
 * and a second. Sends one POST when all goes well, and again only what was surely not taken.
 *
 * Errors: invalid_argument before any I/O for an order that is none; any kind below 700; outcome_unknown when the answer
 * was lost: start it again, what may have been started expires unread.
 *
 * Lifetime: order and options stay the caller's, options may be NULL; the caller owns `*handle`, which is NULL after an
 * error.
 * Threads: may be called from any thread, from many at once, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_initiate(const mypref_client *client,
                              const mypref_order *order,
                              const mypref_call_options *options,
                              mypref_export_handle **handle);

/**
 * Waits until an export is ready, at most for the options' timeout (24 hours unless said otherwise), and gives its
 * status. Blocks meanwhile; asks every 1 s at first, every 30 s later.
 *
 * Errors: export_failed, export_expired; wait_timed_out: the token is still good, wait again; a permanent failure of a
 * question, or the last temporary one when the setting patience has ended.
 *
 * Lifetime: handle and options stay the caller's, options may be NULL; the caller owns `*status`, which is NULL after an
 * error.
 * Threads: may be called from any thread, from many at once, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_wait(const mypref_client *client,
                          const mypref_export_handle *handle,
                          const mypref_call_options *options,
                          mypref_export_status **status);

/**
 * Lands an export in the folder `out` and commits it: initiate, wait, pages, seal, commit. Blocks until it is over.
 * Whatever stopped an earlier call, a cancelled token or a crash, the same call continues it; a finished one is not done
 * again, unless since is "auto". The commit comes last, when the batch is durable and whole. The folder belongs to
 * exports of one thing of one account; readers take `batch=*` and see a batch whole or not at all.
 *
 * Errors: any kind. 700 to 703 for the folder; export_failed, export_expired, wait_timed_out; count_mismatch when the
 * pages are not what the server said; outcome_unknown when Initiate or the commit was lost: the same call finds out what
 * became of it. invalid_argument before any I/O, for options without keep_files too.
 *
 * Lifetime: order, options and token stay the caller's, the token may be NULL; the text is copied; the caller owns
 * `*landed`, which is NULL after an error.
 * Threads: may be called from any thread, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_export(const mypref_client *client,
                            const mypref_order *order,
                            const char *out,
                            const mypref_landing_options *options,
                            const mypref_cancel_token *cancel,
                            mypref_landed **landed);

/**
 * Lands an export that was initiated before, by this process or another one, in the folder `out`. Does not commit it:
 * mypref_commit_landed does. Blocks until it is over; the same call continues what was stopped. commit,
 * keep_files, since and overlap are for mypref_export and refused here.
 *
 * Errors: as mypref_export.
 *
 * Lifetime: handle, options and token stay the caller's, options and token may be NULL; the text is copied; the caller
 * owns `*landed`, which is NULL after an error.
 * Threads: may be called from any thread, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_land(const mypref_client *client,
                          const mypref_export_handle *handle,
                          const char *out,
                          const mypref_landing_options *options,
                          const mypref_cancel_token *cancel,
                          mypref_landed **landed);

/**
 * Commits a sealed batch: the order that cannot lose data. Asks status first, and after a commit whose answer was lost,
 * what became of it. A batch that is committed already gives its receipt, and nothing is sent. Blocks until it is over.
 *
 * Errors: as mypref_commit; not_sealed when `sealed` is NULL, a handle of another sort, or does not match the folder;
 * corrupt when a part does not match its hash; output_conflict for another keep_files than one that may have been sent;
 * locked, storage.
 *
 * Lifetime: `sealed` and token stay the caller's, the token may be NULL; the caller owns `*receipt`, which is NULL after
 * an error.
 * Threads: may be called from any thread, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_commit_landed(const mypref_client *client,
                                   const mypref_sealed *sealed,
                                   bool keep_files,
                                   const mypref_cancel_token *cancel,
                                   mypref_batch_receipt **receipt);

/**
 * Commits an export that was loaded elsewhere than in a folder of this library: into a database, a lake, a warehouse. The
 * rows must be what the export has, which is asked for where no page has told it; then the files are made durable; then
 * as mypref_commit_landed. The same call again, from any process, sends nothing and says how it ended. Blocks until it is
 * over.
 *
 * Errors: as mypref_commit; count_mismatch when the destination has other rows; storage when a file cannot be made
 * durable, invalid_argument when it is not there; wait_timed_out while the export is not ready.
 *
 * Lifetime: handle, `loaded` and token stay the caller's, the token may be NULL; the caller owns `*receipt`, which is NULL
 * after an error.
 * Threads: may be called from any thread, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_commit_loaded(const mypref_client *client,
                                   const mypref_export_handle *handle,
                                   const mypref_loaded *loaded,
                                   const mypref_cancel_token *cancel,
                                   mypref_batch_receipt **receipt);

/**
 * Asks what lies on both sides of the `count` places where an export is going to be cut into ranges: for each place n the
 * digests of the records n and n + 1, the last one of a range and the first one of the next. One request of two records
 * each. Blocks until it is over.
 *
 * Errors: any kind below 700; invalid_argument for a place below 1; count_mismatch where there are not two records.
 *
 * Lifetime: handle, places and token stay the caller's, the token may be NULL; the caller owns `*boundaries`, which is
 * NULL after an error; freed with mypref_boundary_list_free.
 * Threads: may be called from any thread, but not in a callback of the library.
 */
MYPREF_MUST_USE
mypref_error *mypref_boundaries(const mypref_client *client,
                                const mypref_export_handle *handle,
                                const int64_t *places,
                                size_t count,
                                const mypref_cancel_token *cancel,
                                mypref_boundary_list **boundaries);

/**
 * Reads what mypref_export_handle_json_with_token gave. Freed with mypref_export_handle_free.
 *
 * Errors: invalid_argument; the text is not repeated.
 *
 * Lifetime: the text is copied; the caller owns `*handle`, which is NULL after an error.
 */
MYPREF_MUST_USE mypref_error *mypref_export_handle_from_json(const char *json, mypref_export_handle **handle);

/**
 * Frees a handle and sets `*handle` to NULL; NULL is fine. The export on the server is not affected.
 *
 * Lifetime: its texts end with it; pages and calls that it was given to are not affected.
 */
void mypref_export_handle_free(mypref_export_handle **handle);

/**
 * The handle as JSON, with the access token: keep it where only those can read it who may read the export. NULL only
 * for NULL.
 */
const char *mypref_export_handle_json_with_token(const mypref_export_handle *handle);

/**
 * The access token that Initiate returned, for mypref_commit and mypref_status; 0 for NULL. Not to be shown.
 */
int64_t mypref_export_handle_access_token(const mypref_export_handle *handle);

/**
 * The server's time just before Initiate was sent, never later, in seconds since 1970 in UTC: what the next export asks
 * for by last_date_time, minus an overlap. MYPREF_NO_DATE for NULL.
 */
int64_t mypref_export_handle_watermark(const mypref_export_handle *handle);

/**
 * last_date_time as the export was asked for, in milliseconds since 1970 in UTC: it holds what changed since, and a
 * retrieval that is given up begins again from there. MYPREF_NO_DATE for everything, and for NULL.
 */
int64_t mypref_export_handle_since_ms(const mypref_export_handle *handle);

/**
 * Starts what mypref_initiate does and returns at once. When it returns NULL, `callback` is called exactly once, perhaps
 * before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: client, order and options may be freed while the call runs, but freeing the client cancels it; user_data
 * must be usable until the callback was called.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_initiate_start(const mypref_client *client,
                                    const mypref_order *order,
                                    const mypref_call_options *options,
                                    void *user_data,
                                    mypref_initiate_callback callback);

/**
 * Starts what mypref_wait does and returns at once. When it returns NULL, `callback` is called exactly once, perhaps
 * before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: client, handle and options may be freed while the call runs, but freeing the client cancels it; user_data
 * must be usable until the callback was called.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_wait_start(const mypref_client *client,
                                const mypref_export_handle *handle,
                                const mypref_call_options *options,
                                void *user_data,
                                mypref_status_callback callback);

/**
 * Starts what mypref_export does and returns at once. When it returns NULL, `callback` is called exactly once, perhaps
 * before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: client, order, options and token may be freed while the call runs, but freeing the client cancels it;
 * user_data, and that of the options' progress, must be usable until the callback was called.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_export_start(const mypref_client *client,
                                  const mypref_order *order,
                                  const char *out,
                                  const mypref_landing_options *options,
                                  const mypref_cancel_token *cancel,
                                  void *user_data,
                                  mypref_landed_callback callback);

/**
 * Starts what mypref_land does and returns at once. When it returns NULL, `callback` is called exactly once, perhaps
 * before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: as mypref_export_start.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_land_start(const mypref_client *client,
                                const mypref_export_handle *handle,
                                const char *out,
                                const mypref_landing_options *options,
                                const mypref_cancel_token *cancel,
                                void *user_data,
                                mypref_landed_callback callback);

/**
 * Starts what mypref_commit_landed does and returns at once. When it returns NULL, `callback` is called exactly once,
 * perhaps before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start. not_sealed comes through the callback.
 *
 * Lifetime: client, `sealed` and token may be freed while the call runs, but freeing the client cancels it; user_data
 * must be usable until the callback was called.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_commit_landed_start(const mypref_client *client,
                                         const mypref_sealed *sealed,
                                         bool keep_files,
                                         const mypref_cancel_token *cancel,
                                         void *user_data,
                                         mypref_batch_receipt_callback callback);

/**
 * Starts what mypref_commit_loaded does and returns at once. When it returns NULL, `callback` is called exactly once,
 * perhaps before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: client, handle, `loaded` and token may be freed while the call runs, but freeing the client cancels it;
 * user_data must be usable until the callback was called.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_commit_loaded_start(const mypref_client *client,
                                         const mypref_export_handle *handle,
                                         const mypref_loaded *loaded,
                                         const mypref_cancel_token *cancel,
                                         void *user_data,
                                         mypref_batch_receipt_callback callback);

/**
 * Starts what mypref_boundaries does and returns at once. When it returns NULL, `callback` is called exactly once,
 * perhaps before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: client, handle, places and token may be freed while the call runs, but freeing the client cancels it;
 * user_data must be usable until the callback was called.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_boundaries_start(const mypref_client *client,
                                      const mypref_export_handle *handle,
                                      const int64_t *places,
                                      size_t count,
                                      const mypref_cancel_token *cancel,
                                      void *user_data,
                                      mypref_boundaries_callback callback);

/**
 * Frees what a landing has come to and sets `*landed` to NULL; NULL is fine. What lies on the disk stays.
 *
 * Lifetime: its texts, its proof and its receipt end with it.
 */
void mypref_landed_free(mypref_landed **landed);

/**
 * The record as JSON: the same bytes in every language; NULL only for NULL.
 */
const char *mypref_landed_json(const mypref_landed *landed);

/**
 * The proof for mypref_commit_landed; NULL only for NULL.
 *
 * Lifetime: the proof belongs to the handle and ends with it.
 */
const mypref_sealed *mypref_landed_sealed(const mypref_landed *landed);

/**
 * How the commit ended; NULL when there was none.
 *
 * Lifetime: the receipt belongs to the handle and ends with it.
 */
const mypref_batch_receipt *mypref_landed_receipt(const mypref_landed *landed);

/**
 * The batch's folder: the one that was given to the landing, and the batch's name; NULL only for NULL.
 */
const char *mypref_landed_folder(const mypref_landed *landed);

/**
 * The name of the batch's folder; NULL only for NULL.
 */
const char *mypref_landed_batch(const mypref_landed *landed);

/**
 * Records landed; -1 for NULL.
 */
int64_t mypref_landed_rows(const mypref_landed *landed);

/**
 * Bytes of the parts on disk; -1 for NULL.
 */
int64_t mypref_landed_bytes(const mypref_landed *landed);

/**
 * How many parts there are; -1 for NULL.
 */
int64_t mypref_landed_parts(const mypref_landed *landed);

/**
 * LastDateTime as it was sent; NULL when everything was asked for.
 */
const char *mypref_landed_since(const mypref_landed *landed);

/**
 * The server's time just before the export was started; NULL only for NULL.
 */
const char *mypref_landed_watermark(const mypref_landed *landed);

/**
 * False when the folder had the batch, finished, before, and nothing was sent; false for NULL.
 */
bool mypref_landed_is_new(const mypref_landed *landed);

/**
 * How many notes there are; 0 for NULL.
 */
size_t mypref_landed_note_count(const mypref_landed *landed);

/**
 * What a person should know, a sentence at each `index` (from 0); NULL when there is none.
 */
const char *mypref_landed_note(const mypref_landed *landed, size_t index);

/**
 * Makes landing options in which everything has its default; keep_files has none. Freed with
 * mypref_landing_options_free.
 */
mypref_landing_options *mypref_landing_options_new(void);

/**
 * Frees landing options and sets `*options` to NULL; NULL is fine.
 *
 * Lifetime: calls that were started with them are not affected.
 */
void mypref_landing_options_free(mypref_landing_options **options);

/**
 * Sets a part that is a word:
 *
 * "commit": "after_seal" (default), or "never": mypref_commit_landed commits later.
 * "since": "auto": only what changed since the newest batch of the folder, everything when there is none; or a moment
 * such as "2026-11-24T06:25:53.042Z". Default: everything.
 * "compression": "none" (default) or "zstd", which this library is built without: it is refused by the call.
 * "format": "ndjson" (default) or "parquet", which libmypreferences_arrow has and libmypreferences refuses; with it
 * "shape", "typed" (default) or "json", and "record", "keep" (default) or "drop".
 *
 * Errors: invalid_argument for another name, NULL or invalid UTF-8; words are checked by the call.
 */
MYPREF_MUST_USE
mypref_error *mypref_landing_options_set(mypref_landing_options *options,
                                         const char *name,
                                         const char *value);

/**
 * Sets the switch "keep_files": whether the server keeps its files when the batch is committed. Must be given unless
 * commit is "never": false deletes the server's copy.
 *
 * Errors: invalid_argument for another name or NULL.
 */
MYPREF_MUST_USE
mypref_error *mypref_landing_options_set_bool(mypref_landing_options *options,
                                              const char *name,
                                              bool value);

/**
 * Sets a number: "limit" (records of one page, at least 1; default 1000), "max_memory" (bytes for pages, at least 1 MiB;
 * default 64 MiB) or "part_bytes" (size of a part before compression; default 64 MiB).
 *
 * Errors: invalid_argument for another name, NULL or a negative number; ranges are checked by the call.
 */
MYPREF_MUST_USE
mypref_error *mypref_landing_options_set_int(mypref_landing_options *options,
                                             const char *name,
                                             int64_t value);

/**
 * Sets a length of time in milliseconds: "max_wait" (until the export is ready, up to 30 days; default 24 hours) or
 * "overlap" (how far since "auto" goes back before the newest batch; default 5 minutes).
 *
 * Errors: invalid_argument for another name, NULL or a negative number; ranges are checked by the call.
 */
MYPREF_MUST_USE
mypref_error *mypref_landing_options_set_duration_ms(mypref_landing_options *options,
                                                     const char *name,
                                                     int64_t milliseconds);

/**
 * Has `callback` told how far the calls are that have these options. A NULL callback ends it.
 *
 * Lifetime: user_data must be usable until every call that was given these options is over.
 * Threads: no other thread may use the options at the same time; for the callback see mypref_progress_callback.
 */
MYPREF_MUST_USE
mypref_error *mypref_landing_options_set_progress(mypref_landing_options *options,
                                                  void *user_data,
                                                  mypref_progress_callback callback);

/**
 * Says that a destination holds `rows` rows of an export, as a read-back from there counts them, and whether the server
 * keeps its files after the commit; false deletes them. Freed with mypref_loaded_free.
 */
mypref_loaded *mypref_loaded_new(int64_t rows,
                                 bool keep_files);

/**
 * Frees it and sets `*loaded` to NULL; NULL is fine.
 */
void mypref_loaded_free(mypref_loaded **loaded);

/**
 * Names the destination, for the receipt, such as "postgres://dwh/people"; passwords are left out of it.
 *
 * Errors: invalid_argument.
 */
MYPREF_MUST_USE mypref_error *mypref_loaded_set_sink(mypref_loaded *loaded, const char *sink);

/**
 * Adds a file that holds rows, where it is local: a path, a pattern (`*`, `**`, `?`, `[...]`) or a folder. It is made
 * durable before the commit, and each folder up to the one that was given.
 *
 * Errors: invalid_argument; whether there is such a file is looked at by the commit.
 */
MYPREF_MUST_USE
mypref_error *mypref_loaded_add_file(mypref_loaded *loaded,
                                     const char *path);

/**
 * Makes options in which every setting has its default. Freed with mypref_options_free.
 */
mypref_options *mypref_options_new(void);

/**
 * Frees options and sets `*options` to NULL; NULL is fine.
 *
 * Lifetime: clients that were opened with them are not affected.
 */
void mypref_options_free(mypref_options **options);

/**
 * Sets one setting or credential from text: the names and forms are those of the environment variables (in lower case
 * and without MYPREFERENCES_) and of the command. Lengths of time are seconds ("2.5") or carry a unit ("250ms", "90s",
 * "3m"); sizes are bytes or carry one ("64KiB"); switches are "true" and "false". Credentials by name are "user_id"
 * with "secret" or "secret_file"; "oauth_token_url", "oauth_client_id" and "oauth_client_secret" (or
 * "oauth_client_secret_file") with "user_id" or "oauth_scope", and "oauth_client_auth"; "bearer_token"; and
 * "authorization". An unknown name or an unreadable value is invalid_argument, with the names or forms that are known.
 */
MYPREF_MUST_USE
mypref_error *mypref_options_set(mypref_options *options,
                                 const char *name,
                                 const char *value);

/**
 * As mypref_options_set, with a value that need not end with NUL: `length` is in bytes.
 */
MYPREF_MUST_USE
mypref_error *mypref_options_set_bytes(mypref_options *options,
                                       const char *name,
                                       const char *value,
                                       size_t length);

/**
 * Lets environment variables (MYPREFERENCES_ and a name in upper case) and the profile file of the command count for
 * what these options do not set: settings and credentials, read when a client is opened. `profile` names a profile;
 * NULL takes MYPREFERENCES_PROFILE, or the profile "default" where there is one.
 *
 * Threads: no other thread may use the options at the same time, and none may change the environment while a client is
 * opened with them.
 */
MYPREF_MUST_USE
mypref_error *mypref_options_use_environment(mypref_options *options,
                                             const char *profile);

/**
 * Sets a length of time in milliseconds, such as "timeout".
 */
MYPREF_MUST_USE
mypref_error *mypref_options_set_duration_ms(mypref_options *options,
                                             const char *name,
                                             int64_t milliseconds);

/**
 * Sets a number, such as "max_attempts" or "max_page_body" (in bytes).
 */
MYPREF_MUST_USE
mypref_error *mypref_options_set_int(mypref_options *options,
                                     const char *name,
                                     int64_t value);

/**
 * Sets a switch, such as "require_certain".
 */
MYPREF_MUST_USE mypref_error *mypref_options_set_bool(mypref_options *options, const char *name, bool value);

/**
 * Authorises by PNAUTHINFO3 with a keyed hash (settings "hmac_hash" and "timestamp_format"). `secret_length` is in
 * bytes; the secret need not end with NUL. It beats credentials that were
 * given otherwise.
 *
 * Lifetime: both texts are copied; the copy of the secret is wiped when it is freed.
 */
MYPREF_MUST_USE
mypref_error *mypref_options_set_hmac(mypref_options *options,
                                      const char *user_id,
                                      const char *secret,
                                      size_t secret_length);

/**
 * Authorises by an OAuth 2.0 bearer token that the program renews. `token_length` is in bytes; the token need not end
 * with NUL. It beats credentials that were
 * given otherwise.
 *
 * Lifetime: the token is copied; the copy is wiped when it is freed.
 */
MYPREF_MUST_USE
mypref_error *mypref_options_set_bearer(mypref_options *options,
                                        const char *token,
                                        size_t token_length);

/**
 * Authorises by the whole value of the Authorization header, sent as it is. `value_length` is in bytes; the value need
 * not end with NUL. It beats credentials that were
 * given otherwise.
 *
 * Lifetime: the value is copied; the copy is wiped when it is freed.
 */
MYPREF_MUST_USE
mypref_error *mypref_options_set_authorization(mypref_options *options,
                                               const char *value,
                                               size_t value_length);

/**
 * Has `callback` called for each request of each call of the clients that are opened with these options from now on.
 * A NULL callback ends it.
 *
 * Lifetime: user_data must be usable until `release`, which may be NULL, is called with it: when the options hold
 * another callback or are freed, and every client that had this one is freed and its calls are over. It is called
 * even when this returns an error.
 * Threads: no other thread may use the options at the same time; for the callback see mypref_log_callback.
 */
MYPREF_MUST_USE
mypref_error *mypref_options_set_log(mypref_options *options,
                                     void *user_data,
                                     mypref_log_callback callback,
                                     mypref_release_callback release);

/**
 * Makes an order with nothing set. Freed with mypref_order_free.
 */
mypref_order *mypref_order_new(void);

/**
 * Frees an order and sets `*order` to NULL; NULL is fine.
 *
 * Lifetime: calls that were started with it are not affected.
 */
void mypref_order_free(mypref_order **order);

/**
 * Sets one part of an order, which replaces what it was:
 *
 * "kind": "segment", "segment_group", "schedule" or "cid"; must be given.
 * "name": of the segment, group or schedule, as MyPreferences shows it; customers (cid) have none.
 * "last_date_time": only what changed since a moment such as "2026-11-24T06:25:53.042Z".
 * "match_criteria": only some profiles: "ProfileId", "AlternateId", "PhoneNumber" or "EmailAddress", with the values
 * of mypref_order_add; "match_type": the type of an AlternateId.
 * "callback_url": where the service posts the status.
 * "start_date", "end_date": days such as "2026-11-24", of a schedule or of customers; both or none.
 *
 * Errors: invalid_argument for another name, NULL or invalid UTF-8. Whether the parts fit is checked by the call.
 */
MYPREF_MUST_USE
mypref_error *mypref_order_set(mypref_order *order,
                               const char *name,
                               const char *value);

/**
 * Adds one value to a list of an order: "values" that match_criteria is about, "cids" (the customers of the kind cid)
 * or "channels" (of the customers).
 *
 * Errors: as mypref_order_set.
 */
MYPREF_MUST_USE
mypref_error *mypref_order_add(mypref_order *order,
                               const char *name,
                               const char *value);

/**
 * Opens the pages of an export that is ready, with `limit` records a page (at least 1; MYPREF_DEFAULT is 1000) from the
 * record `offset` on (counted from 1; MYPREF_DEFAULT is 1). Sends nothing. Every page is asked for with keepAlive=true,
 * so nothing is marked as retrieved. Freed with mypref_pages_free.
 *
 * Errors: invalid_argument for NULL and for numbers that are none.
 *
 * Lifetime: client and handle may be freed before the pages, but with the client they are closed; the caller owns
 * `*pages`, which is NULL after an error.
 */
MYPREF_MUST_USE
mypref_error *mypref_pages_open(const mypref_client *client,
                                const mypref_export_handle *handle,
                                int64_t limit,
                                int64_t offset,
                                mypref_pages **pages);

/**
 * Frees pages, ends a transfer that is under way, and sets `*pages` to NULL; NULL is fine.
 *
 * Lifetime: pages that were handed out are not affected; a mypref_pages_next_start that is under way still completes.
 * Threads: may be called in a callback; no other thread may use the handle at the same time.
 */
void mypref_pages_free(mypref_pages **pages);

/**
 * Reads the next page; `*page` is NULL after the last one. Blocks until it is over, at most for the setting "timeout" and
 * a second; temporary failures are tried again. After an error the same page can be asked for again.
 *
 * Errors: any kind below 700; count_mismatch when the page is not the one that was asked for.
 *
 * Lifetime: `cancel` may be NULL and stays the caller's; the caller owns `*page`, which is NULL after an error and may
 * outlive the pages.
 * Threads: may be called from any thread, but not in a callback of the library; of several at once each gets another page.
 */
MYPREF_MUST_USE
mypref_error *mypref_pages_next(const mypref_pages *pages,
                                const mypref_cancel_token *cancel,
                                mypref_page **page);

/**
 * Starts what mypref_pages_next does and returns at once. When it returns NULL, `callback` is called exactly once,
 * perhaps before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: pages and token may be freed while the call runs, but freeing the pages ends it; user_data must be usable
 * until the callback was called.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_pages_next_start(const mypref_pages *pages,
                                      const mypref_cancel_token *cancel,
                                      void *user_data,
                                      mypref_page_callback callback);

/**
 * Frees a page and sets `*page` to NULL; NULL is fine.
 *
 * Lifetime: all that its getters handed out ends with it.
 */
void mypref_page_free(mypref_page **page);

/**
 * The whole body as the server sent it, `*length` bytes of JSON that do not end with NUL; NULL only for NULL. `length`
 * may be NULL, here and below; it is written only with bytes.
 */
const char *mypref_page_raw(const mypref_page *page,
                            size_t *length);

/**
 * How many records the page holds; 0 for NULL.
 */
size_t mypref_page_record_count(const mypref_page *page);

/**
 * The record at `index` (from 0) as the server sent it, `*length` bytes of JSON that do not end with NUL, perhaps with
 * line breaks between its tokens; NULL when there is none.
 */
const char *mypref_page_record(const mypref_page *page,
                               size_t index,
                               size_t *length);

/**
 * As mypref_page_record, but in one line, without its end: where the server sent line breaks, white space outside of
 * strings is left out.
 */
const char *mypref_page_line(const mypref_page *page,
                             size_t index,
                             size_t *length);

/**
 * Records of this page, as the server says; -1 for NULL.
 */
int64_t mypref_page_count(const mypref_page *page);

/**
 * Whether there are more pages after this one; false for NULL.
 */
bool mypref_page_has_more(const mypref_page *page);

/**
 * The place of the first record in the export, from 1; -1 when the server does not repeat it.
 */
int64_t mypref_page_offset(const mypref_page *page);

/**
 * Records of the whole export; -1 when the server does not tell.
 */
int64_t mypref_page_total_results(const mypref_page *page);

/**
 * How many other members the page has: column headers of a schedule, Messages of customers, unknown ones; 0 for NULL.
 */
size_t mypref_page_other_count(const mypref_page *page);

/**
 * The name of the other member at `index` (from 0), `*length` bytes that do not end with NUL; NULL when there is none.
 */
const char *mypref_page_other_name(const mypref_page *page,
                                   size_t index,
                                   size_t *length);

/**
 * The value of the other member at `index` (from 0), `*length` bytes of JSON that do not end with NUL; NULL when there is
 * none.
 */
const char *mypref_page_other(const mypref_page *page,
                              size_t index,
                              size_t *length);

/**
 * Makes a range: the whole export, with everything at its default. Freed with mypref_range_free.
 */
mypref_range *mypref_range_new(void);

/**
 * Frees a range and sets `*range` to NULL; NULL is fine. Pages that were opened with it are not affected.
 */
void mypref_range_free(mypref_range **range);

/**
 * Sets a number of a range: "offset" and "until", its first and its last record (counted from 1); "total", TotalResults
 * of the export; "limit", records a page.
 *
 * Errors: invalid_argument for another name and for a negative number.
 */
MYPREF_MUST_USE
mypref_error *mypref_range_set_int(mypref_range *range,
                                   const char *name,
                                   int64_t number);

/**
 * Sets a digest of a range: "first", of its first record, or "last", of its last one, as mypref_boundary_list_first and
 * mypref_boundary_list_last give them.
 *
 * Errors: invalid_argument for another name.
 */
MYPREF_MUST_USE
mypref_error *mypref_range_set(mypref_range *range,
                               const char *name,
                               const char *digest);

/**
 * Opens the pages of a range, as mypref_pages_open opens those of an export. They are checked more than others: none came
 * before, none begins with the record that the one before it ended with, and all of them come, and the first and the
 * last record are those that were set.
 *
 * Errors: invalid_argument for NULL and for a range that is none; count_mismatch from mypref_pages_next.
 *
 * Lifetime: as mypref_pages_open; the range stays the caller's.
 */
MYPREF_MUST_USE
mypref_error *mypref_pages_open_range(const mypref_client *client,
                                      const mypref_export_handle *handle,
                                      const mypref_range *range,
                                      mypref_pages **pages);

/**
 * Frees boundaries and sets `*boundaries` to NULL; NULL is fine.
 */
void mypref_boundary_list_free(mypref_boundary_list **boundaries);

/**
 * The digest of the last record before the place at `index` (from 0); NULL when there is none.
 */
const char *mypref_boundary_list_last(const mypref_boundary_list *boundaries, size_t index);

/**
 * The digest of the first record behind the place at `index` (from 0); NULL when there is none.
 */
const char *mypref_boundary_list_first(const mypref_boundary_list *boundaries, size_t index);

/**
 * The pairs as JSON, last and first of each: the same bytes in every language; NULL only for NULL.
 */
const char *mypref_boundary_list_json(const mypref_boundary_list *boundaries);

/**
 * Frees a receipt and sets `*receipt` to NULL; NULL is fine.
 */
void mypref_receipt_free(mypref_receipt **receipt);

/**
 * The canonical record as JSON: the same bytes in every language; NULL only for NULL.
 */
const char *mypref_receipt_json(const mypref_receipt *receipt);

/**
 * How the token came to be consumed. MYPREF_OUTCOME_NONE for NULL.
 */
mypref_outcome mypref_receipt_outcome(const mypref_receipt *receipt);

/**
 * How sure that is. MYPREF_CERTAINTY_NONE for NULL.
 */
mypref_certainty mypref_receipt_certainty(const mypref_receipt *receipt);

/**
 * What it was read from. MYPREF_CONFIRMED_BY_NONE for NULL.
 */
mypref_confirmed_by mypref_receipt_confirmed_by(const mypref_receipt *receipt);

/**
 * As asked; MYPREF_KEEP_FILES_NONE when absent.
 */
mypref_keep_files mypref_receipt_keep_files(const mypref_receipt *receipt);

/**
 * What is known about the export files. MYPREF_FILES_NONE for NULL.
 */
mypref_files mypref_receipt_files(const mypref_receipt *receipt);

/**
 * How many POSTs of this call reached the server or may have; 0 for NULL.
 */
uint32_t mypref_receipt_sends(const mypref_receipt *receipt);

/**
 * How many sends the call made, those that never left included; 0 for NULL.
 */
size_t mypref_receipt_attempt_count(const mypref_receipt *receipt);

/**
 * Copies the send at `index` (from 0) to `*attempt`. `attempt_size` is sizeof(mypref_attempt) as the program knows it.
 * False, and nothing written, when there is no such send.
 */
bool mypref_receipt_attempt(const mypref_receipt *receipt,
                            size_t index,
                            mypref_attempt *attempt,
                            size_t attempt_size);

/**
 * How long the call took, questions included, in seconds; 0 for NULL.
 */
double mypref_receipt_elapsed_seconds(const mypref_receipt *receipt);

/**
 * The server's id of the confirming request; NULL when absent.
 */
const char *mypref_receipt_request_id(const mypref_receipt *receipt);

/**
 * Date of the confirming answer, in seconds since 1970 in UTC; MYPREF_NO_DATE when absent.
 */
int64_t mypref_receipt_server_date(const mypref_receipt *receipt);

/**
 * Frees a resolution and sets `*resolution` to NULL; NULL is fine.
 *
 * Lifetime: its texts, its receipt and its error end with it.
 */
void mypref_resolution_free(mypref_resolution **resolution);

/**
 * The canonical record as JSON: the same bytes in every language; NULL only for NULL.
 */
const char *mypref_resolution_json(const mypref_resolution *resolution);

/**
 * What was found. MYPREF_RESOLVED_NONE for NULL.
 */
mypref_resolved mypref_resolution_state(const mypref_resolution *resolution);

/**
 * With MYPREF_RESOLVED_COMMITTED the receipt; otherwise NULL.
 *
 * Lifetime: the receipt belongs to the resolution and ends with it.
 */
const mypref_receipt *mypref_resolution_receipt(const mypref_resolution *resolution);

/**
 * With MYPREF_RESOLVED_UNKNOWN the error, outcome_unknown; otherwise NULL.
 *
 * Lifetime: the error belongs to the resolution and ends with it.
 */
const mypref_error *mypref_resolution_error(const mypref_resolution *resolution);

/**
 * With MYPREF_RESOLVED_NOT_COMMITTED the date of the answer that said so, in seconds since 1970 in UTC, as a commit may have arrived since; otherwise MYPREF_NO_DATE.
 */
int64_t mypref_resolution_as_of(const mypref_resolution *resolution);

/**
 * The proof of one batch of the folder `out`, by the name of the batch's folder, committed or not. Reads the disk.
 *
 * Errors: not_sealed when it is not; invalid_argument for a folder that holds no export; corrupt, storage.
 *
 * Lifetime: the texts are copied; the caller owns `*sealed`, which is NULL after an error.
 */
MYPREF_MUST_USE
mypref_error *mypref_sealed_of_batch(const char *out,
                                     const char *batch,
                                     mypref_sealed **sealed);

/**
 * Frees a proof and sets `*sealed` to NULL; NULL is fine. Not for one that belongs to another handle.
 *
 * Lifetime: its texts end with it; calls that it was shown to are not affected.
 */
void mypref_sealed_free(mypref_sealed **sealed);

/**
 * The folder that the landing was made in; NULL only for NULL.
 *
 * Lifetime: the text is valid until the proof, or what it belongs to, is freed.
 */
const char *mypref_sealed_out(const mypref_sealed *sealed);

/**
 * The name of the batch's folder; NULL only for NULL.
 *
 * Lifetime: the text is valid until the proof, or what it belongs to, is freed.
 */
const char *mypref_sealed_batch(const mypref_sealed *sealed);

/**
 * The hash of the batch's _manifest.json, which names every part by its own; NULL only for NULL.
 *
 * Lifetime: the text is valid until the proof, or what it belongs to, is freed.
 */
const char *mypref_sealed_manifest_sha256(const mypref_sealed *sealed);

/**
 * Lists the sealed batches of the folder `out` that are not committed, oldest first. Reads the disk. Freed with
 * mypref_sealed_list_free.
 *
 * Errors: as mypref_sealed_of_batch.
 *
 * Lifetime: the text is copied; the caller owns `*list`, which is NULL after an error.
 */
MYPREF_MUST_USE
mypref_error *mypref_sealed_list_open(const char *out,
                                      mypref_sealed_list **list);

/**
 * Frees a list and sets `*list` to NULL; NULL is fine.
 *
 * Lifetime: its proofs end with it.
 */
void mypref_sealed_list_free(mypref_sealed_list **list);

/**
 * How many they are; 0 for NULL.
 */
size_t mypref_sealed_list_count(const mypref_sealed_list *list);

/**
 * The proof at `index` (from 0, the oldest); NULL when there is none.
 *
 * Lifetime: the proof belongs to the list and ends with it.
 */
const mypref_sealed *mypref_sealed_list_at(const mypref_sealed_list *list, size_t index);

/**
 * Starts a commit, as mypref_commit does it, and returns at once. When it returns NULL, `callback` is called exactly
 * once, perhaps before this returns; when it returns an error, never.
 *
 * Errors returned here: invalid_argument for NULL, closed, forked_process, configuration, internal. All others come
 * through the callback.
 *
 * Lifetime: client and options may be freed while the call runs, but freeing the client cancels it; user_data must be
 * usable until the callback was called.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_commit_start(const mypref_client *client,
                                  int64_t access_token,
                                  bool keep_files,
                                  const mypref_call_options *options,
                                  void *user_data,
                                  mypref_commit_callback callback);

/**
 * Starts what mypref_resolve_commit does and returns at once. When it returns NULL, `callback` is called exactly
 * once, perhaps before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: as mypref_commit_start.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_resolve_commit_start(const mypref_client *client,
                                          int64_t access_token,
                                          const mypref_call_options *options,
                                          void *user_data,
                                          mypref_resolve_commit_callback callback);

/**
 * Starts what mypref_status does and returns at once. When it returns NULL, `callback` is called exactly once,
 * perhaps before this returns; when it returns an error, never.
 *
 * Errors returned here: as mypref_commit_start.
 *
 * Lifetime: as mypref_commit_start.
 * Threads: may be called from any thread, in a callback too.
 */
MYPREF_MUST_USE
mypref_error *mypref_status_start(const mypref_client *client,
                                  int64_t access_token,
                                  const mypref_call_options *options,
                                  void *user_data,
                                  mypref_status_callback callback);

/**
 * Frees a status and sets `*status` to NULL; NULL is fine.
 */
void mypref_export_status_free(mypref_export_status **status);

/**
 * The canonical record as JSON: the same bytes in every language; NULL only for NULL.
 */
const char *mypref_export_status_json(const mypref_export_status *status);

/**
 * The server's own word: Processing (not ready), Complete (ready to be read, so not committed), Retrieved (consumed), Expired, Error, Failed, in whatever case, or another that no page documents; NULL only for NULL.
 */
const char *mypref_export_status_word(const mypref_export_status *status);

/**
 * When the token expires, in seconds since 1970 in UTC; MYPREF_NO_DATE when absent or unreadable.
 */
int64_t mypref_export_status_expires(const mypref_export_status *status);

/**
 * Rows of the export, when it completed; -1 when absent.
 */
int64_t mypref_export_status_row_count(const mypref_export_status *status);

/**
 * Bytes of the export, when it completed; -1 when absent.
 */
int64_t mypref_export_status_byte_count(const mypref_export_status *status);

/**
 * Date of the answer, in seconds since 1970 in UTC; MYPREF_NO_DATE when absent.
 */
int64_t mypref_export_status_server_date(const mypref_export_status *status);

/**
 * Verifies every batch of the folder `out` without a server: each file by its hash, the rows, the chain of watermarks.
 * Blocks while it reads them. `verified_size` is sizeof(mypref_verified) as the program knows it.
 *
 * Errors: corrupt says what does not fit; storage; invalid_argument for a folder that holds no export.
 *
 * Lifetime: the text is copied; what is written is the caller's, zeros after an error.
 * Threads: may be called from any thread, also while an export is landed in the folder.
 */
MYPREF_MUST_USE
mypref_error *mypref_verify(const char *out,
                            mypref_verified *verified,
                            size_t verified_size);

/**
 * Encrypts the handle of an export for state that others keep and show: whoever reads it there cannot read the access
 * token, and mypref_unwrap with a client of the same account can. The key is made from the option "handle_key" or
 * "handle_key_file", else from the secret of the credentials: set one of the two for handles that outlive a rotation of
 * that secret. Freed with mypref_wrapped_free.
 *
 * Errors: invalid_argument for an export of another account; configuration where there is no key.
 *
 * Lifetime: client and handle stay the caller's; the caller owns `*wrapped`, which is NULL after an error.
 */
MYPREF_MUST_USE
mypref_error *mypref_wrap(const mypref_client *client,
                          const mypref_export_handle *handle,
                          mypref_wrapped **wrapped);

/**
 * Reads what mypref_wrapped_text gave, here or in another process.
 *
 * Errors: invalid_argument for anything else; the text is not repeated.
 *
 * Lifetime: the text is copied; the caller owns `*handle`, which is NULL after an error.
 */
MYPREF_MUST_USE
mypref_error *mypref_unwrap(const mypref_client *client,
                            const char *wrapped,
                            mypref_export_handle **handle);

/**
 * Frees an encrypted handle and sets `*wrapped` to NULL; NULL is fine.
 */
void mypref_wrapped_free(mypref_wrapped **wrapped);

/**
 * The text: letters, digits and `-_.`; NULL only for NULL.
 */
const char *mypref_wrapped_text(const mypref_wrapped *wrapped);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MYPREFERENCES_H */
