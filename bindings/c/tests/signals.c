/* SIGPIPE: a server that resets its connections does not end a program that has not ignored the signal. */
#define _POSIX_C_SOURCE 200809L
#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLS = 100 };

/* Accepts, reads a little or nothing, and resets. */
static void *reset_everything(void *argument) {
    int listener = *(int *)argument;
    for (unsigned n = 0;; ++n) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) {
            return NULL;
        }
        char byte;
        if (n % 2 == 1 && read(connection, &byte, 1) < 0) {
            close(connection);
            continue;
        }
        struct linger now = {1, 0};
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(connection);
    }
}

static mypref_client *client_of(const char *scheme, int port) {
    char url[64];
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/", scheme, port);
    mypref_options *options = options_for(url);
    FINE(mypref_options_set_int(options, "max_attempts", 1));
    FINE(mypref_options_set(options, "resolve_timeout", "0"));
    mypref_client *client = NULL;
    FINE(mypref_client_open(options, &client));
    mypref_options_free(&options);
    return client;
}

int main(void) {
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 64) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    pthread_t server;
    CHECK(pthread_create(&server, NULL, reset_everything, &listener) == 0);

    const char *schemes[] = {"http", "https"};
    for (int scheme = 0; scheme < 2; ++scheme) {
        mypref_client *client = client_of(schemes[scheme], ntohs(address.sin_port));
        for (int n = 0; n < CALLS; ++n) {
            mypref_receipt *receipt = NULL;
            mypref_error *error = mypref_commit(client, n + 1, false, NULL, &receipt);
            CHECK(error != NULL && receipt == NULL);
            mypref_error_free(&error);
        }
        mypref_client_free(&client);
    }
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    close(listener);

    /* The disposition is still the program's. */
    struct sigaction action;
    sigset_t pending;
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0);
    return passed("signals");
}
