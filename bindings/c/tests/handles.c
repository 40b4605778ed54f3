/* Handles: freeing NULL and freeing twice for each type, NULL and nonsense as arguments, results always written, a
 * client used after it was closed. Compiled as C and as C++. */
#include "testing.h"

/* Frees a handle, frees it again, and frees a NULL pointer and a NULL address. */
#define FREES(type, handle)                                                                                            \
    do {                                                                                                               \
        mypref_##type *none = NULL;                                                                                    \
        CHECK((handle) != NULL);                                                                                       \
        mypref_##type##_free(&(handle));                                                                               \
        CHECK((handle) == NULL);                                                                                       \
        mypref_##type##_free(&(handle));                                                                               \
        CHECK((handle) == NULL);                                                                                       \
        mypref_##type##_free(&none);                                                                                   \
        mypref_##type##_free(NULL);                                                                                    \
    } while (0)

/* A pointer that was never set, as far as the library can know. */
#define GARBAGE(type) ((mypref_##type *)(uintptr_t)0x5a5a5a5a)

static void each_type_frees_null_and_frees_twice(void) {
    mypref_client *client = client_of_scenario(1, 2, NULL);
    mypref_options *options = mypref_options_new();
    mypref_call_options *call = mypref_call_options_new();
    mypref_cancel_token *token = mypref_cancel_token_new();
    mypref_receipt *receipt = GARBAGE(receipt);
    mypref_resolution *resolution = GARBAGE(resolution);
    mypref_export_status *status = GARBAGE(export_status);
    FINE(mypref_commit(client, 1, false, NULL, &receipt));
    FINE(mypref_resolve_commit(client, 2, NULL, &resolution));
    FINE(mypref_status(client, 2, NULL, &status));
    mypref_error *error = mypref_options_set(options, "no_such_setting", "1");
    FREES(options, options);
    FREES(call_options, call);
    FREES(cancel_token, token);
    FREES(client, client);
    FREES(receipt, receipt);
    FREES(resolution, resolution);
    FREES(export_status, status);
    FREES(error, error);
}

static void null_is_an_error_and_results_are_written(void) {
    mypref_client *client = GARBAGE(client);
    mypref_receipt *receipt = GARBAGE(receipt);
    mypref_resolution *resolution = GARBAGE(resolution);
    mypref_export_status *status = GARBAGE(export_status);
    mypref_options *options = mypref_options_new();
    int64_t token = 77;

    REFUSED(mypref_client_open(NULL, &client), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(client == NULL);
    REFUSED(mypref_client_open(options, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    client = GARBAGE(client);
    REFUSED(mypref_client_open(options, &client), MYPREF_KIND_CONFIGURATION);
    CHECK(client == NULL);
    REFUSED(mypref_commit(NULL, 1, false, NULL, &receipt), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(receipt == NULL);
    REFUSED(mypref_resolve_commit(NULL, 1, NULL, &resolution), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(resolution == NULL);
    REFUSED(mypref_status(NULL, 1, NULL, &status), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(status == NULL);
    REFUSED(mypref_access_token_parse(NULL, &token), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(token == 0);
    REFUSED(mypref_access_token_parse("7", NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_access_token_parse("-7", &token), MYPREF_KIND_INVALID_ARGUMENT);
    FINE(mypref_access_token_parse("9223372036854775807", &token));
    CHECK(token == INT64_MAX);

    REFUSED(mypref_options_set(NULL, "strict", "true"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set(options, NULL, "true"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set(options, "strict", NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set(options, "strict", "perhaps"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_bytes(options, "strict", NULL, 0), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_bytes(options, NULL, "true", 4), MYPREF_KIND_INVALID_ARGUMENT);
    FINE(mypref_options_set_bytes(options, "strict", "trueish", 4));
    REFUSED(mypref_options_set_duration_ms(options, NULL, 1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_duration_ms(options, "timeout", -1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_int(options, "strict", 7), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_int(NULL, "max_attempts", 7), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_bool(options, "timeout", true), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_hmac(options, NULL, "s", 1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_hmac(options, "user", NULL, 0), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_bearer(options, NULL, 0), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_bearer(NULL, "t", 1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_authorization(options, NULL, 0), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_log(NULL, NULL, NULL, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_options_free(&options);

    mypref_call_options *call = mypref_call_options_new();
    REFUSED(mypref_call_options_set_kind(NULL, "segment"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_call_options_set_kind(call, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_call_options_set_kind(call, "sgement"), MYPREF_KIND_INVALID_ARGUMENT);
    FINE(mypref_call_options_set_kind(call, "segment-group"));
    REFUSED(mypref_call_options_set_timeout_ms(NULL, 1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_call_options_set_timeout_ms(call, -1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_call_options_set_cancel_token(call, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_call_options_free(&call);
    mypref_cancel_token_cancel(NULL);
    CHECK(!mypref_cancel_token_is_cancelled(NULL));
    mypref_client_close(NULL);
    CHECK(mypref_client_is_closed(NULL));
}

static void invalid_utf8_is_an_error_that_does_not_repeat_it(void) {
    mypref_options *options = mypref_options_new();
    REFUSED(mypref_options_set(options, "client_id", "\xff"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set(options, "\xc3", "x"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_bytes(options, "client_id", "ab\xe2\x82", 4), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_hmac(options, "\xff", "s", 1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_access_token_parse("\xff", NULL), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_error *error = mypref_options_set_hmac(options, "user", "hidden\xff", 7);
    CHECK(mypref_error_kind(error) == MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(strstr(mypref_error_json(error), "hidden") == NULL);
    CHECK(strstr(mypref_error_detail(error), "UTF-8") != NULL);
    mypref_error_free(&error);
    mypref_options_free(&options);
}

static void getters_of_null_give_what_stands_for_absent(void) {
    mypref_attempt attempt;
    CHECK(mypref_error_message(NULL) == NULL && mypref_error_json(NULL) == NULL &&
          mypref_error_kind_name(NULL) == NULL);
    CHECK(mypref_error_kind(NULL) == MYPREF_KIND_NONE && mypref_error_retry(NULL) == MYPREF_RETRY_NONE);
    CHECK(mypref_error_sent(NULL) == MYPREF_SENT_NONE);
    CHECK(mypref_error_commit_state(NULL) == MYPREF_COMMIT_STATE_NONE);
    CHECK(mypref_error_http_status(NULL) == 0 && mypref_error_retry_after_seconds(NULL) < 0);
    CHECK(mypref_error_attempt_count(NULL) == 0 && !mypref_error_attempt(NULL, 0, &attempt, sizeof attempt));
    CHECK(mypref_receipt_json(NULL) == NULL && mypref_receipt_outcome(NULL) == MYPREF_OUTCOME_NONE);
    CHECK(mypref_receipt_keep_files(NULL) == MYPREF_KEEP_FILES_NONE && mypref_receipt_files(NULL) == MYPREF_FILES_NONE);
    CHECK(mypref_receipt_certainty(NULL) == MYPREF_CERTAINTY_NONE);
    CHECK(mypref_receipt_confirmed_by(NULL) == MYPREF_CONFIRMED_BY_NONE);
    CHECK(mypref_receipt_server_date(NULL) == MYPREF_NO_DATE);
    CHECK(!mypref_receipt_attempt(NULL, 0, NULL, 0));
    CHECK(mypref_export_status_row_count(NULL) == -1 && mypref_export_status_word(NULL) == NULL);
    CHECK(mypref_resolution_state(NULL) == MYPREF_RESOLVED_NONE && mypref_resolution_receipt(NULL) == NULL);
    CHECK(mypref_resolution_error(NULL) == NULL && mypref_resolution_as_of(NULL) == MYPREF_NO_DATE);
}

static void a_closed_client_says_so(void) {
    mypref_client *client = client_of_scenario(1, 1, NULL);
    mypref_receipt *receipt = GARBAGE(receipt);
    CHECK(!mypref_client_is_closed(client));
    mypref_client_close(client);
    mypref_client_close(client);
    CHECK(mypref_client_is_closed(client));
    REFUSED(mypref_commit(client, 1, false, NULL, &receipt), MYPREF_KIND_CLOSED);
    CHECK(receipt == NULL);
    mypref_client_free(&client);
}

static void versions_agree(void) {
    CHECK(mypref_abi_version() == MYPREF_ABI_VERSION);
    CHECK(strchr(mypref_version(), '.') != NULL);
}

int main(void) {
    each_type_frees_null_and_frees_twice();
    null_is_an_error_and_results_are_written();
    invalid_utf8_is_an_error_that_does_not_repeat_it();
    getters_of_null_give_what_stands_for_absent();
    a_closed_client_says_so();
    versions_agree();
    return passed("handles");
}
