/* What one commit costs beside libcurl doing the same signed POST: same timeouts, one kept connection each, in turn in
 * one process. Run by `cargo xtask bench c` against the server of the core's bench.
 *
 * commit URL        both, several rounds: CPU (all threads, user and system) and wall time of the median call
 * commit ours|curl N URL    one of them alone, N calls, for a profiler
 */
#define _POSIX_C_SOURCE 200809L
#include <mypreferences.h>

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define CLIENT_ID "ExampleClient"
#define USER_ID "ExampleUser"
#define SECRET "example-hmac-key-0001"

enum { ROUNDS = 7, CALLS = 2000 };

struct cost {
    double cpu_us;
    double wall_us;
};

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int by_size(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

static void stop(const char *why) {
    fprintf(stderr, "bench: %s\n", why);
    exit(1);
}

static void ours(void *handle, int64_t token) {
    mypref_receipt *receipt = NULL;
    mypref_error *error = mypref_commit(handle, token, false, NULL, &receipt);
    if (error != NULL) {
        stop(mypref_error_message(error));
    }
    mypref_receipt_free(&receipt);
}

static mypref_client *open_ours(const char *url) {
    mypref_options *options = mypref_options_new();
    mypref_client *client = NULL;
    mypref_error *error = mypref_options_set(options, "client_id", CLIENT_ID);
    if (error == NULL) {
        error = mypref_options_set(options, "base_url", url);
    }
    if (error == NULL) {
        error = mypref_options_set_hmac(options, USER_ID, SECRET, strlen(SECRET));
    }
    if (error == NULL) {
        error = mypref_client_open(options, &client);
    }
    if (error != NULL) {
        stop(mypref_error_message(error));
    }
    mypref_options_free(&options);
    return client;
}

struct curl {
    CURL *easy;
    const char *url;
};

static size_t forget(char *bytes, size_t size, size_t count, void *user_data) {
    (void)bytes;
    (void)user_data;
    return size * count;
}

/* The Authorization header as a careful user of libcurl writes it: signed for a moment 3 s ago. */
static void sign(char *header, size_t size) {
    struct timespec now;
    struct tm utc;
    char timestamp[40];
    char text[200];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char signature[100];
    unsigned length = 0;
    clock_gettime(CLOCK_REALTIME, &now);
    time_t seconds = now.tv_sec - 3;
    gmtime_r(&seconds, &utc);
    size_t used = strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(timestamp + used, sizeof timestamp - used, ".%03ldZ", now.tv_nsec / 1000000);
    int signed_length = snprintf(text, sizeof text, "%s:%s:%s", CLIENT_ID, USER_ID, timestamp);
    HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (unsigned char *)text, (size_t)signed_length, digest, &length);
    EVP_EncodeBlock(signature, digest, (int)length);
    snprintf(header, size, "Authorization: PNAUTHINFO3-HMAC-SHA256 Credential=%s/%s Signature=%s", USER_ID, timestamp,
             signature);
}

static void plain_curl(void *handle, int64_t token) {
    struct curl *curl = handle;
    char url[300];
    char authorization[300];
    snprintf(url, sizeof url, "%s%s/export/Segment/Commit/%lld?keepFiles=false", curl->url, CLIENT_ID,
             (long long)token);
    sign(authorization, sizeof authorization);
    struct curl_slist *headers = curl_slist_append(NULL, authorization);
    headers = curl_slist_append(headers, "Accept: application/json");
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_easy_setopt(curl->easy, CURLOPT_URL, url);
    curl_easy_setopt(curl->easy, CURLOPT_HTTPHEADER, headers);
    CURLcode failed = curl_easy_perform(curl->easy);
    long status = 0;
    curl_easy_getinfo(curl->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (failed != CURLE_OK || status != 200) {
        stop("libcurl's POST failed");
    }
}

static struct curl open_curl(const char *url) {
    struct curl curl = {curl_easy_init(), url};
    curl_easy_setopt(curl.easy, CURLOPT_POST, 1L);
    curl_easy_setopt(curl.easy, CURLOPT_POSTFIELDS, "");
    curl_easy_setopt(curl.easy, CURLOPT_POSTFIELDSIZE, 0L);
    curl_easy_setopt(curl.easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    curl_easy_setopt(curl.easy, CURLOPT_TIMEOUT_MS, 180000L);
    curl_easy_setopt(curl.easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(curl.easy, CURLOPT_USERAGENT, "bench/1");
    curl_easy_setopt(curl.easy, CURLOPT_WRITEFUNCTION, forget);
    return curl;
}

static struct cost measure(void (*call)(void *, int64_t), void *handle, int calls) {
    static int64_t token = 2000000000;
    double *walls = calloc((size_t)calls, sizeof *walls);
    call(handle, token++);
    double before = cpu_us();
    for (int n = 0; n < calls; ++n) {
        double begun = now_us();
        call(handle, token++);
        walls[n] = now_us() - begun;
    }
    struct cost cost = {(cpu_us() - before) / calls, median(walls, (size_t)calls)};
    free(walls);
    return cost;
}

/* What the border alone costs: a getter, and a call that is refused before any I/O. */
static void no_op(const mypref_client *client) {
    enum { TIMES = 1000000, REFUSALS = 100000 };
    double begun = now_us();
    int closed = 0;
    for (int n = 0; n < TIMES; ++n) {
        closed += mypref_client_is_closed(client);
    }
    double getter = (now_us() - begun) * 1000 / TIMES;
    begun = now_us();
    for (int n = 0; n < REFUSALS; ++n) {
        mypref_receipt *receipt = NULL;
        mypref_error *error = mypref_commit(client, 0, false, NULL, &receipt);
        closed += error == NULL;
        mypref_error_free(&error);
    }
    double refusal = (now_us() - begun) * 1000 / REFUSALS;
    if (closed != 0) {
        stop("a token of 0 was taken");
    }
    printf("no-op: getter %.1f ns, refused call %.0f ns\n", getter, refusal);
}

static int side_by_side(const char *url) {
    double cpu[2][ROUNDS];
    double wall[2][ROUNDS];
    mypref_client *client = open_ours(url);
    struct curl curl = open_curl(url);
    for (int round = 0; round < ROUNDS; ++round) {
        struct cost mine = measure(ours, client, CALLS);
        struct cost theirs = measure(plain_curl, &curl, CALLS);
        cpu[0][round] = mine.cpu_us;
        cpu[1][round] = theirs.cpu_us;
        wall[0][round] = mine.wall_us;
        wall[1][round] = theirs.wall_us;
    }
    double our_cpu = median(cpu[0], ROUNDS);
    double curl_cpu = median(cpu[1], ROUNDS);
    double our_wall = median(wall[0], ROUNDS);
    double curl_wall = median(wall[1], ROUNDS);
    printf("CPU per call: ours %.1f us, libcurl %.1f us, ratio %.2f\n", our_cpu, curl_cpu, our_cpu / curl_cpu);
    printf("p50 of a call: ours %.1f us, libcurl %.1f us, ratio %.2f\n", our_wall, curl_wall, our_wall / curl_wall);
    no_op(client);
    curl_easy_cleanup(curl.easy);
    mypref_client_free(&client);
    mypref_shutdown(5000);
    return our_cpu <= 2 * curl_cpu && our_wall <= 2 * curl_wall ? 0 : 1;
}

int main(int argc, char **argv) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (argc == 2) {
        return side_by_side(argv[1]);
    }
    if (argc != 4) {
        stop("commit URL, or commit ours|curl N URL");
    }
    if (strcmp(argv[1], "ours") == 0) {
        mypref_client *client = open_ours(argv[3]);
        measure(ours, client, atoi(argv[2]));
        mypref_client_free(&client);
    } else {
        struct curl curl = open_curl(argv[3]);
        measure(plain_curl, &curl, atoi(argv[2]));
        curl_easy_cleanup(curl.easy);
    }
    return 0;
}
