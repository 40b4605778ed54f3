/* The export around a commit: pages and what is borrowed from them, landing and its progress, the proof of the seal;
 * cancelling from another thread in the middle of a page, and going on afterwards. */
#include "testing.h"

#include <pthread.h>

/* A page that comes byte by byte and would take minutes. */
#define TRICKLES(offset)                                                                                               \
    "\"rules\": [{\"on\": \"page\", \"offset\": " #offset ", \"action\": {\"deliver\": {\"trickle_ms\": 200}}}]"

static mypref_order *everyone(void) {
    mypref_order *order = mypref_order_new();
    FINE(mypref_order_set(order, "kind", "segment"));
    FINE(mypref_order_set(order, "name", "Everyone"));
    return order;
}

static mypref_export_handle *initiate(const mypref_client *client) {
    mypref_order *order = everyone();
    mypref_export_handle *handle = NULL;
    mypref_export_status *status = NULL;
    FINE(mypref_initiate(client, order, NULL, &handle));
    FINE(mypref_wait(client, handle, NULL, &status));
    CHECK(mypref_export_handle_watermark(handle) > 1700000000);
    mypref_export_status_free(&status);
    mypref_order_free(&order);
    return handle;
}

static void a_page_outlives_its_pages_and_what_it_lends_is_whole(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\", \"rows\": 5}], "
                                            "\"rules\": [{\"on\": \"page\", \"offset\": 4, \"action\": {\"page\": "
                                            "{\"pretty\": true, \"members\": {\"Hint\": {\"a\": 1}}}}}]");
    mypref_export_handle *handle = initiate(client);
    mypref_pages *pages = NULL;
    mypref_page *first = NULL;
    mypref_page *second = NULL;
    mypref_page *none = NULL;
    FINE(mypref_pages_open(client, handle, 3, MYPREF_DEFAULT, &pages));
    mypref_export_handle_free(&handle);
    FINE(mypref_pages_next(pages, NULL, &first));
    FINE(mypref_pages_next(pages, NULL, &second));
    FINE(mypref_pages_next(pages, NULL, &none));
    CHECK(none == NULL);
    FINE(mypref_pages_next(pages, NULL, &none));
    CHECK(none == NULL);
    mypref_pages_free(&pages);
    mypref_client_free(&client);

    size_t whole = 0;
    size_t length = 0;
    const char *raw = mypref_page_raw(first, &whole);
    CHECK(mypref_page_raw(first, NULL) == raw && whole > 100);
    CHECK(mypref_page_count(first) == 3 && mypref_page_record_count(first) == 3 && mypref_page_has_more(first));
    CHECK(mypref_page_offset(first) == 1 && mypref_page_total_results(first) == 5);
    for (size_t index = 0; index < 3; ++index) {
        const char *record = mypref_page_record(first, index, &length);
        CHECK(record > raw && record + length < raw + whole && record[0] == '{' && record[length - 1] == '}');
        CHECK(mypref_page_line(first, index, NULL) == record);
    }
    CHECK(mypref_page_record(first, 3, &length) == NULL && mypref_page_line(first, 3, &length) == NULL);
    CHECK(mypref_page_other(first, 1000, &length) == NULL && mypref_page_other_name(first, 1000, &length) == NULL);

    CHECK(mypref_page_count(second) == 2 && !mypref_page_has_more(second) && mypref_page_offset(second) == 4);
    const char *record = mypref_page_record(second, 1, &length);
    CHECK(memchr(record, '\n', length) != NULL);
    size_t pretty = length;
    const char *line = mypref_page_line(second, 1, &length);
    CHECK(memchr(line, '\n', length) == NULL && length < pretty && line[0] == '{' && line[length - 1] == '}');
    bool found = false;
    for (size_t index = 0; index < mypref_page_other_count(second); ++index) {
        const char *name = mypref_page_other_name(second, index, &length);
        found = found || (length == 4 && memcmp(name, "Hint", 4) == 0);
        CHECK(mypref_page_other(second, index, &length) != NULL && length > 0);
    }
    CHECK(found);
    mypref_page_free(&first);
    mypref_page_free(&second);
}

static void pages_of_a_freed_client_are_closed(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\"}]");
    mypref_export_handle *handle = initiate(client);
    mypref_pages *pages = NULL;
    mypref_page *page = NULL;
    FINE(mypref_pages_open(client, handle, 1, 1, &pages));
    FINE(mypref_pages_next(pages, NULL, &page));
    mypref_page_free(&page);
    mypref_client_free(&client);
    REFUSED(mypref_pages_next(pages, NULL, &page), MYPREF_KIND_CLOSED);
    CHECK(page == NULL);
    mypref_pages_free(&pages);
    mypref_export_handle_free(&handle);
}

static void what_is_no_page_is_refused(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\"}]");
    mypref_export_handle *handle = initiate(client);
    mypref_call_options *call = mypref_call_options_new();
    mypref_export_status *status = NULL;
    mypref_pages *pages = NULL;
    mypref_page *page = NULL;
    REFUSED(mypref_pages_open(client, handle, -2, 1, &pages), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_pages_open(client, handle, INT64_MAX, 1, &pages), MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(pages == NULL);
    FINE(mypref_pages_open(client, handle, 0, 1, &pages));
    REFUSED(mypref_pages_next(pages, NULL, &page), MYPREF_KIND_INVALID_ARGUMENT);
    FINE(mypref_call_options_set_kind(call, "schedule"));
    REFUSED(mypref_wait(client, handle, call, &status), MYPREF_KIND_INVALID_ARGUMENT);
    FINE(mypref_call_options_set_kind(call, "segment"));
    FINE(mypref_wait(client, handle, call, &status));
    mypref_export_status_free(&status);
    mypref_call_options_free(&call);
    mypref_pages_free(&pages);
    mypref_export_handle_free(&handle);
    mypref_client_free(&client);
}

static void *cancel_soon(void *token) {
    sleep_ms(500);
    mypref_cancel_token_cancel(token);
    return NULL;
}

static void a_page_is_cancelled_in_its_middle_and_asked_for_again(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\", \"rows\": 5}], " TRICKLES(3));
    mypref_export_handle *handle = initiate(client);
    mypref_cancel_token *token = mypref_cancel_token_new();
    mypref_pages *pages = NULL;
    mypref_page *page = NULL;
    FINE(mypref_pages_open(client, handle, 2, 1, &pages));
    FINE(mypref_pages_next(pages, token, &page));
    mypref_page_free(&page);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_soon, token) == 0);
    REFUSED(mypref_pages_next(pages, token, &page), MYPREF_KIND_CANCELLED);
    pthread_join(thread, NULL);
    CHECK(page == NULL);
    FINE(mypref_pages_next(pages, NULL, &page));
    CHECK(mypref_page_offset(page) == 3 && mypref_page_count(page) == 2);
    mypref_page_free(&page);
    mypref_pages_free(&pages);
    mypref_cancel_token_free(&token);
    mypref_export_handle_free(&handle);
    mypref_client_free(&client);
}

struct reading {
    mypref_pages *pages;
    latch *completed;
    int64_t records;
    mypref_kind kind;
};

/* Asks for the next page from the callback of the one before, and frees the pages there at the end. */
static void has_read(void *user_data, mypref_error *error, mypref_page *page) {
    struct reading *reading = user_data;
    CHECK(error == NULL || page == NULL);
    if (page != NULL) {
        reading->records += mypref_page_count(page);
        mypref_page_free(&page);
        FINE(mypref_pages_next_start(reading->pages, NULL, reading, has_read));
        return;
    }
    reading->kind = mypref_error_kind(error);
    mypref_error_free(&error);
    mypref_pages_free(&reading->pages);
    latch_up(reading->completed);
}

static void pages_by_a_callback_come_one_after_the_other(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\", \"rows\": 50}]");
    mypref_export_handle *handle = initiate(client);
    struct reading reading = {NULL, latch_new(), 0, MYPREF_KIND_INTERNAL};
    FINE(mypref_pages_open(client, handle, 3, 1, &reading.pages));
    FINE(mypref_pages_next_start(reading.pages, NULL, &reading, has_read));
    latch_wait(reading.completed, 1);
    CHECK(reading.kind == MYPREF_KIND_NONE && reading.records == 50 && reading.pages == NULL);
    latch_free(reading.completed);
    mypref_export_handle_free(&handle);
    mypref_client_free(&client);
}

static void has_ended(void *user_data, mypref_error *error, mypref_page *page) {
    struct reading *reading = user_data;
    CHECK(error != NULL && page == NULL);
    reading->kind = mypref_error_kind(error);
    mypref_error_free(&error);
    latch_up(reading->completed);
}

static void freeing_pages_ends_the_transfer_and_completes_the_call(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\", \"rows\": 5}], " TRICKLES(1));
    mypref_export_handle *handle = initiate(client);
    struct reading reading = {NULL, latch_new(), 0, MYPREF_KIND_INTERNAL};
    FINE(mypref_pages_open(client, handle, 2, 1, &reading.pages));
    FINE(mypref_pages_next_start(reading.pages, NULL, &reading, has_ended));
    sleep_ms(500);
    CHECK(latch_value(reading.completed) == 0);
    mypref_pages_free(&reading.pages);
    latch_wait(reading.completed, 1);
    CHECK(reading.kind == MYPREF_KIND_CANCELLED);
    latch_free(reading.completed);
    mypref_export_handle_free(&handle);
    mypref_client_free(&client);
}

/* What a landing told, and when another thread is to cancel it. */
struct told {
    mypref_cancel_token *token;
    int64_t cancel_at_rows; /* negative: never */
    latch *reached;
    int64_t rows;
    int64_t resumed_rows;
    int stages[MYPREF_STAGE_COMMIT + 1];
    bool over;
};

static void tell(void *user_data, const mypref_progress *progress) {
    struct told *told = user_data;
    CHECK(!told->over && progress->stage > MYPREF_STAGE_NONE && progress->stage <= MYPREF_STAGE_COMMIT);
    CHECK(progress->elapsed_seconds >= 0 && progress->batch != NULL);
    CHECK(progress->next_in_seconds < 0 || progress->stage == MYPREF_STAGE_WAIT);
    ++told->stages[progress->stage];
    told->rows = progress->rows;
    told->resumed_rows = progress->resumed_rows;
    if (told->cancel_at_rows >= 0 && progress->rows >= told->cancel_at_rows) {
        latch_up(told->reached);
    }
}

static void *cancel_when_reached(void *argument) {
    struct told *told = argument;
    latch_wait(told->reached, 1);
    sleep_ms(500);
    mypref_cancel_token_cancel(told->token);
    return NULL;
}

static mypref_landing_options *landing(struct told *told) {
    mypref_landing_options *options = mypref_landing_options_new();
    FINE(mypref_landing_options_set_bool(options, "keep_files", false));
    FINE(mypref_landing_options_set_int(options, "limit", 100));
    FINE(mypref_landing_options_set_int(options, "part_bytes", 100000));
    FINE(mypref_landing_options_set_progress(options, told, tell));
    return options;
}

static void a_landing_that_was_cancelled_goes_on_where_it_was(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\", \"rows\": 2000}], " TRICKLES(1501));
    char *out = folder_new();
    mypref_order *order = everyone();
    mypref_landed *landed = NULL;
    struct told first = {mypref_cancel_token_new(), 1500, latch_new(), 0, 0, {0}, false};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_when_reached, &first) == 0);
    mypref_landing_options *options = landing(&first);
    REFUSED(mypref_export(client, order, out, options, first.token, &landed), MYPREF_KIND_CANCELLED);
    first.over = true;
    pthread_join(thread, NULL);
    latch_free(first.reached);
    CHECK(landed == NULL && first.rows == 1500 && first.stages[MYPREF_STAGE_SEAL] == 0);

    struct told second = {NULL, -1, NULL, 0, 0, {0}, false};
    FINE(mypref_landing_options_set_progress(options, &second, tell));
    FINE(mypref_export(client, order, out, options, NULL, &landed));
    second.over = true;
    CHECK(second.resumed_rows > 0 && second.resumed_rows <= 1500 && second.rows == 2000);
    CHECK(second.stages[MYPREF_STAGE_SEAL] > 0 && second.stages[MYPREF_STAGE_COMMIT] > 0);
    CHECK(mypref_landed_rows(landed) == 2000 && mypref_landed_parts(landed) > 1 && mypref_landed_is_new(landed));
    CHECK(mypref_batch_receipt_end(mypref_landed_receipt(landed)) == MYPREF_COMMIT_END_COMMITTED);
    mypref_landed_free(&landed);

    mypref_verified verified;
    FINE(mypref_verify(out, &verified, sizeof verified));
    CHECK(verified.batches == 1 && verified.rows == 2000 && verified.parts > 1 && verified.bytes > 100000);
    /* A finished batch is not done again. */
    FINE(mypref_landing_options_set_progress(options, NULL, NULL));
    FINE(mypref_export(client, order, out, options, NULL, &landed));
    CHECK(!mypref_landed_is_new(landed) && mypref_landed_rows(landed) == 2000);
    mypref_landed_free(&landed);
    mypref_landing_options_free(&options);
    mypref_cancel_token_free(&first.token);
    mypref_order_free(&order);
    mypref_client_free(&client);
    folder_remove(out);
}

static void only_a_seal_is_committed(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\"}]");
    char *out = folder_new();
    mypref_export_handle *handle = initiate(client);
    mypref_landing_options *options = mypref_landing_options_new();
    mypref_landed *landed = NULL;
    mypref_batch_receipt *receipt = NULL;
    FINE(mypref_landing_options_set_bool(options, "keep_files", true));
    REFUSED(mypref_land(client, handle, out, options, NULL, &landed), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_landing_options_free(&options);
    options = mypref_landing_options_new();
    FINE(mypref_landing_options_set(options, "compression", "zstd"));
    REFUSED(mypref_land(client, handle, out, options, NULL, &landed), MYPREF_KIND_CONFIGURATION);
    mypref_landing_options_free(&options);
    FINE(mypref_land(client, handle, out, NULL, NULL, &landed));
    CHECK(mypref_landed_receipt(landed) == NULL);

    REFUSED(mypref_commit_landed(client, NULL, false, NULL, &receipt), MYPREF_KIND_NOT_SEALED);
    REFUSED(mypref_commit_landed(client, (const mypref_sealed *)landed, false, NULL, &receipt), MYPREF_KIND_NOT_SEALED);
    REFUSED(mypref_commit_landed(client, (const mypref_sealed *)handle, false, NULL, &receipt), MYPREF_KIND_NOT_SEALED);
    REFUSED(mypref_commit_landed(client, (const mypref_sealed *)client, false, NULL, &receipt), MYPREF_KIND_NOT_SEALED);
    CHECK(receipt == NULL);

    mypref_sealed_list *list = NULL;
    mypref_sealed *sealed = NULL;
    FINE(mypref_sealed_list_open(out, &list));
    CHECK(mypref_sealed_list_count(list) == 1 && mypref_sealed_list_at(list, 1) == NULL);
    CHECK(strcmp(mypref_sealed_batch(mypref_sealed_list_at(list, 0)), mypref_landed_batch(landed)) == 0);
    REFUSED(mypref_sealed_of_batch(out, "batch=none", &sealed), MYPREF_KIND_NOT_SEALED);
    FINE(mypref_commit_landed(client, mypref_sealed_list_at(list, 0), false, NULL, &receipt));
    CHECK(mypref_batch_receipt_end(receipt) == MYPREF_COMMIT_END_COMMITTED);
    CHECK(mypref_batch_receipt_keep_files(receipt) == MYPREF_KEEP_FILES_NO);
    mypref_batch_receipt_free(&receipt);
    mypref_sealed_list_free(&list);

    /* Committed already: the receipt, and nothing is sent. */
    FINE(mypref_sealed_of_batch(out, mypref_landed_batch(landed), &sealed));
    FINE(mypref_commit_landed(client, sealed, false, NULL, &receipt));
    CHECK(mypref_batch_receipt_end(receipt) == MYPREF_COMMIT_END_COMMITTED);
    mypref_batch_receipt_free(&receipt);
    mypref_sealed_free(&sealed);
    FINE(mypref_sealed_list_open(out, &list));
    CHECK(mypref_sealed_list_count(list) == 0 && mypref_sealed_list_at(list, 0) == NULL);
    mypref_sealed_list_free(&list);
    mypref_landed_free(&landed);
    mypref_export_handle_free(&handle);
    mypref_client_free(&client);
    folder_remove(out);
}

static void a_part_that_was_changed_is_corrupt_and_is_not_committed(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\"}]");
    char *out = folder_new();
    mypref_export_handle *handle = initiate(client);
    mypref_landed *landed = NULL;
    mypref_batch_receipt *receipt = NULL;
    mypref_verified verified;
    FINE(mypref_land(client, handle, out, NULL, NULL, &landed));
    char name[1000];
    snprintf(name, sizeof name, "%s/part-00001.ndjson", mypref_landed_folder(landed));
    FILE *part = fopen(name, "a");
    CHECK(part != NULL && fputs("{}\n", part) >= 0 && fclose(part) == 0);
    REFUSED(mypref_verify(out, &verified, sizeof verified), MYPREF_KIND_CORRUPT);
    CHECK(verified.rows == 0);
    REFUSED(mypref_commit_landed(client, mypref_landed_sealed(landed), false, NULL, &receipt), MYPREF_KIND_CORRUPT);
    mypref_landed_free(&landed);
    mypref_export_handle_free(&handle);
    mypref_client_free(&client);
    folder_remove(out);
}

/* The whole flow by callbacks, each of which starts what comes next. */
struct flow {
    mypref_client *client;
    const char *out;
    latch *completed;
    struct told told;
    mypref_landed *landed;
    mypref_commit_end end;
};

static void flow_committed(void *user_data, mypref_error *error, mypref_batch_receipt *receipt) {
    struct flow *flow = user_data;
    FINE(error);
    flow->end = mypref_batch_receipt_end(receipt);
    mypref_batch_receipt_free(&receipt);
    mypref_client_free(&flow->client);
    latch_up(flow->completed);
}

static void flow_landed(void *user_data, mypref_error *error, mypref_landed *landed) {
    struct flow *flow = user_data;
    FINE(error);
    flow->told.over = true;
    FINE(mypref_commit_landed_start(flow->client, mypref_landed_sealed(landed), false, NULL, flow, flow_committed));
    mypref_landed_free(&landed);
}

static mypref_export_handle *flow_handle;

static void flow_ready(void *user_data, mypref_error *error, mypref_export_status *status) {
    struct flow *flow = user_data;
    FINE(error);
    mypref_export_status_free(&status);
    mypref_landing_options *options = mypref_landing_options_new();
    FINE(mypref_landing_options_set_progress(options, &flow->told, tell));
    FINE(mypref_land_start(flow->client, flow_handle, flow->out, options, NULL, flow, flow_landed));
    mypref_landing_options_free(&options);
    mypref_export_handle_free(&flow_handle);
}

static void flow_initiated(void *user_data, mypref_error *error, mypref_export_handle *handle) {
    struct flow *flow = user_data;
    FINE(error);
    flow_handle = handle;
    FINE(mypref_wait_start(flow->client, handle, NULL, flow, flow_ready));
}

static void the_whole_flow_by_callbacks(void) {
    char *out = folder_new();
    struct flow flow = {client_of_world("\"sources\": [{\"name\": \"Everyone\"}]"),
                        out,
                        latch_new(),
                        {NULL, -1, NULL, 0, 0, {0}, false},
                        NULL,
                        MYPREF_COMMIT_END_NONE};
    mypref_order *order = everyone();
    FINE(mypref_initiate_start(flow.client, order, NULL, &flow, flow_initiated));
    mypref_order_free(&order);
    latch_wait(flow.completed, 1);
    CHECK(flow.end == MYPREF_COMMIT_END_COMMITTED && flow.told.rows == 3 && flow.client == NULL);
    latch_free(flow.completed);
    folder_remove(out);
}

static void note_kind(void *user_data, mypref_error *error, mypref_landed *landed) {
    struct reading *reading = user_data;
    reading->kind = mypref_error_kind(error);
    CHECK((error == NULL) != (landed == NULL));
    mypref_error_free(&error);
    mypref_landed_free(&landed);
    latch_up(reading->completed);
}

static void freeing_the_client_ends_a_landing_that_was_started(void) {
    mypref_client *client = client_of_world("\"sources\": [{\"name\": \"Everyone\", \"rows\": 5}], " TRICKLES(1));
    char *out = folder_new();
    mypref_order *order = everyone();
    struct told told = {NULL, -1, NULL, 0, 0, {0}, false};
    struct reading reading = {NULL, latch_new(), 0, MYPREF_KIND_INTERNAL};
    mypref_landing_options *options = landing(&told);
    FINE(mypref_export_start(client, order, out, options, NULL, &reading, note_kind));
    REFUSED(mypref_export_start(client, order, out, options, NULL, &reading, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_landing_options_free(&options);
    mypref_order_free(&order);
    sleep_ms(500);
    mypref_client_free(&client);
    latch_wait(reading.completed, 1);
    told.over = true;
    CHECK(reading.kind == MYPREF_KIND_CANCELLED);
    latch_free(reading.completed);
    folder_remove(out);
}

int main(void) {
    a_page_outlives_its_pages_and_what_it_lends_is_whole();
    pages_of_a_freed_client_are_closed();
    what_is_no_page_is_refused();
    a_page_is_cancelled_in_its_middle_and_asked_for_again();
    pages_by_a_callback_come_one_after_the_other();
    freeing_pages_ends_the_transfer_and_completes_the_call();
    a_landing_that_was_cancelled_goes_on_where_it_was();
    only_a_seal_is_committed();
    a_part_that_was_changed_is_corrupt_and_is_not_committed();
    the_whole_flow_by_callbacks();
    freeing_the_client_ends_a_landing_that_was_started();
    return passed("exporting");
}
