/* Lands an export in a folder and commits it. Started again after whatever stopped it, it goes on where it was.
 *
 * export BASE_URL CLIENT_ID USER_ID SEGMENT FOLDER    (the secret is in MYPREFERENCES_SECRET)
 */
#include <mypreferences.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

/* Called from a thread of the library. */
static void tell(void *user_data, const mypref_progress *progress) {
    /* Less than 0 until the server has told it. */
    if (progress->total >= 0) {
        fprintf(stderr, "\r%lld of %lld rows", (long long)progress->rows, (long long)progress->total);
    } else {
        fprintf(stderr, "\r%lld rows", (long long)progress->rows);
    }
    if (stopped) {
        mypref_cancel_token_cancel(user_data);
    }
}

static mypref_error *open_client(char **argv, const char *secret, mypref_client **client) {
    mypref_options *options = mypref_options_new();
    mypref_error *error = mypref_options_set(options, "base_url", argv[1]);
    if (error == NULL) {
        error = mypref_options_set(options, "client_id", argv[2]);
    }
    if (error == NULL) {
        error = mypref_options_set_hmac(options, argv[3], secret, strlen(secret));
    }
    if (error == NULL) {
        error = mypref_client_open(options, client);
    }
    mypref_options_free(&options);
    return error;
}

/* Initiate, wait, pages, seal, commit. */
static mypref_error *export(const mypref_client *client, const char *segment, const char *folder,
                            mypref_cancel_token *token, mypref_landed **landed) {
    mypref_order *order = mypref_order_new();
    mypref_landing_options *options = mypref_landing_options_new();
    mypref_error *error = mypref_order_set(order, "kind", "segment");
    if (error == NULL) {
        error = mypref_order_set(order, "name", segment);
    }
    /* The server deletes its files, once the batch is durable and whole here. */
    if (error == NULL) {
        error = mypref_landing_options_set_bool(options, "keep_files", false);
    }
    /* Only what changed since the newest batch of the folder. */
    if (error == NULL) {
        error = mypref_landing_options_set(options, "since", "auto");
    }
    if (error == NULL) {
        error = mypref_landing_options_set_progress(options, token, tell);
    }
    if (error == NULL) {
        error = mypref_export(client, order, folder, options, token, landed);
    }
    mypref_landing_options_free(&options);
    mypref_order_free(&order);
    return error;
}

int main(int argc, char **argv) {
    const char *secret = getenv("MYPREFERENCES_SECRET");
    if (argc != 6 || secret == NULL) {
        fputs("export BASE_URL CLIENT_ID USER_ID SEGMENT FOLDER, with MYPREFERENCES_SECRET\n", stderr);
        return 64;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    mypref_client *client = NULL;
    mypref_landed *landed = NULL;
    mypref_cancel_token *token = mypref_cancel_token_new();
    mypref_error *error = open_client(argv, secret, &client);
    if (error == NULL) {
        error = export(client, argv[4], argv[5], token, &landed);
    }
    fputs("\n", stderr);
    puts(error != NULL ? mypref_error_message(error) : mypref_landed_json(landed));
    int exit_code = error == NULL ? 0 : mypref_error_kind(error) == MYPREF_KIND_CANCELLED ? 75 : 1;
    mypref_error_free(&error);
    mypref_landed_free(&landed);
    mypref_client_free(&client);
    mypref_cancel_token_free(&token);
    mypref_shutdown(5000);
    return exit_code;
}
