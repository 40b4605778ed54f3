/* See lines.h. JSON is read and written by cJSON. */
#define _POSIX_C_SOURCE 200809L
#include "lines.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t texts_lock = PTHREAD_MUTEX_INITIALIZER;
static cJSON *texts;

void give_up(const char *why) {
    fprintf(stderr, "adapter: %s\n", why);
    exit(1);
}

void note(const char *text) {
    if (text == NULL) {
        return;
    }
    pthread_mutex_lock(&texts_lock);
    cJSON_AddItemToArray(texts, cJSON_CreateString(text));
    pthread_mutex_unlock(&texts_lock);
}

static void log_event(void *user_data, const char *event) {
    (void)user_data;
    note(event);
}

static void keep(struct observed *observed, const char *type, const char *record) {
    observed->type = type;
    observed->record = strdup(record);
}

void observe_error(struct observed *observed, mypref_error *error) {
    note(mypref_error_message(error));
    note(mypref_error_detail(error));
    note(mypref_error_server_message(error));
    note(mypref_error_url(error));
    note(mypref_error_next_action(error));
    note(mypref_error_source(error));
    keep(observed, "error", mypref_error_json(error));
    mypref_error_free(&error);
}

void observe_receipt(struct observed *observed, mypref_receipt *receipt) {
    note(mypref_receipt_request_id(receipt));
    keep(observed, "receipt", mypref_receipt_json(receipt));
    mypref_receipt_free(&receipt);
}

void observe_resolution(struct observed *observed, mypref_resolution *resolution) {
    note(mypref_error_message(mypref_resolution_error(resolution)));
    keep(observed, "resolution", mypref_resolution_json(resolution));
    mypref_resolution_free(&resolution);
}

void observe_status(struct observed *observed, mypref_export_status *status) {
    note(mypref_export_status_word(status));
    keep(observed, "status", mypref_export_status_json(status));
    mypref_export_status_free(&status);
}

void observe_export(struct observed *observed, mypref_export_handle *handle) {
    keep(observed, "export", mypref_export_handle_json_with_token(handle));
    mypref_export_handle_free(&handle);
}

void observe_landed(struct observed *observed, mypref_landed *landed) {
    for (size_t n = 0; n < mypref_landed_note_count(landed); ++n) {
        note(mypref_landed_note(landed, n));
    }
    keep(observed, "landed", mypref_landed_json(landed));
    mypref_landed_free(&landed);
}

void observe_batch_receipt(struct observed *observed, mypref_batch_receipt *receipt) {
    keep(observed, "batch_receipt", mypref_batch_receipt_json(receipt));
    mypref_batch_receipt_free(&receipt);
}

void observe_boundaries(struct observed *observed, mypref_boundary_list *boundaries) {
    keep(observed, "boundaries", mypref_boundary_list_json(boundaries));
    mypref_boundary_list_free(&boundaries);
}

cJSON *pages_begin(void) { return cJSON_CreateArray(); }

/* Bytes that do not end with NUL. */
static cJSON *text_of_bytes(const char *bytes, size_t length) {
    char *text = malloc(length + 1);
    memcpy(text, bytes, length);
    text[length] = '\0';
    cJSON *made = cJSON_CreateString(text);
    free(text);
    return made;
}

static void add_count(cJSON *object, const char *name, int64_t count) {
    cJSON_AddItemToObject(object, name, count < 0 ? cJSON_CreateNull() : cJSON_CreateNumber((double)count));
}

void pages_add(cJSON *pages, mypref_page *page) {
    size_t length = 0;
    cJSON *others = cJSON_CreateArray();
    for (size_t n = 0; n < mypref_page_other_count(page); ++n) {
        cJSON *other = cJSON_CreateArray();
        const char *bytes = mypref_page_other_name(page, n, &length);
        cJSON_AddItemToArray(other, text_of_bytes(bytes, length));
        bytes = mypref_page_other(page, n, &length);
        cJSON_AddItemToArray(other, text_of_bytes(bytes, length));
        cJSON_AddItemToArray(others, other);
    }
    cJSON *records = cJSON_CreateArray();
    for (size_t n = 0; n < mypref_page_record_count(page); ++n) {
        const char *bytes = mypref_page_line(page, n, &length);
        cJSON_AddItemToArray(records, text_of_bytes(bytes, length));
    }
    cJSON *one = cJSON_CreateObject();
    add_count(one, "count", mypref_page_count(page));
    cJSON_AddBoolToObject(one, "has_more", mypref_page_has_more(page));
    add_count(one, "offset", mypref_page_offset(page));
    cJSON_AddItemToObject(one, "others", others);
    cJSON_AddItemToObject(one, "records", records);
    add_count(one, "total_results", mypref_page_total_results(page));
    cJSON_AddItemToArray(pages, one);
    mypref_page_free(&page);
}

void pages_forget(cJSON *pages) { cJSON_Delete(pages); }

void observe_pages(struct observed *observed, cJSON *pages) {
    char *record = cJSON_PrintUnformatted(pages);
    keep(observed, "pages", record);
    free(record);
    cJSON_Delete(pages);
}

static void *cancel_later(void *argument) {
    struct cancel *cancel = argument;
    struct timespec delay = {cancel->after_ms / 1000, cancel->after_ms % 1000 * 1000000L};
    nanosleep(&delay, NULL);
    mypref_cancel_token_cancel(cancel->token);
    return NULL;
}

void cancel_begin(struct cancel *cancel, const struct call *call) {
    pthread_t thread = 0;
    cancel->token = mypref_cancel_token_new();
    cancel->options = mypref_call_options_new();
    cancel->after_ms = call->cancel_after_ms;
    if (mypref_call_options_set_cancel_token(cancel->options, cancel->token) != NULL) {
        give_up("the token was refused");
    }
    if (call->max_wait_ms >= 0 && mypref_call_options_set_timeout_ms(cancel->options, call->max_wait_ms) != NULL) {
        give_up("the time was refused");
    }
    if (call->cancel_after_ms == 0) {
        mypref_cancel_token_cancel(cancel->token);
    } else if (call->cancel_after_ms > 0 && pthread_create(&thread, NULL, cancel_later, cancel) != 0) {
        give_up("no thread");
    }
    cancel->thread = (unsigned long)thread;
}

void cancel_end(struct cancel *cancel) {
    if (cancel->after_ms > 0) {
        pthread_join((pthread_t)cancel->thread, NULL);
    }
    mypref_call_options_free(&cancel->options);
    mypref_cancel_token_free(&cancel->token);
}

static const char *text_of(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static int64_t number_of(const cJSON *object, const char *name) {
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(number) ? (int64_t)number->valuedouble : MYPREF_DEFAULT;
}

bool is(const struct call *call, const char *operation) { return strcmp(call->operation, operation) == 0; }

bool takes_a_token(const struct call *call) {
    return is(call, "commit") || is(call, "resolve_commit") || is(call, "status");
}

mypref_error *make_order(const struct call *call, mypref_order **order) {
    static const char *const parts[] = {"kind",       "name",         "last_date_time", "match_criteria",
                                        "match_type", "callback_url", "start_date",     "end_date"};
    static const char *const lists[] = {"values", "cids", "channels"};
    mypref_error *error = NULL;
    *order = mypref_order_new();
    for (size_t n = 0; n < sizeof parts / sizeof *parts && error == NULL; ++n) {
        const char *text = text_of(call->given, parts[n]);
        if (text != NULL) {
            error = mypref_order_set(*order, parts[n], text);
        }
    }
    for (size_t n = 0; n < sizeof lists / sizeof *lists; ++n) {
        const cJSON *value = NULL;
        cJSON_ArrayForEach(value, cJSON_GetObjectItemCaseSensitive(call->given, lists[n])) {
            if (error == NULL) {
                error = mypref_order_add(*order, lists[n], cJSON_GetStringValue(value));
            }
        }
    }
    return error;
}

mypref_error *make_landing(const struct call *call, mypref_landing_options **options) {
    static const char *const words[] = {"commit", "since", "compression", "format"};
    static const char *const numbers[] = {"limit", "max_memory", "part_bytes"};
    const cJSON *keep_files = cJSON_GetObjectItemCaseSensitive(call->given, "keep_files");
    const cJSON *overlap = cJSON_GetObjectItemCaseSensitive(call->given, "overlap");
    mypref_error *error = NULL;
    *options = mypref_landing_options_new();
    for (size_t n = 0; n < sizeof words / sizeof *words && error == NULL; ++n) {
        const char *word = text_of(call->given, words[n]);
        if (word != NULL) {
            error = mypref_landing_options_set(*options, words[n], word);
        }
    }
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && error == NULL; ++n) {
        int64_t number = number_of(call->given, numbers[n]);
        if (number != MYPREF_DEFAULT) {
            error = mypref_landing_options_set_int(*options, numbers[n], number);
        }
    }
    if (error == NULL && cJSON_IsBool(keep_files)) {
        error = mypref_landing_options_set_bool(*options, "keep_files", cJSON_IsTrue(keep_files));
    }
    if (error == NULL && cJSON_IsNumber(overlap)) {
        int64_t milliseconds = (int64_t)(overlap->valuedouble * 1000);
        error = mypref_landing_options_set_duration_ms(*options, "overlap", milliseconds);
    }
    if (error == NULL && call->max_wait_ms >= 0) {
        error = mypref_landing_options_set_duration_ms(*options, "max_wait", call->max_wait_ms);
    }
    return error;
}

mypref_error *open_handle(const mypref_client *client, const struct call *call, mypref_export_handle **handle) {
    mypref_wrapped *wrapped = NULL;
    mypref_error *error = mypref_export_handle_from_json(call->handle, handle);
    if (error == NULL && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(call->given, "wrapped"))) {
        error = mypref_wrap(client, *handle, &wrapped);
        mypref_export_handle_free(handle);
        if (error == NULL) {
            error = mypref_unwrap(client, mypref_wrapped_text(wrapped), handle);
        }
        mypref_wrapped_free(&wrapped);
    }
    return error;
}

mypref_error *make_loaded(const struct call *call, mypref_loaded **loaded) {
    const char *sink = text_of(call->given, "sink");
    const cJSON *file = NULL;
    *loaded = mypref_loaded_new(number_of(call->given, "rows"), call->keep_files);
    mypref_error *error = sink == NULL ? NULL : mypref_loaded_set_sink(*loaded, sink);
    cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(call->given, "files")) {
        if (error == NULL) {
            error = mypref_loaded_add_file(*loaded, cJSON_GetStringValue(file));
        }
    }
    return error;
}

size_t places_of(const struct call *call, int64_t *places, size_t room) {
    const cJSON *place = NULL;
    size_t count = 0;
    cJSON_ArrayForEach(place, cJSON_GetObjectItemCaseSensitive(call->given, "places")) {
        if (count < room) {
            places[count++] = (int64_t)place->valuedouble;
        }
    }
    return count;
}

mypref_error *open_pages(const mypref_client *client, const struct call *call, mypref_pages **pages) {
    static const char *const plan[] = {"offset", "until", "expect_total", "limit"};
    static const char *const numbers[] = {"offset", "until", "total", "limit"};
    static const char *const digests[] = {"expect_first", "expect_last"};
    mypref_export_handle *handle = NULL;
    mypref_range *range = mypref_range_new();
    mypref_error *error = open_handle(client, call, &handle);
    bool is_range = false;
    for (size_t n = 0; n < 4 && error == NULL; ++n) {
        int64_t number = number_of(call->given, plan[n]);
        if (number != MYPREF_DEFAULT) {
            error = mypref_range_set_int(range, numbers[n], number);
            is_range = is_range || n == 1 || n == 2;
        }
    }
    for (size_t n = 0; n < 2 && error == NULL; ++n) {
        const char *digest = text_of(call->given, digests[n]);
        if (digest != NULL) {
            error = mypref_range_set(range, digests[n] + strlen("expect_"), digest);
            is_range = true;
        }
    }
    if (error == NULL) {
        error = is_range ? mypref_pages_open_range(client, handle, range, pages)
                         : mypref_pages_open(client, handle, call->limit, call->offset, pages);
    }
    mypref_range_free(&range);
    mypref_export_handle_free(&handle);
    return error;
}

mypref_error *newest_sealed(const struct call *call, mypref_sealed_list **list, const mypref_sealed **sealed) {
    mypref_error *error = mypref_sealed_list_open(call->out, list);
    *sealed = mypref_sealed_list_at(*list, mypref_sealed_list_count(*list) - 1);
    return error;
}

/* OAuth has no function of its own: its parts are given by name. */
static mypref_error *set_oauth(mypref_options *options, const cJSON *oauth) {
    mypref_error *error = NULL;
    const cJSON *part = NULL;
    cJSON_ArrayForEach(part, oauth) {
        char name[64];
        bool shared = strcmp(part->string, "user_id") == 0;
        snprintf(name, sizeof name, "%s%s", shared ? "" : "oauth_", part->string);
        if (error == NULL && cJSON_IsString(part)) {
            error = mypref_options_set(options, name, cJSON_GetStringValue(part));
        }
    }
    return error;
}

static mypref_error *set_credentials(mypref_options *options, const cJSON *credentials) {
    const cJSON *hmac = cJSON_GetObjectItemCaseSensitive(credentials, "hmac");
    if (hmac != NULL) {
        const char *secret = text_of(hmac, "secret");
        return mypref_options_set_hmac(options, text_of(hmac, "user_id"), secret, strlen(secret));
    }
    const cJSON *oauth = cJSON_GetObjectItemCaseSensitive(credentials, "oauth");
    if (oauth != NULL) {
        return set_oauth(options, oauth);
    }
    const char *bearer = text_of(credentials, "bearer");
    if (bearer != NULL) {
        return mypref_options_set_bearer(options, bearer, strlen(bearer));
    }
    const char *authorization = text_of(credentials, "authorization");
    return mypref_options_set_authorization(options, authorization, strlen(authorization));
}

/* Sets or, afterwards, unsets what the plan's environment holds. */
static void change_environment(const cJSON *variables, bool set) {
    const cJSON *variable = NULL;
    cJSON_ArrayForEach(variable, variables) {
        int failed = set ? setenv(variable->string, cJSON_GetStringValue(variable), 1) : unsetenv(variable->string);
        if (failed != 0) {
            give_up("the environment cannot be changed");
        }
    }
}

/* From the plan's members, or from its profile and environment; the settings on top of either. */
static mypref_error *open_client(const cJSON *plan, mypref_client **client) {
    mypref_options *options = mypref_options_new();
    const cJSON *configuration = cJSON_GetObjectItemCaseSensitive(plan, "configuration");
    const cJSON *variables = cJSON_GetObjectItemCaseSensitive(configuration, "variables");
    mypref_error *error = NULL;
    if (configuration != NULL) {
        error = mypref_options_use_environment(options, text_of(configuration, "profile"));
    } else {
        error = mypref_options_set(options, "base_url", text_of(plan, "base_url"));
        if (error == NULL) {
            error = mypref_options_set(options, "client_id", text_of(plan, "client_id"));
        }
        if (error == NULL) {
            error = set_credentials(options, cJSON_GetObjectItemCaseSensitive(plan, "credentials"));
        }
    }
    const cJSON *setting = NULL;
    cJSON_ArrayForEach(setting, cJSON_GetObjectItemCaseSensitive(plan, "settings")) {
        if (error == NULL) {
            error = mypref_options_set(options, setting->string, cJSON_GetStringValue(setting));
        }
    }
    if (error == NULL) {
        error = mypref_options_set_log(options, NULL, log_event, NULL);
    }
    if (error == NULL) {
        change_environment(variables, true);
        error = mypref_client_open(options, client);
        change_environment(variables, false);
    }
    mypref_options_free(&options);
    return error;
}

static cJSON *play_call(const mypref_client *client, const cJSON *given, play_function *play) {
    const cJSON *concurrent = cJSON_GetObjectItemCaseSensitive(given, "concurrent");
    const cJSON *cancel_after = cJSON_GetObjectItemCaseSensitive(given, "cancel_after_ms");
    const char *token = text_of(given, "access_token");
    struct call call = {text_of(given, "operation"),
                        given,
                        text_of(given, "export"),
                        text_of(given, "out"),
                        number_of(given, "limit"),
                        number_of(given, "offset"),
                        number_of(given, "max_wait_ms"),
                        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(given, "keep_files")),
                        cJSON_IsNumber(cancel_after) ? cancel_after->valueint : -1,
                        1,
                        NULL};
    bool consecutive = false;
    if (cJSON_IsObject(concurrent)) {
        call.count = cJSON_GetObjectItemCaseSensitive(concurrent, "n")->valueint;
        consecutive = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(concurrent, "consecutive_tokens"));
    }
    call.tokens = calloc((size_t)call.count, sizeof *call.tokens);
    struct observed *results = calloc((size_t)call.count, sizeof *results);
    for (int n = 0; n < call.count; ++n) {
        if (consecutive) {
            snprintf(call.tokens[n], sizeof *call.tokens, "%lld", strtoll(token, NULL, 10) + n);
        } else {
            snprintf(call.tokens[n], sizeof *call.tokens, "%s", token == NULL ? "" : token);
        }
    }
    play(client, &call, results);
    cJSON *observed = cJSON_CreateArray();
    for (int n = 0; n < call.count; ++n) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "type", results[n].type);
        cJSON_AddStringToObject(one, "record", results[n].record);
        cJSON_AddItemToArray(observed, one);
        free(results[n].record);
    }
    free(results);
    free(call.tokens);
    return observed;
}

int adapt(play_function *play) {
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        cJSON *plan = cJSON_Parse(line);
        if (plan == NULL) {
            give_up("that is no plan");
        }
        texts = cJSON_CreateArray();
        cJSON *results = cJSON_CreateArray();
        mypref_client *client = NULL;
        mypref_error *error = open_client(plan, &client);
        if (error != NULL) {
            /* A client that cannot be made fails its first call; the others are not made. */
            struct observed refused;
            observe_error(&refused, error);
            cJSON *one = cJSON_CreateObject();
            cJSON_AddStringToObject(one, "type", refused.type);
            cJSON_AddStringToObject(one, "record", refused.record);
            free(refused.record);
            cJSON *calls = cJSON_CreateArray();
            cJSON_AddItemToArray(calls, one);
            cJSON_AddItemToArray(results, calls);
        } else {
            const cJSON *call = NULL;
            cJSON_ArrayForEach(call, cJSON_GetObjectItemCaseSensitive(plan, "calls")) {
                cJSON_AddItemToArray(results, play_call(client, call, play));
            }
        }
        mypref_client_free(&client);
        cJSON *observation = cJSON_CreateObject();
        cJSON_AddStringToObject(observation, "case", text_of(plan, "case"));
        cJSON_AddItemToObject(observation, "results", results);
        pthread_mutex_lock(&texts_lock);
        cJSON_AddItemToObject(observation, "texts", texts);
        char *answer = cJSON_PrintUnformatted(observation);
        cJSON_Delete(observation);
        texts = cJSON_CreateArray();
        pthread_mutex_unlock(&texts_lock);
        puts(answer);
        fflush(stdout);
        free(answer);
        cJSON_Delete(plan);
    }
    free(line);
    mypref_shutdown(5000);
    return 0;
}
