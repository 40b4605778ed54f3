// Commits an export and, should its outcome be unknown, asks later what became of it.
//
// commit BASE_URL CLIENT_ID USER_ID ACCESS_TOKEN    (the secret is in MYPREFERENCES_SECRET)
#include <mypreferences.hpp>

#include <cstdlib>
#include <iostream>

int main(int argc, char **argv) {
    const char *secret = std::getenv("MYPREFERENCES_SECRET");
    if (argc != 5 || secret == nullptr) {
        std::cerr << "commit BASE_URL CLIENT_ID USER_ID ACCESS_TOKEN, with MYPREFERENCES_SECRET\n";
        return 64;
    }
    mypref::options options;
    options.set("base_url", argv[1]).set("client_id", argv[2]).hmac(argv[3], secret);
    options.log([](std::string_view event) { std::clog << event << '\n'; });

    const auto client = mypref::client::open(options);
    const auto token = mypref::parse_access_token(argv[4]);
    if (!client || !token) {
        std::cerr << (client ? token.error() : client.error()).message() << '\n';
        return 64;
    }
    // The pages were read with keepAlive=true, and their data is safe: now the server may delete its copy.
    const auto receipt = client->commit(*token, false);
    if (receipt) {
        std::cout << receipt->json() << '\n';
        return 0;
    }
    std::cerr << receipt.error().message() << '\n';
    if (receipt.error().commit_state() != MYPREF_COMMIT_STATE_UNKNOWN) {
        return 1;
    }
    const auto resolution = client->resolve_commit(*token);
    std::cout << (resolution ? resolution->json() : resolution.error().message()) << '\n';
    return resolution && resolution->state() == MYPREF_RESOLVED_COMMITTED ? 0 : 75;
}
