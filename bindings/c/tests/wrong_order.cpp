// Committing before landing does not compile: each number of WRONG is one way to try it, and 0 is the right order. The
// test compiles this file once for each number and looks for the compiler's words.
#include <mypreferences.hpp>

inline mypref::result<mypref::batch_receipt> in_order(const mypref::client &client, const mypref::landed &landed,
                                                      const mypref::export_handle &handle,
                                                      const mypref_sealed *foreign) {
    (void)landed, (void)handle, (void)foreign;
#if WRONG == 0
    return client.commit_landed(landed.sealed(), false);
#elif WRONG == 1
    return client.commit_landed(handle, false);
#elif WRONG == 2
    return client.commit_landed(landed, false);
#elif WRONG == 3
    return client.commit_landed(mypref::sealed(), false);
#elif WRONG == 4
    return client.commit_landed(mypref::sealed(std::shared_ptr<const mypref_sealed>(std::shared_ptr<int>(), foreign)),
                                false);
#elif WRONG == 5
    return client.commit_landed(4711, false);
#endif
}
