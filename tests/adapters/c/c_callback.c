/* Surface c_callback: the calls of mypreferences.h that complete by a callback. */
#include "lines.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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

static mypref_error *start(const mypref_client *client, const struct call *call, int64_t token,
                           const mypref_call_options *options, struct observed *result) {
    if (strcmp(call->operation, "status") == 0) {
        return mypref_status_start(client, token, options, result, told);
    }
    if (strcmp(call->operation, "resolve_commit") == 0) {
        return mypref_resolve_commit_start(client, token, options, result, resolved);
    }
    return mypref_commit_start(client, token, call->keep_files, options, result, committed);
}

static void play(const mypref_client *client, const struct call *call, struct observed *results) {
    struct cancel *cancels = calloc((size_t)call->count, sizeof *cancels);
    missing = call->count;
    for (int n = 0; n < call->count; ++n) {
        int64_t token = 0;
        cancel_begin(&cancels[n], call);
        mypref_error *error = mypref_access_token_parse(call->tokens[n], &token);
        if (error == NULL) {
            error = start(client, call, token, cancels[n].options, &results[n]);
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
