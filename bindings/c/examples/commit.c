/* Commits an export and, should its outcome be unknown, asks later what became of it.
 *
 * commit BASE_URL CLIENT_ID USER_ID ACCESS_TOKEN    (the secret is in MYPREFERENCES_SECRET)
 */
#include <mypreferences.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Asks once more, as a job would some time later; 0 when the export is committed. */
static int ask(const mypref_client *client, int64_t token) {
    mypref_resolution *resolution = NULL;
    mypref_error *error = mypref_resolve_commit(client, token, NULL, &resolution);
    int committed = mypref_resolution_state(resolution) == MYPREF_RESOLVED_COMMITTED;
    puts(error != NULL ? mypref_error_message(error) : mypref_resolution_json(resolution));
    mypref_error_free(&error);
    mypref_resolution_free(&resolution);
    return committed ? 0 : 75;
}

int main(int argc, char **argv) {
    const char *secret = getenv("MYPREFERENCES_SECRET");
    if (argc != 5 || secret == NULL) {
        fputs("commit BASE_URL CLIENT_ID USER_ID ACCESS_TOKEN, with MYPREFERENCES_SECRET\n", stderr);
        return 64;
    }
    mypref_options *options = mypref_options_new();
    mypref_client *client = NULL;
    mypref_receipt *receipt = NULL;
    int64_t token = 0;
    int exit_code = 0;

    mypref_error *error = mypref_access_token_parse(argv[4], &token);
    if (error == NULL) {
        error = mypref_options_set(options, "base_url", argv[1]);
    }
    if (error == NULL) {
        error = mypref_options_set(options, "client_id", argv[2]);
    }
    if (error == NULL) {
        error = mypref_options_set_hmac(options, argv[3], secret, strlen(secret));
    }
    if (error == NULL) {
        error = mypref_client_open(options, &client);
    }
    /* The pages were read with keepAlive=true, and their data is safe: now the server may delete its copy. */
    if (error == NULL) {
        error = mypref_commit(client, token, false, NULL, &receipt);
    }
    if (error == NULL) {
        puts(mypref_receipt_json(receipt));
    } else {
        fprintf(stderr, "%s\n", mypref_error_message(error));
        exit_code = mypref_error_commit_state(error) == MYPREF_COMMIT_STATE_UNKNOWN ? ask(client, token) : 1;
    }
    mypref_error_free(&error);
    mypref_receipt_free(&receipt);
    mypref_client_free(&client);
    mypref_options_free(&options);
    mypref_shutdown(5000);
    return exit_code;
}
