/* Reads what was landed as a table of Arrow C++, and says how many people it holds.
 *
 * arrow FOLDER    c++ -std=c++20 arrow.cpp -lmypreferences_arrow -larrow
 */
#include <mypreferences_arrow.h>

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <cstdio>

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: arrow FOLDER\n");
        return 64;
    }
    ArrowArrayStream stream;
    /* Each profile once, the newest batch of the folder wins; nested values as lists and structs, without _record. */
    mypref_error *error = mypref_arrow_current(argv[1], "ProfileId", "typed", "drop", &stream);
    if (error != nullptr) {
        std::fprintf(stderr, "%s\n", mypref_error_message(error));
        mypref_error_free(&error);
        return 1;
    }
    /* Takes the stream over, and releases it. */
    auto reader = arrow::ImportRecordBatchReader(&stream);
    auto table = reader.ok() ? (*reader)->ToTable() : arrow::Result<std::shared_ptr<arrow::Table>>(reader.status());
    if (!table.ok()) {
        std::fprintf(stderr, "%s\n", table.status().ToString().c_str());
        return 1;
    }
    std::printf("%lld people, %d columns\n", static_cast<long long>((*table)->num_rows()), (*table)->num_columns());
    return 0;
}
