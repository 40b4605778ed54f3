/* A panic inside the library becomes an error, and the next call works. Linked with a build that has the hooks for
 * tests. */
#include "testing.h"

/* Not in the header: shipped builds do not have it. */
#ifdef __cplusplus
extern "C"
#endif
    void
    mypref_test_panic_in_next_call(void);

static void completed(void *user_data, mypref_error *error, mypref_receipt *receipt) {
    CHECK(receipt == NULL && mypref_error_kind(error) == MYPREF_KIND_INTERNAL);
    mypref_error_free(&error);
    latch_up((latch *)user_data);
}

int main(void) {
    mypref_client *client = client_of_scenario(1, 2, NULL);
    mypref_receipt *receipt = NULL;
    mypref_test_panic_in_next_call();
    mypref_error *error = mypref_commit(client, 1, false, NULL, &receipt);
    CHECK(mypref_error_kind(error) == MYPREF_KIND_INTERNAL);
    CHECK(mypref_error_commit_state(error) == MYPREF_COMMIT_STATE_UNKNOWN);
    mypref_error_free(&error);
    FINE(mypref_commit(client, 1, false, NULL, &receipt));
    mypref_receipt_free(&receipt);

    latch *done = latch_new();
    mypref_test_panic_in_next_call();
    FINE(mypref_commit_start(client, 2, false, NULL, done, completed));
    latch_wait(done, 1);
    latch_free(done);
    FINE(mypref_commit(client, 2, false, NULL, &receipt));
    mypref_receipt_free(&receipt);
    mypref_client_free(&client);
    return passed("panics");
}
