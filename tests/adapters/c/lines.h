/* What the adapters of C share: plans in, observations out, as lines of JSON. Each adapter brings one function that
 * plays one call of a plan through the part of mypreferences.h that it is for. */
#ifndef ADAPTER_LINES_H
#define ADAPTER_LINES_H

#include <mypreferences.h>

/* One call of a plan; several at once when `count` is more than 1. */
struct call {
    const char *operation;
    bool keep_files;
    int cancel_after_ms; /* negative: never */
    int count;
    char (*tokens)[24]; /* `count` texts, which need not be tokens */
};

/* One result: its sort, and its canonical record. */
struct observed {
    const char *type;
    char *record;
};

/* Plays a call and fills `count` results. */
typedef void play_function(const mypref_client *client, const struct call *call, struct observed *results);

/* Plays every plan on standard input; the exit code. */
int adapt(play_function *play);

/* Keeps a text that was seen, to be searched for secrets. From any thread. NULL is nothing. */
void note(const char *text);

/* Each takes its handle over: notes its texts, keeps its record, and frees it. */
void observe_error(struct observed *observed, mypref_error *error);
void observe_receipt(struct observed *observed, mypref_receipt *receipt);
void observe_resolution(struct observed *observed, mypref_resolution *resolution);
void observe_status(struct observed *observed, mypref_export_status *status);

/* Options of a call with a token that is cancelled when the plan says so; ended by cancel_end. */
struct cancel {
    mypref_cancel_token *token;
    mypref_call_options *options;
    int after_ms;
    unsigned long thread;
};
void cancel_begin(struct cancel *cancel, const struct call *call);
void cancel_end(struct cancel *cancel);

/* Ends the adapter with a line on standard error; the case fails then. */
void give_up(const char *why);

#endif
