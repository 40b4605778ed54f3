/* fork(): a client of the parent says so in the child, a new one works there, and the parent's goes on. */
#define _POSIX_C_SOURCE 200809L
#include "testing.h"

#include <sys/wait.h>
#include <unistd.h>

static void never(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    (void)user_data;
    (void)error;
    (void)receipt;
    abort();
}

/* What the child found, as its last byte. */
static char child(mypref_client *client, const char *url) {
    mypref_receipt *receipt = NULL;
    mypref_error *error = mypref_commit(client, 2, false, NULL, &receipt);
    if (mypref_error_kind(error) != MYPREF_KIND_FORKED_PROCESS || receipt != NULL) {
        return 'a';
    }
    mypref_error_free(&error);
    error = mypref_commit_start(client, 2, false, NULL, NULL, never);
    if (mypref_error_kind(error) != MYPREF_KIND_FORKED_PROCESS) {
        return 'b';
    }
    mypref_error_free(&error);
    mypref_client_close(client);
    mypref_client_free(&client);
    mypref_shutdown(1000);
    mypref_options *options = options_for(url);
    error = mypref_client_open(options, &client);
    mypref_options_free(&options);
    if (error == NULL) {
        error = mypref_commit(client, 3, false, NULL, &receipt);
    }
    if (error != NULL) {
        fprintf(stderr, "%s\n", mypref_error_message(error));
        return 'c';
    }
    mypref_receipt_free(&receipt);
    mypref_client_free(&client);
    mypref_shutdown(10000);
    return '+';
}

int main(void) {
    char *url = open_scenario(1, 4, NULL);
    mypref_options *options = options_for(url);
    mypref_client *client = NULL;
    mypref_receipt *receipt = NULL;
    FINE(mypref_client_open(options, &client));
    mypref_options_free(&options);
    FINE(mypref_commit(client, 1, false, NULL, &receipt));
    mypref_receipt_free(&receipt);

    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t id = fork();
    CHECK(id >= 0);
    if (id == 0) {
        char found = child(client, url);
        ssize_t written = write(ends[1], &found, 1);
        _exit(written == 1 ? 0 : 1);
    }
    close(ends[1]);
    char found = '?';
    CHECK(read(ends[0], &found, 1) == 1);
    close(ends[0]);
    CHECK(found == '+');
    int status = 0;
    CHECK(waitpid(id, &status, 0) == id && WIFEXITED(status));

    FINE(mypref_commit(client, 4, false, NULL, &receipt));
    mypref_receipt_free(&receipt);
    mypref_client_free(&client);
    free(url);
    return passed("forking");
}
