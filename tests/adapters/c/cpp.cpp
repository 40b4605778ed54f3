// Surface cpp: mypreferences.hpp. JSON is read and written by nlohmann-json.
#include <mypreferences.hpp>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

using nlohmann::json;

namespace {

// Every text that was seen, to be searched for secrets.
class seen {
  public:
    void note(std::optional<std::string_view> text) {
        if (text) {
            const std::lock_guard<std::mutex> lock(lock_);
            texts_.emplace_back(*text);
        }
    }
    std::vector<std::string> take() {
        const std::lock_guard<std::mutex> lock(lock_);
        return std::exchange(texts_, {});
    }

  private:
    std::mutex lock_;
    std::vector<std::string> texts_;
};

seen texts;

// A member, or null.
json member(const json &object, const char *name) { return object.value(name, json()); }

json failed(const mypref::error &error) {
    for (const auto &text :
         {std::optional(error.message()), error.detail(), error.server_message(), error.url(), error.source()}) {
        texts.note(text);
    }
    return {{"type", "error"}, {"record", error.json()}};
}

template <class T> json observed(const char *type, const mypref::result<T> &result) {
    return result ? json{{"type", type}, {"record", result->json()}} : failed(result.error());
}

void set_credentials(mypref::options &options, const json &credentials) {
    if (credentials.contains("hmac")) {
        options.hmac(credentials["hmac"]["user_id"], credentials["hmac"]["secret"].get<std::string>());
    } else if (credentials.contains("oauth")) {
        for (const auto &[name, value] : credentials["oauth"].items()) {
            if (value.is_string()) {
                options.set(name == "user_id" ? name : "oauth_" + name, value.get<std::string>());
            }
        }
    } else if (credentials.contains("bearer")) {
        options.bearer(credentials["bearer"].get<std::string>());
    } else {
        options.authorization(credentials["authorization"].get<std::string>());
    }
}

// Sets or, afterwards, unsets what the plan's environment holds.
void change_environment(const json &variables, bool set) {
    for (const auto &[name, value] : variables.items()) {
        if (set) {
            setenv(name.c_str(), value.get<std::string>().c_str(), 1);
        } else {
            unsetenv(name.c_str());
        }
    }
}

// From the plan's members, or from its profile and environment; the settings on top of either.
mypref::result<mypref::client> open(const json &plan) {
    mypref::options options;
    const json configuration = member(plan, "configuration");
    const json variables = configuration.is_null() ? json::object() : configuration["variables"];
    if (configuration.is_null()) {
        options.set("base_url", plan["base_url"].get<std::string>());
        options.set("client_id", plan["client_id"].get<std::string>());
        set_credentials(options, plan["credentials"]);
    } else {
        const json profile = member(configuration, "profile");
        options.use_environment(profile.is_null() ? nullptr : profile.get_ref<const std::string &>().c_str());
    }
    for (const auto &[name, value] : plan["settings"].items()) {
        options.set(name, value.get<std::string>());
    }
    options.log([](std::string_view event) { texts.note(event); });
    change_environment(variables, true);
    auto client = mypref::client::open(options);
    change_environment(variables, false);
    return client;
}

json one(const mypref::client &client, const json &call, const std::string &token_text) {
    const auto token = mypref::parse_access_token(token_text);
    if (!token) {
        return failed(token.error());
    }
    mypref::cancel_token cancel;
    mypref::call_options options;
    options.cancel = &cancel;
    std::thread canceller;
    if (const json given = member(call, "cancel_after_ms"); !given.is_null()) {
        const std::chrono::milliseconds after(given.get<int>());
        if (after.count() == 0) {
            cancel.cancel();
        } else {
            canceller = std::thread([&cancel, after] {
                std::this_thread::sleep_for(after);
                cancel.cancel();
            });
        }
    }
    json result;
    if (call["operation"] == "status") {
        result = observed("status", client.status(*token, options));
    } else if (call["operation"] == "resolve_commit") {
        result = observed("resolution", client.resolve_commit(*token, options));
    } else {
        result = observed("receipt", client.commit(*token, call["keep_files"].get<bool>(), options));
    }
    if (canceller.joinable()) {
        canceller.join();
    }
    return result;
}

json at_once(const mypref::client &client, const json &call) {
    const json concurrent = member(call, "concurrent");
    const int count = concurrent.is_null() ? 1 : concurrent["n"].get<int>();
    const bool consecutive = !concurrent.is_null() && concurrent.value("consecutive_tokens", false);
    const auto first = call["access_token"].get<std::string>();
    std::vector<json> results(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    for (int n = 0; n < count; ++n) {
        const std::string token = consecutive ? std::to_string(std::stoll(first) + n) : first;
        threads.emplace_back([&, n, token] { results[static_cast<std::size_t>(n)] = one(client, call, token); });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    return results;
}

} // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        const json plan = json::parse(line);
        json results = json::array();
        if (const auto client = open(plan)) {
            for (const json &call : plan["calls"]) {
                results.push_back(at_once(*client, call));
            }
        } else {
            // A client that cannot be made fails its first call; the others are not made.
            results.push_back(json::array({failed(client.error())}));
        }
        const json observation{{"case", plan["case"]}, {"results", results}, {"texts", texts.take()}};
        std::cout << observation.dump() << std::endl;
    }
    mypref::shutdown(std::chrono::seconds(5));
}
