/* Settings and credentials by their names: given, and from the environment when that is asked for. */
#define _POSIX_C_SOURCE 200809L
#include "testing.h"

static mypref_error *open_and_commit(mypref_options *options, int64_t token) {
    mypref_client *client = NULL;
    mypref_receipt *receipt = NULL;
    mypref_error *error = mypref_client_open(options, &client);
    if (error == NULL) {
        error = mypref_commit(client, token, false, NULL, &receipt);
    }
    mypref_receipt_free(&receipt);
    mypref_client_free(&client);
    mypref_options_free(&options);
    return error;
}

static void the_environment_counts_only_when_asked_for(const char *url) {
    CHECK(setenv("MYPREFERENCES_CLIENT_ID", "acme", 1) == 0 && setenv("MYPREFERENCES_BASE_URL", url, 1) == 0);
    CHECK(setenv("MYPREFERENCES_BEARER_TOKEN", "made-up", 1) == 0 && setenv("HOME", "/nonexistent", 1) == 0);
    CHECK(unsetenv("XDG_CONFIG_HOME") == 0);
    REFUSED(open_and_commit(mypref_options_new(), 1), MYPREF_KIND_CONFIGURATION);
    mypref_options *options = mypref_options_new();
    FINE(mypref_options_use_environment(options, NULL));
    FINE(open_and_commit(options, 1));
}

static void what_is_set_beats_the_environment(const char *url) {
    CHECK(setenv("MYPREFERENCES_BASE_URL", "http://127.0.0.1:9/", 1) == 0);
    mypref_options *options = mypref_options_new();
    FINE(mypref_options_set(options, "base_url", url));
    FINE(mypref_options_use_environment(options, NULL));
    FINE(open_and_commit(options, 2));
    CHECK(setenv("MYPREFERENCES_BASE_URL", url, 1) == 0);
}

static void a_profile_that_is_not_there_is_refused(void) {
    mypref_options *options = mypref_options_new();
    FINE(mypref_options_use_environment(options, "no-such-profile"));
    REFUSED(open_and_commit(options, 3), MYPREF_KIND_CONFIGURATION);
    options = mypref_options_new();
    REFUSED(mypref_options_use_environment(options, "\xff"), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_options_use_environment(NULL, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_options_free(&options);
}

static void credentials_have_names_too(const char *url) {
    mypref_options *options = mypref_options_new();
    FINE(mypref_options_set(options, "client_id", "acme"));
    FINE(mypref_options_set(options, "base_url", url));
    FINE(mypref_options_set(options, "bearer_token", "made-up"));
    FINE(open_and_commit(options, 3));

    /* OAuth is made of names alone; what it lacks is said. */
    options = mypref_options_new();
    FINE(mypref_options_set(options, "client_id", "acme"));
    FINE(mypref_options_set(options, "base_url", url));
    FINE(mypref_options_set(options, "oauth_client_id", "app"));
    FINE(mypref_options_set(options, "oauth_client_secret", "hidden-away"));
    mypref_error *error = open_and_commit(options, 4);
    CHECK(mypref_error_kind(error) == MYPREF_KIND_CONFIGURATION);
    CHECK(strstr(mypref_error_json(error), "no token URL") != NULL);
    CHECK(strstr(mypref_error_json(error), "hidden-away") == NULL);
    mypref_error_free(&error);
}

int main(void) {
    char *url = open_scenario(1, 4, NULL);
    the_environment_counts_only_when_asked_for(url);
    what_is_set_beats_the_environment(url);
    a_profile_that_is_not_there_is_refused();
    credentials_have_names_too(url);
    free(url);
    return passed("environment");
}
