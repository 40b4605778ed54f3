/* Surface c_blocking: the blocking calls of mypreferences.h. */
#include "lines.h"

#include <pthread.h>
#include <stdlib.h>

struct one {
    const mypref_client *client;
    const struct call *call;
    const char *token;
    struct observed *result;
    pthread_t thread;
};

static mypref_error *wait_for(struct one *one, const mypref_call_options *options) {
    mypref_export_handle *handle = NULL;
    mypref_export_status *status = NULL;
    mypref_error *error = open_handle(one->client, one->call, &handle);
    if (error == NULL) {
        error = mypref_wait(one->client, handle, options, &status);
    }
    if (error == NULL) {
        observe_status(one->result, status);
    }
    mypref_export_handle_free(&handle);
    return error;
}

static mypref_error *every_page(struct one *one, const mypref_cancel_token *cancel) {
    mypref_pages *pages = NULL;
    mypref_page *page = NULL;
    struct cJSON *seen = pages_begin();
    mypref_error *error = open_pages(one->client, one->call, &pages);
    while (error == NULL && (error = mypref_pages_next(pages, cancel, &page)) == NULL && page != NULL) {
        pages_add(seen, page);
    }
    if (error == NULL) {
        observe_pages(one->result, seen);
    } else {
        pages_forget(seen);
    }
    mypref_pages_free(&pages);
    return error;
}

static mypref_error *export(struct one *one, const mypref_cancel_token *cancel) {
    mypref_order *order = NULL;
    mypref_landing_options *options = NULL;
    mypref_landed *landed = NULL;
    mypref_error *error = make_order(one->call, &order);
    if (error == NULL) {
        error = make_landing(one->call, &options);
    }
    if (error == NULL) {
        error = mypref_export(one->client, order, one->call->out, options, cancel, &landed);
    }
    if (error == NULL) {
        observe_landed(one->result, landed);
    }
    mypref_order_free(&order);
    mypref_landing_options_free(&options);
    return error;
}

static mypref_error *commit_landed(struct one *one, const mypref_cancel_token *cancel) {
    mypref_sealed_list *list = NULL;
    const mypref_sealed *sealed = NULL;
    mypref_batch_receipt *receipt = NULL;
    mypref_error *error = newest_sealed(one->call, &list, &sealed);
    if (error == NULL) {
        error = mypref_commit_landed(one->client, sealed, one->call->keep_files, cancel, &receipt);
    }
    if (error == NULL) {
        observe_batch_receipt(one->result, receipt);
    }
    mypref_sealed_list_free(&list);
    return error;
}

static mypref_error *commit_loaded(struct one *one, const mypref_cancel_token *cancel) {
    mypref_export_handle *handle = NULL;
    mypref_loaded *loaded = NULL;
    mypref_batch_receipt *receipt = NULL;
    mypref_error *error = open_handle(one->client, one->call, &handle);
    if (error == NULL) {
        error = make_loaded(one->call, &loaded);
    }
    if (error == NULL) {
        error = mypref_commit_loaded(one->client, handle, loaded, cancel, &receipt);
    }
    if (error == NULL) {
        observe_batch_receipt(one->result, receipt);
    }
    mypref_loaded_free(&loaded);
    mypref_export_handle_free(&handle);
    return error;
}

static mypref_error *boundaries(struct one *one, const mypref_cancel_token *cancel) {
    int64_t places[8];
    size_t count = places_of(one->call, places, 8);
    mypref_export_handle *handle = NULL;
    mypref_boundary_list *list = NULL;
    mypref_error *error = open_handle(one->client, one->call, &handle);
    if (error == NULL) {
        error = mypref_boundaries(one->client, handle, places, count, cancel, &list);
    }
    if (error == NULL) {
        observe_boundaries(one->result, list);
    }
    mypref_export_handle_free(&handle);
    return error;
}

static mypref_error *initiate(struct one *one, const mypref_call_options *options) {
    mypref_order *order = NULL;
    mypref_export_handle *handle = NULL;
    mypref_error *error = make_order(one->call, &order);
    if (error == NULL) {
        error = mypref_initiate(one->client, order, options, &handle);
    }
    if (error == NULL) {
        observe_export(one->result, handle);
    }
    mypref_order_free(&order);
    return error;
}

static mypref_error *status_of(struct one *one, int64_t token, const mypref_call_options *options) {
    mypref_export_status *status = NULL;
    mypref_error *error = mypref_status(one->client, token, options, &status);
    if (error == NULL) {
        observe_status(one->result, status);
    }
    return error;
}

static mypref_error *resolve_commit(struct one *one, int64_t token, const mypref_call_options *options) {
    mypref_resolution *resolution = NULL;
    mypref_error *error = mypref_resolve_commit(one->client, token, options, &resolution);
    if (error == NULL) {
        observe_resolution(one->result, resolution);
    }
    return error;
}

static mypref_error *commit(struct one *one, int64_t token, const mypref_call_options *options) {
    mypref_receipt *receipt = NULL;
    mypref_error *error = mypref_commit(one->client, token, one->call->keep_files, options, &receipt);
    if (error == NULL) {
        observe_receipt(one->result, receipt);
    }
    return error;
}

static mypref_error *run(struct one *one, int64_t token, const struct cancel *cancel) {
    const struct call *call = one->call;
    if (is(call, "initiate")) {
        return initiate(one, cancel->options);
    }
    if (is(call, "wait")) {
        return wait_for(one, cancel->options);
    }
    if (is(call, "pages")) {
        return every_page(one, cancel->token);
    }
    if (is(call, "export")) {
        return export(one, cancel->token);
    }
    if (is(call, "commit_landed")) {
        return commit_landed(one, cancel->token);
    }
    if (is(call, "commit_loaded")) {
        return commit_loaded(one, cancel->token);
    }
    if (is(call, "boundaries")) {
        return boundaries(one, cancel->token);
    }
    if (is(call, "status")) {
        return status_of(one, token, cancel->options);
    }
    if (is(call, "resolve_commit")) {
        return resolve_commit(one, token, cancel->options);
    }
    return commit(one, token, cancel->options);
}

static void *play_one(void *argument) {
    struct one *one = argument;
    int64_t token = 0;
    mypref_error *error = takes_a_token(one->call) ? mypref_access_token_parse(one->token, &token) : NULL;
    if (error == NULL) {
        struct cancel cancel;
        cancel_begin(&cancel, one->call);
        error = run(one, token, &cancel);
        cancel_end(&cancel);
    }
    if (error != NULL) {
        observe_error(one->result, error);
    }
    return NULL;
}

static void play(const mypref_client *client, const struct call *call, struct observed *results) {
    struct one *ones = calloc((size_t)call->count, sizeof *ones);
    for (int n = 0; n < call->count; ++n) {
        ones[n] = (struct one){client, call, call->tokens[n], &results[n], 0};
        if (pthread_create(&ones[n].thread, NULL, play_one, &ones[n]) != 0) {
            give_up("no thread");
        }
    }
    for (int n = 0; n < call->count; ++n) {
        pthread_join(ones[n].thread, NULL);
    }
    free(ones);
}

int main(void) { return adapt(play); }
