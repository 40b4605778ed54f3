/* Surface c_callback: the calls of mypreferences.h that complete by a callback. */
#include "lines.h"

#include <pthread.h>
#include <stdlib.h>

/* How many calls are still to complete. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t completed = PTHREAD_COND_INITIALIZER;
static int missing;

static void one_less(void) {
    pthread_mutex_lock(&lock);
    --missing;
    pthread_cond_signal(&completed);
    pthread_mutex_unlock(&lock);
}

static void committed(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    if (error != NULL) {
        observe_error(user_data, error);
    } else {
        observe_receipt(user_data, receipt);
    }
    one_less();
}

static void resolved(void *user_data, mypref_error *error, mypref_resolution *resolution) {
    if (error != NULL) {
        observe_error(user_data, error);
    } else {
        observe_resolution(user_data, resolution);
    }
    one_less();
}

static void told(void *user_data, mypref_error *error, mypref_export_status *status) {
    if (error != NULL) {
        observe_error(user_data, error);
    } else {
        observe_status(user_data, status);
    }
    one_less();
}

static void initiated(void *user_data, mypref_error *error, mypref_export_handle *handle) {
    if (error != NULL) {
        observe_error(user_data, error);
    } else {
        observe_export(user_data, handle);
    }
    one_less();
}

static void has_landed(void *user_data, mypref_error *error, mypref_landed *landed) {
    if (error != NULL) {
        observe_error(user_data, error);
    } else {
        observe_landed(user_data, landed);
    }
    one_less();
}

static void landed_committed(void *user_data, mypref_error *error, mypref_batch_receipt *receipt) {
    if (error != NULL) {
        observe_error(user_data, error);
    } else {
        observe_batch_receipt(user_data, receipt);
    }
    one_less();
}

static void looked_at(void *user_data, mypref_error *error, mypref_boundary_list *boundaries) {
    if (error != NULL) {
        observe_error(user_data, error);
    } else {
        observe_boundaries(user_data, boundaries);
    }
    one_less();
}

/* Pages, each of which asks for the next one. */
struct reading {
    mypref_pages *pages;
    const mypref_cancel_token *cancel;
    struct cJSON *seen;
    struct observed *result;
};

static void read_page(void *user_data, mypref_error *error, mypref_page *page) {
    struct reading *reading = user_data;
    if (page != NULL) {
        pages_add(reading->seen, page);
        error = mypref_pages_next_start(reading->pages, reading->cancel, reading, read_page);
        if (error == NULL) {
            return;
        }
    }
    if (error != NULL) {
        observe_error(reading->result, error);
        pages_forget(reading->seen);
    } else {
        observe_pages(reading->result, reading->seen);
    }
    mypref_pages_free(&reading->pages);
    free(reading);
    one_less();
}

static mypref_error *start_pages(const mypref_client *client, const struct call *call,
                                 const mypref_cancel_token *cancel, struct observed *result) {
    mypref_pages *pages = NULL;
    mypref_error *error = open_pages(client, call, &pages);
    if (error != NULL) {
        return error;
    }
    struct reading *reading = malloc(sizeof *reading);
    *reading = (struct reading){pages, cancel, pages_begin(), result};
    error = mypref_pages_next_start(pages, cancel, reading, read_page);
    if (error != NULL) {
        pages_forget(reading->seen);
        mypref_pages_free(&reading->pages);
        free(reading);
    }
    return error;
}

static mypref_error *start_initiate(const mypref_client *client, const struct call *call,
                                    const mypref_call_options *options, struct observed *result) {
    mypref_order *order = NULL;
    mypref_error *error = make_order(call, &order);
    if (error == NULL) {
        error = mypref_initiate_start(client, order, options, result, initiated);
    }
    mypref_order_free(&order);
    return error;
}

static mypref_error *start_wait(const mypref_client *client, const struct call *call,
                                const mypref_call_options *options, struct observed *result) {
    mypref_export_handle *handle = NULL;
    mypref_error *error = open_handle(client, call, &handle);
    if (error == NULL) {
        error = mypref_wait_start(client, handle, options, result, told);
    }
    mypref_export_handle_free(&handle);
    return error;
}

static mypref_error *start_export(const mypref_client *client, const struct call *call,
                                  const mypref_cancel_token *cancel, struct observed *result) {
    mypref_order *order = NULL;
    mypref_landing_options *options = NULL;
    mypref_error *error = make_order(call, &order);
    if (error == NULL) {
        error = make_landing(call, &options);
    }
    if (error == NULL) {
        error = mypref_export_start(client, order, call->out, options, cancel, result, has_landed);
    }
    mypref_order_free(&order);
    mypref_landing_options_free(&options);
    return error;
}

static mypref_error *start_commit_landed(const mypref_client *client, const struct call *call,
                                         const mypref_cancel_token *cancel, struct observed *result) {
    mypref_sealed_list *list = NULL;
    const mypref_sealed *sealed = NULL;
    mypref_error *error = newest_sealed(call, &list, &sealed);
    if (error == NULL) {
        error = mypref_commit_landed_start(client, sealed, call->keep_files, cancel, result, landed_committed);
    }
    mypref_sealed_list_free(&list);
    return error;
}

static mypref_error *start_commit_loaded(const mypref_client *client, const struct call *call,
                                         const mypref_cancel_token *cancel, struct observed *result) {
    mypref_export_handle *handle = NULL;
    mypref_loaded *loaded = NULL;
    mypref_error *error = open_handle(client, call, &handle);
    if (error == NULL) {
        error = make_loaded(call, &loaded);
    }
    if (error == NULL) {
        error = mypref_commit_loaded_start(client, handle, loaded, cancel, result, landed_committed);
    }
    mypref_loaded_free(&loaded);
    mypref_export_handle_free(&handle);
    return error;
}

static mypref_error *start_boundaries(const mypref_client *client, const struct call *call,
                                      const mypref_cancel_token *cancel, struct observed *result) {
    int64_t places[8];
    size_t count = places_of(call, places, 8);
    mypref_export_handle *handle = NULL;
    mypref_error *error = open_handle(client, call, &handle);
    if (error == NULL) {
        error = mypref_boundaries_start(client, handle, places, count, cancel, result, looked_at);
    }
    mypref_export_handle_free(&handle);
    return error;
}

static mypref_error *start(const mypref_client *client, const struct call *call, int64_t token,
                           const struct cancel *cancel, struct observed *result) {
    if (is(call, "initiate")) {
        return start_initiate(client, call, cancel->options, result);
    }
    if (is(call, "wait")) {
        return start_wait(client, call, cancel->options, result);
    }
    if (is(call, "pages")) {
        return start_pages(client, call, cancel->token, result);
    }
    if (is(call, "export")) {
        return start_export(client, call, cancel->token, result);
    }
    if (is(call, "commit_landed")) {
        return start_commit_landed(client, call, cancel->token, result);
    }
    if (is(call, "commit_loaded")) {
        return start_commit_loaded(client, call, cancel->token, result);
    }
    if (is(call, "boundaries")) {
        return start_boundaries(client, call, cancel->token, result);
    }
    if (is(call, "status")) {
        return mypref_status_start(client, token, cancel->options, result, told);
    }
    if (is(call, "resolve_commit")) {
        return mypref_resolve_commit_start(client, token, cancel->options, result, resolved);
    }
    return mypref_commit_start(client, token, call->keep_files, cancel->options, result, committed);
}

static void play(const mypref_client *client, const struct call *call, struct observed *results) {
    struct cancel *cancels = calloc((size_t)call->count, sizeof *cancels);
    missing = call->count;
    for (int n = 0; n < call->count; ++n) {
        int64_t token = 0;
        cancel_begin(&cancels[n], call);
        mypref_error *error = takes_a_token(call) ? mypref_access_token_parse(call->tokens[n], &token) : NULL;
        if (error == NULL) {
            error = start(client, call, token, &cancels[n], &results[n]);
        }
        if (error != NULL) {
            observe_error(&results[n], error);
            one_less();
        }
    }
    pthread_mutex_lock(&lock);
    while (missing > 0) {
        pthread_cond_wait(&completed, &lock);
    }
    pthread_mutex_unlock(&lock);
    for (int n = 0; n < call->count; ++n) {
        cancel_end(&cancels[n]);
    }
    free(cancels);
}

int main(void) { return adapt(play); }
