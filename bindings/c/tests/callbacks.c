/* Callbacks that free the client, call again, call in a way that they must not; completions after closing; the log. */
#include "testing.h"

struct state {
    mypref_client *client;
    latch *completed;
    mypref_kind kind;
    int64_t next_token;
};

static void note_kind(struct state *state, mypref_error *error, mypref_receipt *receipt) {
    CHECK((error == NULL) != (receipt == NULL));
    state->kind = mypref_error_kind(error);
    mypref_error_free(&error);
    mypref_receipt_free(&receipt);
}

static void frees_the_client(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    struct state *state = user_data;
    note_kind(state, error, receipt);
    mypref_client_free(&state->client);
    latch_up(state->completed);
}

static void a_callback_may_free_the_client(void) {
    for (int n = 0; n < 20; ++n) {
        struct state state = {client_of_scenario(1, 1, NULL), latch_new(), MYPREF_KIND_INTERNAL, 0};
        FINE(mypref_commit_start(state.client, 1, false, NULL, &state, frees_the_client));
        latch_wait(state.completed, 1);
        CHECK(state.kind == MYPREF_KIND_NONE && state.client == NULL);
        latch_free(state.completed);
    }
}

static void calls_again(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    struct state *state = user_data;
    note_kind(state, error, receipt);
    CHECK(state->kind == MYPREF_KIND_NONE);
    if (state->next_token <= 10) {
        int64_t token = state->next_token++;
        FINE(mypref_commit_start(state->client, token, false, NULL, state, calls_again));
    }
    latch_up(state->completed);
}

static void a_callback_may_call_again(void) {
    struct state state = {client_of_scenario(1, 10, NULL), latch_new(), MYPREF_KIND_INTERNAL, 2};
    FINE(mypref_commit_start(state.client, 1, false, NULL, &state, calls_again));
    latch_wait(state.completed, 10);
    mypref_client_free(&state.client);
    latch_free(state.completed);
}

static void blocks(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    struct state *state = user_data;
    note_kind(state, error, receipt);
    REFUSED(mypref_commit(state->client, 2, false, NULL, &receipt), MYPREF_KIND_CONFIGURATION);
    CHECK(receipt == NULL);
    latch_up(state->completed);
}

static void a_blocking_call_in_a_callback_is_refused_and_does_not_hang(void) {
    struct state state = {client_of_scenario(1, 2, NULL), latch_new(), MYPREF_KIND_INTERNAL, 0};
    FINE(mypref_commit_start(state.client, 1, false, NULL, &state, blocks));
    latch_wait(state.completed, 1);
    mypref_client_free(&state.client);
    latch_free(state.completed);
}

static void notes(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    struct state *state = user_data;
    note_kind(state, error, receipt);
    latch_up(state->completed);
}

static void freeing_the_client_completes_what_is_under_way(void) {
    struct state state = {client_of_scenario(1, 1, "[{\"on\": \"commit\", \"action\": {\"hang\": \"never\"}}]"),
                          latch_new(), MYPREF_KIND_INTERNAL, 0};
    FINE(mypref_commit_start(state.client, 1, false, NULL, &state, notes));
    sleep_ms(100);
    mypref_client_free(&state.client);
    latch_wait(state.completed, 1);
    CHECK(state.kind == MYPREF_KIND_CANCELLED);
    latch_free(state.completed);
}

static void a_start_that_is_refused_never_calls_back(void) {
    struct state state = {client_of_scenario(1, 1, NULL), latch_new(), MYPREF_KIND_INTERNAL, 0};
    REFUSED(mypref_commit_start(state.client, 1, false, NULL, &state, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_commit_start(NULL, 1, false, NULL, &state, notes), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_status_start(NULL, 1, NULL, &state, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_resolve_commit_start(NULL, 1, NULL, &state, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_client_close(state.client);
    REFUSED(mypref_commit_start(state.client, 1, false, NULL, &state, notes), MYPREF_KIND_CLOSED);
    sleep_ms(50);
    CHECK(latch_value(state.completed) == 0);
    mypref_client_free(&state.client);
    latch_free(state.completed);
}

struct log {
    latch *events;
    latch *released;
};

static void log_event(void *user_data, const char *event) {
    struct log *log = user_data;
    CHECK(strstr(event, "\"operation\":\"commit\"") != NULL && strstr(event, "47114711") == NULL);
    latch_up(log->events);
}

static void log_released(void *user_data) {
    struct log *log = user_data;
    latch_up(log->released);
}

static void the_log_hears_of_each_request_and_is_released_once(void) {
    char *url = open_scenario(47114711, 1, "[{\"on\": \"commit\", \"action\": {\"answer\": {\"status\": 503}}}]");
    mypref_options *options = options_for(url);
    struct log replaced = {latch_new(), latch_new()};
    struct log log = {latch_new(), latch_new()};
    FINE(mypref_options_set_log(options, &replaced, log_event, log_released));
    FINE(mypref_options_set_log(options, &log, log_event, log_released));
    CHECK(latch_value(replaced.released) == 1);
    mypref_client *client = NULL;
    mypref_receipt *receipt = NULL;
    FINE(mypref_client_open(options, &client));
    mypref_options_free(&options);
    FINE(mypref_commit(client, 47114711, false, NULL, &receipt));
    mypref_receipt_free(&receipt);
    CHECK(latch_value(log.events) == 2 && latch_value(log.released) == 0);
    mypref_client_free(&client);
    latch_wait(log.released, 1);
    mypref_shutdown(10000);
    CHECK(latch_value(log.released) == 1 && latch_value(replaced.released) == 1);
    CHECK(latch_value(replaced.events) == 0);
    latch_free(log.events);
    latch_free(log.released);
    latch_free(replaced.events);
    latch_free(replaced.released);
    free(url);
}

int main(void) {
    a_callback_may_free_the_client();
    a_callback_may_call_again();
    a_blocking_call_in_a_callback_is_refused_and_does_not_hang();
    freeing_the_client_completes_what_is_under_way();
    a_start_that_is_refused_never_calls_back();
    the_log_hears_of_each_request_and_is_released_once();
    return passed("callbacks");
}
