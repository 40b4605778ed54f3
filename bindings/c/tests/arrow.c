/* Streams of Arrow: whole, or ended by an error that says why; and a landing as Parquet. Against
 * libmypreferences_arrow. */
#include "testing.h"

#include <mypreferences_arrow.h>

/* As the specification has them: https://arrow.apache.org/docs/format/CDataInterface.html */
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

static const char *const PEOPLE =
    "\"sources\": [{\"kind\": \"segment\", \"name\": \"Everyone\", \"rows\": 250, \"records\": \"profiles\"}]";

/* The rows of a stream, which is released; -1, and the message in `why`, when it ends with an error. */
static int64_t rows_of(struct ArrowArrayStream *stream, char *why, size_t size) {
    struct ArrowSchema schema;
    CHECK(stream->get_schema(stream, &schema) == 0);
    CHECK(schema.n_children > 10 && strcmp(schema.children[0]->name, "_row") == 0);
    const char *last = schema.children[schema.n_children - 1]->name;
    CHECK(strcmp(last, "_record") == 0);
    schema.release(&schema);
    int64_t rows = 0;
    for (;;) {
        struct ArrowArray batch;
        if (stream->get_next(stream, &batch) != 0) {
            snprintf(why, size, "%s", stream->get_last_error(stream));
            rows = -1;
            break;
        }
        if (batch.release == NULL) {
            break;
        }
        rows += batch.length;
        batch.release(&batch);
    }
    stream->release(stream);
    return rows;
}

static mypref_export_handle *begun(const mypref_client *client) {
    mypref_order *order = mypref_order_new();
    FINE(mypref_order_set(order, "kind", "segment"));
    FINE(mypref_order_set(order, "name", "Everyone"));
    mypref_export_handle *handle = NULL;
    FINE(mypref_initiate(client, order, NULL, &handle));
    mypref_order_free(&order);
    return handle;
}

static void pages_become_a_stream(const char *rules, int64_t expected) {
    char members[512];
    snprintf(members, sizeof members, "%s%s", PEOPLE, rules);
    mypref_client *client = client_of_world(members);
    mypref_export_handle *handle = begun(client);
    mypref_pages *pages = NULL;
    FINE(mypref_pages_open(client, handle, 100, MYPREF_DEFAULT, &pages));
    struct ArrowArrayStream stream;
    FINE(mypref_arrow_of_pages(pages, handle, NULL, NULL, NULL, &stream));
    /* What the stream needs is its own. */
    mypref_pages_free(&pages);
    mypref_export_handle_free(&handle);
    char why[1024] = "";
    CHECK(rows_of(&stream, why, sizeof why) == expected);
    CHECK((expected < 0) == (strstr(why, "250 records") != NULL));
    mypref_client_free(&client);
}

static void what_was_landed_becomes_a_stream(const char *format) {
    mypref_client *client = client_of_world(PEOPLE);
    char *folder = folder_new();
    mypref_order *order = mypref_order_new();
    FINE(mypref_order_set(order, "kind", "segment"));
    FINE(mypref_order_set(order, "name", "Everyone"));
    mypref_landing_options *options = mypref_landing_options_new();
    FINE(mypref_landing_options_set_bool(options, "keep_files", false));
    FINE(mypref_landing_options_set(options, "format", format));
    mypref_landed *landed = NULL;
    FINE(mypref_export(client, order, folder, options, NULL, &landed));
    CHECK(mypref_landed_rows(landed) == 250);
    mypref_landed_free(&landed);
    struct ArrowArrayStream stream;
    char why[1024];
    FINE(mypref_arrow_of_folder(folder, "latest", "json", "keep", &stream));
    CHECK(rows_of(&stream, why, sizeof why) == 250);
    FINE(mypref_arrow_current(folder, "ProfileId", NULL, NULL, &stream));
    CHECK(rows_of(&stream, why, sizeof why) == 250);
    REFUSED(mypref_arrow_of_folder(folder, "batch=none", NULL, NULL, &stream), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_arrow_of_folder(folder, NULL, "flat", NULL, &stream), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_arrow_of_folder(folder, NULL, NULL, NULL, NULL), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_arrow_of_folder(NULL, NULL, NULL, NULL, &stream), MYPREF_KIND_INVALID_ARGUMENT);
    REFUSED(mypref_arrow_of_pages(NULL, NULL, NULL, NULL, NULL, &stream), MYPREF_KIND_INVALID_ARGUMENT);
    mypref_landing_options_free(&options);
    mypref_order_free(&order);
    mypref_client_free(&client);
    folder_remove(folder);
}

int main(void) {
    pages_become_a_stream("", 250);
    pages_become_a_stream(", \"rules\": [{\"on\": \"page\", \"offset\": 101, \"times\": \"forever\", "
                          "\"action\": {\"page\": {\"has_more\": false}}}]",
                          -1);
    what_was_landed_becomes_a_stream("ndjson");
    what_was_landed_becomes_a_stream("parquet");
    return passed("arrow");
}
