/* What the tests of C and C++ share: checks that say where they failed, and scenarios on the mock service, whose URL is
 * in the environment variable MYPREF_TEST_MOCK. Compiles as C and as C++. */
#ifndef MYPREF_TESTING_H
#define MYPREF_TESTING_H

#include <mypreferences.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ends the test when the condition does not hold. */
#define CHECK(condition) check((condition) ? true : false, #condition, __FILE__, __LINE__)
void check(bool holds, const char *condition, const char *file, int line);

/* Ends the test, with the error's message, unless there is none. */
#define FINE(error) fine((error), __FILE__, __LINE__)
void fine(mypref_error *error, const char *file, int line);

/* Ends the test unless the error has this kind; frees it. */
#define REFUSED(error, kind) refused((error), (kind), __FILE__, __LINE__)
void refused(mypref_error *error, mypref_kind kind, const char *file, int line);

/* Opens a scenario with the exports first_token, first_token + 1 ... and these rules (JSON, or NULL), and a client of
 * it with short waits. */
mypref_client *client_of_scenario(int64_t first_token, int count, const char *rules);

/* The URL of a new scenario with these members (JSON without braces), such as "\"sources\": [...]"; to be freed. */
char *open_world(const char *members);

/* A client of it, with short waits. */
mypref_client *client_of_world(const char *members);

/* A new, empty folder; ended by folder_remove, which frees its name too. */
char *folder_new(void);
void folder_remove(char *folder);

/* Options of a client for this URL, with short waits. */
mypref_options *options_for(const char *base_url);

/* The URL of a new scenario; to be freed. */
char *open_scenario(int64_t first_token, int count, const char *rules);

/* Waits. */
void sleep_ms(int milliseconds);

/* A latch: counts up from any thread, and waits until it has a value, at most 60 s. */
typedef struct latch latch;
latch *latch_new(void);
void latch_free(latch *latch);
void latch_up(latch *latch);
void latch_wait(latch *latch, int value);
int latch_value(latch *latch);

/* Ends the library's threads; the exit code of a test that came so far. */
int passed(const char *test);

#ifdef __cplusplus
}
#endif

#endif
