/* Commits several exports at once, each with a callback. POSIX threads.
 *
 * commit_callback BASE_URL CLIENT_ID USER_ID ACCESS_TOKEN...    (the secret is in MYPREFERENCES_SECRET)
 */
#include <mypreferences.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int running;
    int failed;
};

/* Called exactly once for each call that was started, from a thread of the library. */
static void completed(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    struct work *work = user_data;
    puts(error != NULL ? mypref_error_message(error) : mypref_receipt_json(receipt));
    pthread_mutex_lock(&work->lock);
    work->failed += error != NULL;
    --work->running;
    pthread_cond_signal(&work->changed);
    pthread_mutex_unlock(&work->lock);
    mypref_error_free(&error);
    mypref_receipt_free(&receipt);
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

int main(int argc, char **argv) {
    const char *secret = getenv("MYPREFERENCES_SECRET");
    if (argc < 5 || secret == NULL) {
        fputs("commit_callback BASE_URL CLIENT_ID USER_ID ACCESS_TOKEN..., with MYPREFERENCES_SECRET\n", stderr);
        return 64;
    }
    struct work work = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, argc - 4, 0};
    mypref_client *client = NULL;
    mypref_error *error = open_client(argv, secret, &client);
    for (int n = 4; n < argc && error == NULL; ++n) {
        int64_t token = 0;
        error = mypref_access_token_parse(argv[n], &token);
        if (error == NULL) {
            error = mypref_commit_start(client, token, false, NULL, &work, completed);
        }
    }
    if (error != NULL) {
        /* Closing cancels what was started; here the program simply ends. */
        fprintf(stderr, "%s\n", mypref_error_message(error));
        return 1;
    }
    pthread_mutex_lock(&work.lock);
    while (work.running > 0) {
        pthread_cond_wait(&work.changed, &work.lock);
    }
    pthread_mutex_unlock(&work.lock);
    mypref_client_free(&client);
    mypref_shutdown(5000);
    return work.failed == 0 ? 0 : 1;
}
