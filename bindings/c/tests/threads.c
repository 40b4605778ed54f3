/* Many threads on one client; cancelling from another thread at random moments. */
#include "testing.h"

#include <pthread.h>

enum { THREADS = 64, CANCELS = 200 };

struct one {
    const mypref_client *client;
    int64_t token;
    pthread_t thread;
    mypref_outcome outcome;
};

static void *commit_one(void *argument) {
    struct one *one = argument;
    mypref_receipt *receipt = NULL;
    FINE(mypref_commit(one->client, one->token, false, NULL, &receipt));
    one->outcome = mypref_receipt_outcome(receipt);
    mypref_receipt_free(&receipt);
    return NULL;
}

static void sixty_four_threads_share_a_client(void) {
    mypref_client *client = client_of_scenario(1, THREADS, NULL);
    struct one ones[THREADS];
    for (int n = 0; n < THREADS; ++n) {
        ones[n].client = client;
        ones[n].token = n + 1;
        CHECK(pthread_create(&ones[n].thread, NULL, commit_one, &ones[n]) == 0);
    }
    for (int n = 0; n < THREADS; ++n) {
        pthread_join(ones[n].thread, NULL);
        CHECK(ones[n].outcome == MYPREF_OUTCOME_COMMITTED);
    }
    mypref_client_free(&client);
}

struct completions {
    latch *all;
    int receipts;
    int cancelled;
};

struct completion {
    struct completions *of;
    int times;
};

static void completed(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    struct completion *completion = user_data;
    CHECK((error == NULL) != (receipt == NULL));
    ++completion->times;
    if (receipt != NULL) {
        __atomic_add_fetch(&completion->of->receipts, 1, __ATOMIC_SEQ_CST);
    } else {
        CHECK(mypref_error_kind(error) == MYPREF_KIND_CANCELLED);
        __atomic_add_fetch(&completion->of->cancelled, 1, __ATOMIC_SEQ_CST);
    }
    mypref_error_free(&error);
    mypref_receipt_free(&receipt);
    latch_up(completion->of->all);
}

static void a_call_that_is_cancelled_at_any_moment_completes_exactly_once(void) {
    mypref_client *client =
        client_of_scenario(1, CANCELS, "[{\"on\": \"commit\", \"times\": \"forever\", \"action\": {\"delay_ms\": 6}}]");
    struct completions completions = {latch_new(), 0, 0};
    struct completion each[CANCELS] = {{NULL, 0}};
    srand(6);
    for (int n = 0; n < CANCELS; ++n) {
        mypref_cancel_token *token = mypref_cancel_token_new();
        mypref_call_options *call = mypref_call_options_new();
        FINE(mypref_call_options_set_cancel_token(call, token));
        each[n].of = &completions;
        FINE(mypref_commit_start(client, n + 1, false, call, &each[n], completed));
        /* The call keeps what it needs. */
        mypref_call_options_free(&call);
        int moment = rand() % 13;
        if (moment > 0) {
            sleep_ms(moment);
        }
        mypref_cancel_token_cancel(token);
        CHECK(mypref_cancel_token_is_cancelled(token));
        mypref_cancel_token_free(&token);
    }
    latch_wait(completions.all, CANCELS);
    sleep_ms(100);
    CHECK(latch_value(completions.all) == CANCELS);
    for (int n = 0; n < CANCELS; ++n) {
        CHECK(each[n].times == 1);
    }
    CHECK(completions.receipts + completions.cancelled == CANCELS);
    printf("cancelled at %d random moments: %d receipts, %d cancelled\n", CANCELS, completions.receipts,
           completions.cancelled);
    latch_free(completions.all);
    mypref_client_free(&client);
}

static void *cancel_soon(void *token) {
    // The request is to be sent by then, on a busy machine and under valgrind too.
    sleep_ms(1000);
    mypref_cancel_token_cancel(token);
    return NULL;
}

static void a_blocking_call_is_cancelled_by_another_thread(void) {
    mypref_client *client = client_of_scenario(1, 1, "[{\"on\": \"commit\", \"action\": {\"hang\": \"never\"}}]");
    mypref_cancel_token *token = mypref_cancel_token_new();
    mypref_call_options *call = mypref_call_options_new();
    FINE(mypref_call_options_set_cancel_token(call, token));
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_soon, token) == 0);
    mypref_receipt *receipt = NULL;
    mypref_error *error = mypref_commit(client, 1, false, call, &receipt);
    pthread_join(thread, NULL);
    CHECK(mypref_error_kind(error) == MYPREF_KIND_CANCELLED);
    CHECK(mypref_error_commit_state(error) == MYPREF_COMMIT_STATE_UNKNOWN);
    mypref_error_free(&error);
    mypref_call_options_free(&call);
    mypref_cancel_token_free(&token);
    mypref_client_free(&client);
}

int main(void) {
    sixty_four_threads_share_a_client();
    a_call_that_is_cancelled_at_any_moment_completes_exactly_once();
    a_blocking_call_is_cancelled_by_another_thread();
    return passed("threads");
}
