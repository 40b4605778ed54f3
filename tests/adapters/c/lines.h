/* What the adapters of C share: plans in, observations out, as lines of JSON. Each adapter brings one function that
 * plays one call of a plan through the part of mypreferences.h that it is for. */
#ifndef ADAPTER_LINES_H
#define ADAPTER_LINES_H

#include <mypreferences.h>

/* One call of a plan; several at once when `count` is more than 1. Texts that are not given are NULL. */
struct call {
    const char *operation;
    const struct cJSON *given; /* all of it, for make_order and make_landing */
    const char *handle;        /* of an export, as JSON */
    const char *out;
    int64_t limit;
    int64_t offset;
    int64_t max_wait_ms; /* negative: the default */
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
void observe_export(struct observed *observed, mypref_export_handle *handle);
void observe_landed(struct observed *observed, mypref_landed *landed);
void observe_batch_receipt(struct observed *observed, mypref_batch_receipt *receipt);
void observe_boundaries(struct observed *observed, mypref_boundary_list *boundaries);

/* Pages one after the other into one record, which observe_pages takes over; an error in place of it needs
 * pages_forget. */
struct cJSON *pages_begin(void);
void pages_add(struct cJSON *pages, mypref_page *page);
void pages_forget(struct cJSON *pages);
void observe_pages(struct observed *observed, struct cJSON *pages);

/* What a call is about, as the plan says it. */
bool is(const struct call *call, const char *operation);
bool takes_a_token(const struct call *call);
mypref_error *make_order(const struct call *call, mypref_order **order);
mypref_error *make_landing(const struct call *call, mypref_landing_options **options);
/* The handle of the call, wrapped and unwrapped where it says so. */
mypref_error *open_handle(const mypref_client *client, const struct call *call, mypref_export_handle **handle);
mypref_error *make_loaded(const struct call *call, mypref_loaded **loaded);
/* How many places the call has, at most `room` of them. */
size_t places_of(const struct call *call, int64_t *places, size_t room);
mypref_error *open_pages(const mypref_client *client, const struct call *call, mypref_pages **pages);
/* The newest sealed batch of the call's folder; it belongs to the list. */
mypref_error *newest_sealed(const struct call *call, mypref_sealed_list **list, const mypref_sealed **sealed);

/* Options of a call, its max_wait_ms too, with a token that is cancelled when the plan says so; ended by cancel_end. */
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
