/* Every getter says what the canonical JSON says, for errors, receipts, statuses and resolutions. */
#include "testing.h"

#include <cjson/cJSON.h>
#include <math.h>

static cJSON *member(const cJSON *object, const char *name) {
    cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    CHECK(found != NULL);
    return found;
}

static void same_text(const cJSON *object, const char *name, const char *text) {
    const cJSON *there = member(object, name);
    if (cJSON_IsNull(there)) {
        CHECK(text == NULL);
    } else {
        CHECK(text != NULL && strcmp(cJSON_GetStringValue(there), text) == 0);
    }
}

static void same_number(const cJSON *object, const char *name, double number, double absent) {
    const cJSON *there = member(object, name);
    if (cJSON_IsNull(there)) {
        CHECK(number == absent);
    } else {
        CHECK(fabs(there->valuedouble - number) < 0.0006);
    }
}

/* The number of an enum is the place of its name in this list. */
static void same_word(const cJSON *object, const char *name, int value, const char *const *words) {
    same_text(object, name, words[value]);
}

static const char *const SENT[] = {NULL, "not_sent", "maybe_sent", "answered"};
static const char *const RETRY[] = {NULL, "permanent", "temporary", "persistent"};
static const char *const STATE[] = {NULL, "not_committed", "unknown"};
static const char *const OUTCOME[] = {NULL, "committed", "already_committed"};
static const char *const CERTAINTY[] = {NULL, "certain", "presumed"};
static const char *const CONFIRMED[] = {NULL, "response", "status", "token_retired", "early_expiry"};
static const char *const FILES[] = {NULL, "as_asked", "unknown"};
static const char *const END[] = {NULL, "committed", "already_committed", "expired"};
static const char *const RESOLVED[] = {NULL, "committed", "not_committed", "unknown"};

static void same_attempt(const cJSON *json, const mypref_attempt *attempt) {
    same_number(json, "n", attempt->n, 0);
    same_number(json, "delay_before", attempt->delay_before_seconds, 0);
    same_number(json, "elapsed", attempt->elapsed_seconds, 0);
    same_word(json, "sent", (int)attempt->sent, SENT);
    same_number(json, "status", attempt->http_status, 0);
    CHECK(cJSON_IsNull(member(json, "kind")) == (attempt->kind == MYPREF_KIND_NONE));
}

static void same_error(const mypref_error *error) {
    cJSON *json = cJSON_Parse(mypref_error_json(error));
    same_text(json, "kind", mypref_error_kind_name(error));
    same_number(json, "number", mypref_error_kind(error), 0);
    same_text(json, "phase", mypref_error_phase(error));
    same_text(json, "operation", mypref_error_operation(error));
    same_text(json, "detail", mypref_error_detail(error));
    same_number(json, "http_status", mypref_error_http_status(error), 0);
    same_text(json, "server_message", mypref_error_server_message(error));
    same_word(json, "retry", (int)mypref_error_retry(error), RETRY);
    same_number(json, "retry_after", mypref_error_retry_after_seconds(error), -1);
    same_word(json, "sent", (int)mypref_error_sent(error), SENT);
    same_word(json, "commit_state", (int)mypref_error_commit_state(error), STATE);
    same_number(json, "elapsed", mypref_error_elapsed_seconds(error), 0);
    same_text(json, "request_id", mypref_error_request_id(error));
    same_text(json, "method", mypref_error_method(error));
    same_text(json, "url", mypref_error_url(error));
    same_text(json, "next_action", mypref_error_next_action(error));
    same_text(json, "source", mypref_error_source(error));
    const cJSON *attempts = member(json, "attempts");
    CHECK(mypref_error_attempt_count(error) == (size_t)cJSON_GetArraySize(attempts));
    mypref_attempt attempt;
    for (int n = 0; n < cJSON_GetArraySize(attempts); ++n) {
        CHECK(mypref_error_attempt(error, (size_t)n, &attempt, sizeof attempt));
        same_attempt(cJSON_GetArrayItem(attempts, n), &attempt);
    }
    CHECK(!mypref_error_attempt(error, mypref_error_attempt_count(error), &attempt, sizeof attempt));
    CHECK(!mypref_error_attempt(error, 0, NULL, sizeof attempt));
    CHECK(strstr(mypref_error_message(error), mypref_error_next_action(error)) != NULL);
    cJSON_Delete(json);
}

static void same_receipt(const mypref_receipt *receipt) {
    cJSON *json = cJSON_Parse(mypref_receipt_json(receipt));
    same_word(json, "outcome", (int)mypref_receipt_outcome(receipt), OUTCOME);
    same_word(json, "certainty", (int)mypref_receipt_certainty(receipt), CERTAINTY);
    same_word(json, "confirmed_by", (int)mypref_receipt_confirmed_by(receipt), CONFIRMED);
    const cJSON *keep = member(json, "keep_files");
    CHECK(cJSON_IsNull(keep) == (mypref_receipt_keep_files(receipt) == MYPREF_KEEP_FILES_NONE));
    CHECK(cJSON_IsTrue(keep) == (mypref_receipt_keep_files(receipt) == MYPREF_KEEP_FILES_YES));
    CHECK(cJSON_IsFalse(keep) == (mypref_receipt_keep_files(receipt) == MYPREF_KEEP_FILES_NO));
    same_word(json, "files", (int)mypref_receipt_files(receipt), FILES);
    same_number(json, "sends", mypref_receipt_sends(receipt), 0);
    same_number(json, "elapsed", mypref_receipt_elapsed_seconds(receipt), 0);
    same_text(json, "request_id", mypref_receipt_request_id(receipt));
    CHECK(cJSON_IsNull(member(json, "server_date")) == (mypref_receipt_server_date(receipt) == MYPREF_NO_DATE));
    const cJSON *attempts = member(json, "attempts");
    CHECK(mypref_receipt_attempt_count(receipt) == (size_t)cJSON_GetArraySize(attempts));
    mypref_attempt attempt;
    for (int n = 0; n < cJSON_GetArraySize(attempts); ++n) {
        CHECK(mypref_receipt_attempt(receipt, (size_t)n, &attempt, sizeof attempt));
        same_attempt(cJSON_GetArrayItem(attempts, n), &attempt);
    }
    cJSON_Delete(json);
}

static void errors(void) {
    mypref_client *client = client_of_scenario(
        1, 2,
        "[{\"on\": \"commit\", \"token\": 1, \"times\": \"forever\", \"action\": {\"answer\": {\"status\": 503, "
        "\"headers\": [[\"X-Request-Id\", \"r-17\"]], \"body\": {\"message\": \"busy\"}}}}, "
        "{\"on\": \"commit\", \"token\": 2, \"action\": {\"answer\": {\"status\": 503, "
        "\"headers\": [[\"Retry-After\", \"900\"]]}}}]");
    mypref_receipt *receipt = NULL;
    mypref_error *error = mypref_commit(client, 1, true, NULL, &receipt);
    CHECK(mypref_error_kind(error) == MYPREF_KIND_SERVICE_UNAVAILABLE);
    CHECK(mypref_error_attempt_count(error) == 3 && mypref_error_http_status(error) == 503);
    CHECK(strcmp(mypref_error_server_message(error), "busy") == 0);
    CHECK(mypref_error_retry(error) == MYPREF_RETRY_PERSISTENT);
    same_error(error);
    mypref_error_free(&error);
    error = mypref_commit(client, 2, true, NULL, &receipt);
    CHECK(mypref_error_retry_after_seconds(error) > 899);
    same_error(error);

    /* A program that was compiled for a smaller record gets what it knows, and nothing beyond. */
    mypref_attempt attempt;
    memset(&attempt, 0x5a, sizeof attempt);
    CHECK(mypref_error_attempt(error, 0, &attempt, sizeof attempt.n));
    CHECK(attempt.n == 1 && attempt.http_status == 0x5a5a5a5a);
    mypref_error_free(&error);

    mypref_call_options *call = mypref_call_options_new();
    FINE(mypref_call_options_set_timeout_ms(call, 0));
    error = mypref_commit(client, 2, true, call, &receipt);
    CHECK(mypref_error_kind(error) == MYPREF_KIND_INVALID_ARGUMENT);
    same_error(error);
    mypref_error_free(&error);
    mypref_call_options_free(&call);
    mypref_client_free(&client);
}

static void receipts_statuses_and_resolutions(void) {
    mypref_client *client = client_of_scenario(
        1, 3,
        "[{\"on\": \"commit\", \"action\": {\"answer\": {\"status\": 200, \"apply\": \"now\", "
        "\"headers\": [[\"X-Request-Id\", \"r-18\"]]}}}, "
        "{\"on\": \"status\", \"token\": 3, \"times\": \"forever\", \"action\": {\"answer\": {\"status\": 403}}}]");
    mypref_receipt *receipt = NULL;
    FINE(mypref_commit(client, 1, false, NULL, &receipt));
    CHECK(mypref_receipt_keep_files(receipt) == MYPREF_KEEP_FILES_NO && mypref_receipt_sends(receipt) == 1);
    CHECK(strcmp(mypref_receipt_request_id(receipt), "r-18") == 0);
    CHECK(mypref_receipt_server_date(receipt) > 1700000000);
    same_receipt(receipt);
    mypref_receipt_free(&receipt);

    mypref_export_status *status = NULL;
    FINE(mypref_status(client, 2, NULL, &status));
    cJSON *json = cJSON_Parse(mypref_export_status_json(status));
    same_text(json, "status", mypref_export_status_word(status));
    same_number(json, "row_count", (double)mypref_export_status_row_count(status), -1);
    same_number(json, "byte_count", (double)mypref_export_status_byte_count(status), -1);
    CHECK(cJSON_IsNull(member(json, "expires")) == (mypref_export_status_expires(status) == MYPREF_NO_DATE));
    CHECK(mypref_export_status_server_date(status) > 1700000000);
    cJSON_Delete(json);
    mypref_export_status_free(&status);

    mypref_call_options *call = mypref_call_options_new();
    FINE(mypref_call_options_set_timeout_ms(call, 1500));
    for (int64_t token = 1; token <= 3; ++token) {
        mypref_resolution *resolution = NULL;
        FINE(mypref_resolve_commit(client, token, call, &resolution));
        CHECK((int)mypref_resolution_state(resolution) == (int)token);
        json = cJSON_Parse(mypref_resolution_json(resolution));
        same_word(json, "resolution", (int)mypref_resolution_state(resolution), RESOLVED);
        CHECK((mypref_resolution_receipt(resolution) != NULL) == (token == 1));
        CHECK((mypref_resolution_as_of(resolution) != MYPREF_NO_DATE) == (token == 2));
        CHECK((mypref_resolution_error(resolution) != NULL) == (token == 3));
        if (token == 1) {
            same_receipt(mypref_resolution_receipt(resolution));
        } else if (token == 3) {
            same_error(mypref_resolution_error(resolution));
        }
        cJSON_Delete(json);
        mypref_resolution_free(&resolution);
    }
    mypref_call_options_free(&call);
    mypref_client_free(&client);
}

static void same_batch_receipt(const mypref_batch_receipt *receipt) {
    cJSON *json = cJSON_Parse(mypref_batch_receipt_json(receipt));
    same_word(json, "end", (int)mypref_batch_receipt_end(receipt), END);
    CHECK(cJSON_IsTrue(member(json, "keep_files")) ==
          (mypref_batch_receipt_keep_files(receipt) == MYPREF_KEEP_FILES_YES));
    same_text(json, "at", mypref_batch_receipt_at(receipt));
    same_text(json, "server_date", mypref_batch_receipt_server_date(receipt));
    CHECK(mypref_batch_receipt_files_are_as_asked(receipt));
    cJSON_Delete(json);
}

static void what_was_landed(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\", \"rows\": 7}]");
    char *out = folder_new();
    mypref_order *order = mypref_order_new();
    mypref_landing_options *options = mypref_landing_options_new();
    mypref_landed *landed = NULL;
    FINE(mypref_order_set(order, "kind", "segment"));
    FINE(mypref_order_set(order, "name", "Everyone"));
    FINE(mypref_landing_options_set_bool(options, "keep_files", true));
    FINE(mypref_landing_options_set(options, "since", "2026-11-24T06:25:53.042Z"));
    FINE(mypref_export(client, order, out, options, NULL, &landed));
    cJSON *json = cJSON_Parse(mypref_landed_json(landed));
    same_text(json, "batch", mypref_landed_batch(landed));
    same_text(json, "folder", mypref_landed_folder(landed));
    same_number(json, "rows", (double)mypref_landed_rows(landed), -1);
    same_number(json, "bytes", (double)mypref_landed_bytes(landed), -1);
    same_number(json, "parts", (double)mypref_landed_parts(landed), -1);
    same_text(json, "since", mypref_landed_since(landed));
    same_text(json, "watermark", mypref_landed_watermark(landed));
    same_text(json, "manifest_sha256", mypref_sealed_manifest_sha256(mypref_landed_sealed(landed)));
    CHECK(cJSON_IsTrue(member(json, "is_new")) == mypref_landed_is_new(landed));
    CHECK((size_t)cJSON_GetArraySize(member(json, "notes")) == mypref_landed_note_count(landed));
    CHECK(mypref_landed_rows(landed) == 7 && mypref_landed_since(landed) != NULL && mypref_landed_is_new(landed));
    CHECK(strstr(mypref_landed_json(landed), mypref_batch_receipt_json(mypref_landed_receipt(landed))) != NULL);
    same_batch_receipt(mypref_landed_receipt(landed));
    CHECK(mypref_batch_receipt_keep_files(mypref_landed_receipt(landed)) == MYPREF_KEEP_FILES_YES);
    CHECK(strcmp(mypref_sealed_out(mypref_landed_sealed(landed)), out) == 0);
    CHECK(strcmp(mypref_sealed_batch(mypref_landed_sealed(landed)), mypref_landed_batch(landed)) == 0);
    cJSON_Delete(json);
    mypref_landed_free(&landed);
    mypref_landing_options_free(&options);
    mypref_order_free(&order);
    mypref_client_free(&client);
    folder_remove(out);
}

int main(void) {
    errors();
    what_was_landed();
    receipts_statuses_and_resolutions();
    return passed("fields");
}
