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

static void each_type_of_an_export_frees_null_and_frees_twice(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\"}]");
    char *out = folder_new();
    mypref_order *order = mypref_order_new();
    mypref_landing_options *options = mypref_landing_options_new();
    mypref_export_handle *handle = GARBAGE(export_handle);
    mypref_export_handle *copy = GARBAGE(export_handle);
    mypref_pages *pages = GARBAGE(pages);
    mypref_page *page = GARBAGE(page);
    mypref_landed *landed = GARBAGE(landed);
    mypref_sealed *sealed = GARBAGE(sealed);
    mypref_sealed_list *list = GARBAGE(sealed_list);
    mypref_batch_receipt *receipt = GARBAGE(batch_receipt);
    FINE(mypref_order_set(order, "kind", "segment"));
    FINE(mypref_order_set(order, "name", "Everyone"));
    FINE(mypref_initiate(client, order, NULL, &handle));
    FINE(mypref_export_handle_from_json(mypref_export_handle_json_with_token(handle), &copy));
    CHECK(mypref_export_handle_access_token(copy) == mypref_export_handle_access_token(handle));
    FINE(mypref_pages_open(client, handle, MYPREF_DEFAULT, MYPREF_DEFAULT, &pages));
    FINE(mypref_pages_next(pages, NULL, &page));
    FINE(mypref_land(client, handle, out, options, NULL, &landed));
    FINE(mypref_sealed_of_batch(out, mypref_landed_batch(landed), &sealed));
    FINE(mypref_sealed_list_open(out, &list));
    FINE(mypref_commit_landed(client, sealed, false, NULL, &receipt));
    FREES(order, order);
    FREES(landing_options, options);
    FREES(export_handle, handle);
    FREES(export_handle, copy);
    FREES(pages, pages);
    FREES(page, page);
    FREES(landed, landed);
    FREES(sealed, sealed);
    FREES(sealed_list, list);
    FREES(batch_receipt, receipt);
    FREES(client, client);
    folder_remove(out);
}

static void null_is_an_error_for_an_export_too(void) {
    mypref_client *client = client_of_scenario(1, 1, NULL);
    mypref_order *order = mypref_order_new();
    mypref_landing_options *options = mypref_landing_options_new();
    mypref_export_handle *handle = GARBAGE(export_handle);
    mypref_export_status *status = GARBAGE(export_status);
    mypref_pages *pages = GARBAGE(pages);
    mypref_page *page = GARBAGE(page);
    mypref_landed *landed = GARBAGE(landed);
    mypref_sealed *sealed = GARBAGE(sealed);
    mypref_sealed_list *list = GARBAGE(sealed_list);
    mypref_batch_receipt *receipt = GARBAGE(batch_receipt);
    mypref_verified verified;
    memset(&verified, 0x5a, sizeof verified);

    REFUSED(mypref_order_set(NULL, "kind", "segment"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_order_set(order, NULL, "segment"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_order_set(order, "kind", NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_order_set(order, "values", "1"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_order_set(order, "name", "\xff"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_order_add(order, "kind", "segment"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_order_add(NULL, "values", "1"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set(options, "keep_files", "true"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set(options, "since", NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set(NULL, "since", "auto"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set_bool(options, "since", true), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set_int(options, "limit", -1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set_int(options, NULL, 1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set_duration_ms(options, "max_wait", -1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set_duration_ms(options, "limit", 1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_landing_options_set_progress(NULL, NULL, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    FINE(mypref_landing_options_set_progress(options, NULL, NULL));

    REFUSED(mypref_export_handle_from_json(NULL, &handle), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(handle == NULL);
    REFUSED(mypref_export_handle_from_json("{}", &handle), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_export_handle_from_json("{}", NULL), MYPREF_KIND_INVALID_ARGUMENT);
    handle = GARBAGE(export_handle);
    REFUSED(mypref_initiate(NULL, order, NULL, &handle), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(handle == NULL);
    REFUSED(mypref_initiate(client, NULL, NULL, &handle), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_initiate(client, order, NULL, &handle), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_wait(client, NULL, NULL, &status), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(status == NULL);
    REFUSED(mypref_pages_open(client, NULL, 1, 1, &pages), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(pages == NULL);
    REFUSED(mypref_pages_next(NULL, NULL, &page), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(page == NULL);
    REFUSED(mypref_pages_next_start(NULL, NULL, NULL, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_export(client, NULL, "out", options, NULL, &landed), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(landed == NULL);
    FINE(mypref_order_set(order, "kind", "segment"));
    FINE(mypref_order_set(order, "name", "Everyone"));
    REFUSED(mypref_export(client, order, NULL, options, NULL, &landed), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_export(client, order, "out", NULL, NULL, &landed), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_export(client, order, "out", options, NULL, &landed), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_export(client, order, "out", options, NULL, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_land(client, NULL, "out", NULL, NULL, &landed), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_commit_landed(client, NULL, false, NULL, &receipt), MYPREF_KIND_NOT_SEALED);
    CHECK(receipt == NULL);
    REFUSED(mypref_sealed_of_batch(NULL, "batch", &sealed), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(sealed == NULL);
    REFUSED(mypref_sealed_of_batch("/no-such-folder", "batch", &sealed), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_sealed_list_open(NULL, &list), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(list == NULL);
    REFUSED(mypref_verify("/no-such-folder", &verified, sizeof verified), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(verified.batches == 0 && verified.bytes == 0);
    REFUSED(mypref_verify(NULL, &verified, sizeof verified), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_verify("/no-such-folder", NULL, 0), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_order_free(&order);
    mypref_landing_options_free(&options);
    mypref_client_free(&client);
}

static void getters_of_no_export_give_what_stands_for_absent(void) {
    size_t length = 77;
    CHECK(mypref_export_handle_json_with_token(NULL) == NULL && mypref_export_handle_access_token(NULL) == 0);
    CHECK(mypref_export_handle_watermark(NULL) == MYPREF_NO_DATE);
    CHECK(mypref_page_raw(NULL, &length) == NULL && mypref_page_record(NULL, 0, &length) == NULL);
    CHECK(mypref_page_line(NULL, 0, &length) == NULL && mypref_page_other(NULL, 0, &length) == NULL);
    CHECK(mypref_page_other_name(NULL, 0, NULL) == NULL && mypref_page_other_count(NULL) == 0 && length == 77);
    CHECK(mypref_page_record_count(NULL) == 0 && mypref_page_count(NULL) == -1 && !mypref_page_has_more(NULL));
    CHECK(mypref_page_offset(NULL) == -1 && mypref_page_total_results(NULL) == -1);
    CHECK(mypref_landed_json(NULL) == NULL && mypref_landed_sealed(NULL) == NULL && mypref_landed_rows(NULL) == -1);
    CHECK(mypref_landed_receipt(NULL) == NULL && mypref_landed_folder(NULL) == NULL && mypref_landed_bytes(NULL) == -1);
    CHECK(mypref_landed_batch(NULL) == NULL && mypref_landed_parts(NULL) == -1 && mypref_landed_since(NULL) == NULL);
    CHECK(mypref_landed_watermark(NULL) == NULL && !mypref_landed_is_new(NULL));
    CHECK(mypref_landed_note_count(NULL) == 0 && mypref_landed_note(NULL, 0) == NULL);
    CHECK(mypref_sealed_out(NULL) == NULL && mypref_sealed_batch(NULL) == NULL);
    CHECK(mypref_sealed_manifest_sha256(NULL) == NULL);
    CHECK(mypref_sealed_list_count(NULL) == 0 && mypref_sealed_list_at(NULL, 0) == NULL);
    CHECK(mypref_batch_receipt_json(NULL) == NULL && mypref_batch_receipt_end(NULL) == MYPREF_COMMIT_END_NONE);
    CHECK(mypref_batch_receipt_keep_files(NULL) == MYPREF_KEEP_FILES_NONE && mypref_batch_receipt_at(NULL) == NULL);
    CHECK(mypref_batch_receipt_server_date(NULL) == NULL && !mypref_batch_receipt_files_are_as_asked(NULL));
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

    REFUSED(mypref_options_set(NULL, "require_certain", "true"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set(options, NULL, "true"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set(options, "require_certain", NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set(options, "require_certain", "perhaps"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_bytes(options, "require_certain", NULL, 0), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_bytes(options, NULL, "true", 4), MYPREF_KIND_INVALID_ARGUMENT);
    FINE(mypref_options_set_bytes(options, "require_certain", "trueish", 4));
    REFUSED(mypref_options_set_duration_ms(options, NULL, 1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_duration_ms(options, "timeout", -1), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_set_int(options, "require_certain", 7), MYPREF_KIND_INVALID_ARGUMENT);
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
    each_type_of_an_export_frees_null_and_frees_twice();
    null_is_an_error_for_an_export_too();
    getters_of_no_export_give_what_stands_for_absent();
    null_is_an_error_and_results_are_written();
    invalid_utf8_is_an_error_that_does_not_repeat_it();
    getters_of_null_give_what_stands_for_absent();
    a_closed_client_says_so();
    versions_agree();
    return passed("handles");
}
