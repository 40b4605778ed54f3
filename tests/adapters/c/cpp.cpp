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

template <class T> std::optional<T> given(const json &call, const char *name) {
    const json value = member(call, name);
    return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

std::optional<std::chrono::milliseconds> milliseconds(const json &call, const char *name, double scale) {
    const auto value = given<double>(call, name);
    return value ? std::optional(std::chrono::milliseconds(static_cast<std::int64_t>(*value * scale))) : std::nullopt;
}

mypref::order order_of(const json &call) {
    mypref::order order;
    order.kind = given<std::string>(call, "kind").value_or("");
    order.name = given<std::string>(call, "name");
    order.last_date_time = given<std::string>(call, "last_date_time");
    order.match_criteria = given<std::string>(call, "match_criteria");
    order.match_type = given<std::string>(call, "match_type");
    order.values = given<std::vector<std::string>>(call, "values").value_or(std::vector<std::string>());
    order.callback_url = given<std::string>(call, "callback_url");
    order.start_date = given<std::string>(call, "start_date");
    order.end_date = given<std::string>(call, "end_date");
    order.cids = given<std::vector<std::string>>(call, "cids").value_or(std::vector<std::string>());
    order.channels = given<std::vector<std::string>>(call, "channels").value_or(std::vector<std::string>());
    return order;
}

mypref::landing_options landing_of(const json &call, const mypref::cancel_token &cancel) {
    mypref::landing_options options;
    options.keep_files = given<bool>(call, "keep_files");
    options.commit = given<std::string>(call, "commit");
    options.since = given<std::string>(call, "since");
    options.overlap = milliseconds(call, "overlap", 1000);
    options.compression = given<std::string>(call, "compression");
    options.format = given<std::string>(call, "format");
    options.limit = given<std::int64_t>(call, "limit");
    options.max_wait = milliseconds(call, "max_wait_ms", 1);
    options.max_memory = given<std::int64_t>(call, "max_memory");
    options.part_bytes = given<std::int64_t>(call, "part_bytes");
    options.cancel = &cancel;
    return options;
}

json page_of(const mypref::page &page) {
    json others = json::array();
    for (const auto &[name, value] : page.others()) {
        others.push_back(json::array({name, value}));
    }
    json lines = json::array();
    for (std::size_t index = 0; index < page.record_count(); ++index) {
        lines.push_back(page.line(index));
    }
    const auto count = [](std::optional<std::int64_t> count) { return count ? json(*count) : json(); };
    return {{"count", page.count()},          {"has_more", page.has_more()},
            {"offset", count(page.offset())}, {"others", std::move(others)},
            {"records", std::move(lines)},    {"total_results", count(page.total_results())}};
}

json every_page(const mypref::client &client, const mypref::export_handle &handle, const json &call,
                const mypref::cancel_token &cancel) {
    json pages = json::array();
    const mypref::pages_options options{given<std::int64_t>(call, "limit"),
                                        given<std::int64_t>(call, "offset"),
                                        &cancel,
                                        given<std::int64_t>(call, "until"),
                                        given<std::int64_t>(call, "expect_total"),
                                        given<std::string>(call, "expect_first"),
                                        given<std::string>(call, "expect_last")};
    for (const auto &page : client.pages(handle, options)) {
        if (!page) {
            return failed(page.error());
        }
        pages.push_back(page_of(*page));
    }
    return {{"type", "pages"}, {"record", pages.dump()}};
}

json commit_landed(const mypref::client &client, const json &call, const mypref::cancel_token &cancel) {
    const auto sealed = mypref::folder(call["out"].get<std::string>()).sealed();
    if (!sealed) {
        return failed(sealed.error());
    }
    return observed("batch_receipt", client.commit_landed(sealed->back(), call["keep_files"].get<bool>(), &cancel));
}

json commit_loaded(const mypref::client &client, const mypref::export_handle &handle, const json &call,
                   const mypref::cancel_token &cancel) {
    const mypref::loaded loaded{given<std::int64_t>(call, "rows").value_or(0), call["keep_files"].get<bool>(),
                                given<std::string>(call, "sink"), call.value("files", std::vector<std::string>())};
    return observed("batch_receipt", client.commit_loaded(handle, loaded, &cancel));
}

json boundaries(const mypref::client &client, const mypref::export_handle &handle, const json &call,
                const mypref::cancel_token &cancel) {
    const auto found = client.boundaries(handle, call["places"].get<std::vector<std::int64_t>>(), &cancel);
    if (!found) {
        return failed(found.error());
    }
    json pairs = json::array();
    for (const auto &boundary : *found) {
        pairs.push_back(json::array({boundary.last, boundary.first}));
    }
    return {{"type", "boundaries"}, {"record", pairs.dump()}};
}

/// The handle of the call, wrapped and unwrapped where it says so.
mypref::result<mypref::export_handle> handle_of(const mypref::client &client, const json &call) {
    auto handle = mypref::export_handle::from_json(call["export"].get<std::string>());
    if (!handle || !call.value("wrapped", false)) {
        return handle;
    }
    const auto wrapped = client.wrap(*handle);
    return client.unwrap(wrapped ? *wrapped : std::string());
}

json run(const mypref::client &client, const json &call, const std::string &token_text,
         const mypref::cancel_token &cancel) {
    const std::string operation = call["operation"].get<std::string>();
    mypref::call_options options;
    options.cancel = &cancel;
    if (operation == "initiate") {
        const auto handle = client.initiate(order_of(call), options);
        return handle ? json{{"type", "export"}, {"record", handle->json_with_token()}} : failed(handle.error());
    }
    if (call.contains("export")) {
        const auto handle = handle_of(client, call);
        if (!handle) {
            return failed(handle.error());
        }
        options.timeout = milliseconds(call, "max_wait_ms", 1);
        if (operation == "commit_loaded") {
            return commit_loaded(client, *handle, call, cancel);
        }
        if (operation == "boundaries") {
            return boundaries(client, *handle, call, cancel);
        }
        return operation == "wait" ? observed("status", client.wait(*handle, options))
                                   : every_page(client, *handle, call, cancel);
    }
    if (operation == "export") {
        return observed("landed",
                        client.export_to(order_of(call), call["out"].get<std::string>(), landing_of(call, cancel)));
    }
    if (operation == "commit_landed") {
        return commit_landed(client, call, cancel);
    }
    const auto token = mypref::parse_access_token(token_text);
    if (!token) {
        return failed(token.error());
    }
    if (operation == "status") {
        return observed("status", client.status(*token, options));
    }
    if (operation == "resolve_commit") {
        return observed("resolution", client.resolve_commit(*token, options));
    }
    return observed("receipt", client.commit(*token, call["keep_files"].get<bool>(), options));
}

json one(const mypref::client &client, const json &call, const std::string &token) {
    mypref::cancel_token cancel;
    std::thread canceller;
    if (const auto after = milliseconds(call, "cancel_after_ms", 1)) {
        if (after->count() == 0) {
            cancel.cancel();
        } else {
            canceller = std::thread([&cancel, after] {
                std::this_thread::sleep_for(*after);
                cancel.cancel();
            });
        }
    }
    json result = run(client, call, token, cancel);
    if (canceller.joinable()) {
        canceller.join();
    }
    return result;
}

json at_once(const mypref::client &client, const json &call) {
    const json concurrent = member(call, "concurrent");
    const int count = concurrent.is_null() ? 1 : concurrent["n"].get<int>();
    const bool consecutive = !concurrent.is_null() && concurrent.value("consecutive_tokens", false);
    const auto first = given<std::string>(call, "access_token").value_or("");
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
