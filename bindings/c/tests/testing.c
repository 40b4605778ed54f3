/* See testing.h. The mock is talked to by the program curl. */
#define _POSIX_C_SOURCE 200809L
#include "testing.h"

#include <pthread.h>
#include <time.h>

struct latch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int value;
};

void check(bool holds, const char *condition, const char *file, int line) {
    if (!holds) {
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
        exit(1);
    }
}

void fine(mypref_error *error, const char *file, int line) {
    if (error != NULL) {
        fprintf(stderr, "%s:%d: %s\n", file, line, mypref_error_message(error));
        exit(1);
    }
}

void refused(mypref_error *error, mypref_kind kind, const char *file, int line) {
    if (mypref_error_kind(error) != kind) {
        fprintf(stderr, "%s:%d: kind %d expected: %s\n", file, line, (int)kind,
                error == NULL ? "there is no error" : mypref_error_message(error));
        exit(1);
    }
    mypref_error_free(&error);
}

char *open_world(const char *members) {
    const char *mock = getenv("MYPREF_TEST_MOCK");
    CHECK(mock != NULL);
    size_t size = 500 + strlen(members);
    char *command = malloc(size);
    snprintf(command, size,
             "curl --silent --show-error --fail --noproxy '*' --data "
             "'{\"client_id\": \"acme\", \"authorization\": \"none\", %s}' %s/__mock/scenarios",
             members, mock);
    FILE *answer = popen(command, "r");
    CHECK(answer != NULL);
    char text[4096];
    text[fread(text, 1, sizeof text - 1, answer)] = '\0';
    CHECK(pclose(answer) == 0);
    free(command);
    char *url = strstr(text, "\"base_url\"");
    CHECK(url != NULL);
    url = strstr(url, "http");
    CHECK(url != NULL);
    *strchr(url, '"') = '\0';
    return strdup(url);
}

char *open_scenario(int64_t first_token, int count, const char *rules) {
    size_t size = 100 + (size_t)count * 40 + (rules == NULL ? 0 : strlen(rules));
    char *members = malloc(size);
    size_t used = (size_t)snprintf(members, size, "\"rules\": %s, \"exports\": [", rules == NULL ? "[]" : rules);
    for (int n = 0; n < count; ++n) {
        used += (size_t)snprintf(members + used, size - used, "%s{\"token\": %lld}", n == 0 ? "" : ", ",
                                 (long long)first_token + n);
    }
    snprintf(members + used, size - used, "]");
    char *url = open_world(members);
    free(members);
    return url;
}

mypref_options *options_for(const char *base_url) {
    mypref_options *options = mypref_options_new();
    FINE(mypref_options_set(options, "client_id", "acme"));
    FINE(mypref_options_set(options, "base_url", base_url));
    FINE(mypref_options_set(options, "throttle_base", "20ms"));
    FINE(mypref_options_set_duration_ms(options, "backoff_base", 20));
    FINE(mypref_options_set_int(options, "max_attempts", 3));
    FINE(mypref_options_set_bool(options, "require_certain", false));
    FINE(mypref_options_set_bearer(options, "made-up", strlen("made-up")));
    return options;
}

/* Frees the URL. */
static mypref_client *client_of(char *url) {
    mypref_options *options = options_for(url);
    mypref_client *client = NULL;
    FINE(mypref_client_open(options, &client));
    CHECK(client != NULL);
    mypref_options_free(&options);
    free(url);
    return client;
}

mypref_client *client_of_scenario(int64_t first_token, int count, const char *rules) {
    return client_of(open_scenario(first_token, count, rules));
}

mypref_client *client_of_world(const char *members) { return client_of(open_world(members)); }

char *folder_new(void) {
    const char *parent = getenv("TMPDIR");
    char name[1000];
    snprintf(name, sizeof name, "%s/mypref-test-XXXXXX", parent == NULL ? "/tmp" : parent);
    CHECK(mkdtemp(name) != NULL);
    return strdup(name);
}

void folder_remove(char *folder) {
    char command[1100];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    CHECK(system(command) == 0);
    free(folder);
}

void sleep_ms(int milliseconds) {
    struct timespec delay;
    delay.tv_sec = milliseconds / 1000;
    delay.tv_nsec = milliseconds % 1000 * 1000000L;
    nanosleep(&delay, NULL);
}

latch *latch_new(void) {
    latch *made = calloc(1, sizeof *made);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->changed, NULL);
    return made;
}

void latch_free(latch *latch) {
    pthread_cond_destroy(&latch->changed);
    pthread_mutex_destroy(&latch->lock);
    free(latch);
}

void latch_up(latch *latch) {
    pthread_mutex_lock(&latch->lock);
    ++latch->value;
    pthread_cond_broadcast(&latch->changed);
    pthread_mutex_unlock(&latch->lock);
}

void latch_wait(latch *latch, int value) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&latch->lock);
    while (latch->value < value) {
        CHECK(pthread_cond_timedwait(&latch->changed, &latch->lock, &until) == 0);
    }
    pthread_mutex_unlock(&latch->lock);
}

int latch_value(latch *latch) {
    pthread_mutex_lock(&latch->lock);
    int value = latch->value;
    pthread_mutex_unlock(&latch->lock);
    return value;
}

int passed(const char *test) {
    mypref_shutdown(10000);
    printf("%s: passed\n", test);
    return 0;
}
