
/*
 * Streams of the Arrow C data interface, in the library libmypreferences_arrow: link it in the place of libmypreferences,
 * which it holds whole. A struct ArrowArrayStream is defined by whatever reads it, nanoarrow or Arrow C++ for example, or as
 * the specification has it: https://arrow.apache.org/docs/format/CStreamInterface.html
 *
 * Made by `cargo xtask generate`; do not edit. Licensed under MIT or Apache-2.0, at your choice.
 */

#ifndef MYPREFERENCES_ARROW_H
#define MYPREFERENCES_ARROW_H

#include "mypreferences.h"

struct ArrowArrayStream;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Makes a stream of the pages that come next, one record batch a page. `handle` is that of the export that `pages` was
 * opened for. Reads the first page here, which says what the records are, and the others as the stream is read: its
 * get_next blocks as mypref_pages_next does. A stream that does not reach the end of the export ends with an error, never
 * quietly; get_last_error has the client's own words then. Commit only what a whole stream brought.
 *
 * `shape`: "typed", nested values as lists and structs, or "json", as the server's text; NULL is "typed". `record`: "keep"
 * or "drop" the column _record with the record as the server sent it; NULL is "keep". The columns are told by
 * `mypreferences schema`.
 *
 * Errors: as mypref_pages_next, and invalid_argument for other words and for NULL.
 *
 * Lifetime: pages, handle and token may be freed before the stream. The caller owns `*stream` and calls its release; after an
 * error it is not written.
 * Threads: one thread at a time reads a stream; pages that it shares must not be read by another.
 */
MYPREF_MUST_USE
mypref_error *mypref_arrow_of_pages(const mypref_pages *pages,
                                    const mypref_export_handle *handle,
                                    const char *shape,
                                    const char *record,
                                    const mypref_cancel_token *cancel,
                                    struct ArrowArrayStream *stream);

/**
 * Makes a stream of what was landed in a folder, as lines or as Parquet, batch after batch. `batches`: "all", "latest" or
 * the name of one; NULL is "all". Each part is hashed before or while it is read: a stream of one that was changed ends with
 * an error. For the rest see mypref_arrow_of_pages.
 *
 * Errors: corrupt, storage; output_conflict for batches whose columns differ; invalid_argument for other words, for NULL, and
 * for a batch that was landed without its records.
 */
MYPREF_MUST_USE
mypref_error *mypref_arrow_of_folder(const char *folder,
                                     const char *batches,
                                     const char *shape,
                                     const char *record,
                                     struct ArrowArrayStream *stream);

/**
 * Makes a stream of what was landed in a folder with each record once: of those with the same value of the member `key`,
 * such as "ProfileId", that of the newest batch. The order is not that of the batches. For the rest see
 * mypref_arrow_of_folder.
 */
MYPREF_MUST_USE
mypref_error *mypref_arrow_current(const char *folder,
                                   const char *key,
                                   const char *shape,
                                   const char *record,
                                   struct ArrowArrayStream *stream);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MYPREFERENCES_ARROW_H */
