/* Surface c_blocking: the blocking calls of mypreferences.h. */
#include "lines.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct one {
    const mypref_client *client;
    const struct call *call;
    const char *token;
    struct observed *result;
    pthread_t thread;
};

static mypref_error *run(struct one *one, int64_t token, const mypref_call_options *options) {
    mypref_error *error = NULL;
    if (strcmp(one->call->operation, "status") == 0) {
        mypref_export_status *status = NULL;
        error = mypref_status(one->client, token, options, &status);
        if (error == NULL) {
            observe_status(one->result, status);
        }
    } else if (strcmp(one->call->operation, "resolve_commit") == 0) {
        mypref_resolution *resolution = NULL;
        error = mypref_resolve_commit(one->client, token, options, &resolution);
        if (error == NULL) {
            observe_resolution(one->result, resolution);
        }
    } else {
        mypref_receipt *receipt = NULL;
        error = mypref_commit(one->client, token, one->call->keep_files, options, &receipt);
        if (error == NULL) {
            observe_receipt(one->result, receipt);
        }
    }
    return error;
}

static void *play_one(void *argument) {
    struct one *one = argument;
    int64_t token = 0;
    mypref_error *error = mypref_access_token_parse(one->token, &token);
    if (error == NULL) {
        struct cancel cancel;
        cancel_begin(&cancel, one->call);
        error = run(one, token, cancel.options);
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
