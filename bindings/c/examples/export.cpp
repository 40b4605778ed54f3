// Reads the pages of an export itself, then lands it in a folder, and commits it on the proof of the seal: the steps
// that export_to does together, for a job that has them in several tasks.
//
// export BASE_URL CLIENT_ID USER_ID SEGMENT FOLDER    (the secret is in MYPREFERENCES_SECRET)
#include <mypreferences.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace {

int failed(const mypref::error &error) {
    std::cerr << error.message() << '\n';
    return 1;
}

} // namespace

int main(int argc, char **argv) {
    const char *secret = std::getenv("MYPREFERENCES_SECRET");
    if (argc != 6 || secret == nullptr) {
        std::cerr << "export BASE_URL CLIENT_ID USER_ID SEGMENT FOLDER, with MYPREFERENCES_SECRET\n";
        return 64;
    }
    const auto client = mypref::client::open(
        mypref::options().set("base_url", argv[1]).set("client_id", argv[2]).hmac(argv[3], secret));
    if (!client) {
        return failed(client.error());
    }
    const auto handle = client->initiate({"segment", argv[4]});
    if (!handle) {
        return failed(handle.error());
    }
    // Here a task may end: handle->json_with_token() is what the next one goes on from.
    if (const auto status = client->wait(*handle); !status) {
        return failed(status.error());
    }
    std::size_t longest = 0;
    for (const auto &page : client->pages(*handle)) {
        if (!page) {
            return failed(page.error());
        }
        for (const std::string_view record : page->records()) {
            longest = std::max(longest, record.size());
        }
    }
    std::cerr << "the longest record has " << longest << " bytes\n";
    const auto landed = client->land(*handle, argv[5]);
    if (!landed) {
        return failed(landed.error());
    }
    // Only what was landed has a proof to show here.
    const auto receipt = client->commit_landed(landed->sealed(), false);
    if (!receipt) {
        return failed(receipt.error());
    }
    std::cout << receipt->json() << '\n';
}
