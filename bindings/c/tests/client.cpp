// The client of mypreferences.hpp: blocking and started calls, every field, cancelling, the log, what outlives what.
#include "testing.h"

#include <mypreferences.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

std::string scenario(int count, const char *rules) {
    char *url = open_scenario(1, count, rules);
    std::string text(url);
    free(url);
    return text;
}

mypref::options options(const std::string &url) {
    mypref::options options;
    options.set("client_id", "acme").set("base_url", url).set("max_attempts", 2).bearer("made-up");
    options.set("throttle_base", 20ms).set("require_certain", false).set("timeout", 30s);
    return options;
}

mypref::client client(int count, const char *rules) {
    auto opened = mypref::client::open(options(scenario(count, rules)));
    CHECK(opened.has_value());
    return std::move(*opened);
}

void a_receipt_has_every_field() {
    const auto service = client(1, nullptr);
    const auto receipt = service.commit(1, true);
    CHECK(receipt.has_value());
    CHECK(receipt->outcome() == MYPREF_OUTCOME_COMMITTED && receipt->certainty() == MYPREF_CERTAINTY_CERTAIN);
    CHECK(receipt->confirmed_by() == MYPREF_CONFIRMED_BY_RESPONSE && receipt->files() == MYPREF_FILES_AS_ASKED);
    CHECK(receipt->keep_files() == std::optional<bool>(true) && receipt->sends() == 1);
    CHECK(receipt->attempts().size() == 1 && receipt->attempts()[0].http_status == 200);
    CHECK(receipt->attempts()[0].sent == MYPREF_SENT_ANSWERED && !receipt->attempts()[0].kind);
    CHECK(receipt->elapsed() > 0s && receipt->elapsed() < 30s);
    CHECK(receipt->server_date() && *receipt->server_date() > std::chrono::system_clock::now() - 24h);
    CHECK(receipt->json().find("\"outcome\":\"committed\"") != std::string_view::npos);
}

void an_error_has_every_field_and_can_be_copied() {
    std::optional<mypref::error> kept;
    {
        const auto service =
            client(2, "[{\"on\": \"commit\", \"token\": 1, \"times\": \"forever\", "
                      "\"action\": {\"answer\": {\"status\": 503, \"body\": {\"message\": \"busy\"}}}}, "
                      "{\"on\": \"commit\", \"token\": 2, \"action\": {\"answer\": {\"status\": 403, "
                      "\"headers\": [[\"X-Request-Id\", \"r-1\"]]}}}]");
        CHECK(service.commit(2, false).error().request_id() == "r-1");
        const auto receipt = service.commit(1, false);
        CHECK(!receipt);
        kept = receipt.error();
    }
    const mypref::error &error = *kept;
    CHECK(error.kind() == MYPREF_KIND_SERVICE_UNAVAILABLE && error.kind_name() == "service_unavailable");
    CHECK(error.operation() == "commit" && !error.phase() && !error.detail() && error.http_status() == 503);
    CHECK(error.server_message() == "busy" && error.retry() == MYPREF_RETRY_PERSISTENT && !error.retry_after());
    CHECK(error.sent() == MYPREF_SENT_ANSWERED && error.commit_state() == MYPREF_COMMIT_STATE_NOT_COMMITTED);
    CHECK(error.attempts().size() == 2 && error.attempts()[1].kind == MYPREF_KIND_SERVICE_UNAVAILABLE);
    CHECK(error.method() == "POST" && error.url() && !error.next_action().empty());
    CHECK(error.elapsed() > 0s && error.message().find("503") != std::string_view::npos && !error.source());
    CHECK(error.json().find("\"number\":503") != std::string_view::npos);
}

void statuses_and_resolutions() {
    const auto service = client(1, nullptr);
    const auto status = service.status(1);
    CHECK(status.has_value() && status->word() == "Complete" && status->row_count() && status->byte_count());
    CHECK(status->server_date() && !status->json().empty());
    const auto before = service.resolve_commit(1);
    CHECK(before->state() == MYPREF_RESOLVED_NOT_COMMITTED && before->as_of() && before->receipt() == nullptr);
    CHECK(service.commit(1, false).has_value());
    const auto after = service.resolve_commit(1, {std::nullopt, 10s, nullptr});
    CHECK(after->state() == MYPREF_RESOLVED_COMMITTED && after->error() == nullptr);
    CHECK(mypref_receipt_outcome(after->receipt()) == MYPREF_OUTCOME_ALREADY_COMMITTED);
}

void the_first_setter_that_was_refused_is_the_error_of_open() {
    mypref::options wrong;
    wrong.set("no_such_setting", "1").set("require_certain", "perhaps");
    const auto opened = mypref::client::open(wrong);
    CHECK(!opened && opened.error().detail()->find("no_such_setting") != std::string_view::npos);
    CHECK(!mypref::client::open(mypref::options()));
    const char *unset = nullptr;
    CHECK(!mypref::client::open(mypref::options().hmac("user", unset)));
    CHECK(!mypref::client::open(mypref::options().bearer(unset)));
    CHECK(!mypref::client::open(mypref::options().authorization(unset)));
    CHECK(!mypref::client::open(mypref::options().set("client_id", unset).bearer("x")));
}

void options_of_a_call_are_checked() {
    const auto service = client(1, nullptr);
    mypref::call_options wrong;
    wrong.kind = "sgement";
    CHECK(service.commit(1, false, wrong).error().kind() == MYPREF_KIND_INVALID_ARGUMENT);
    bool called = false;
    const auto started = service.commit_start(
        1, false, [&](auto) { called = true; }, wrong);
    CHECK(!started && started.error().kind() == MYPREF_KIND_INVALID_ARGUMENT && !called);
    CHECK(!mypref::parse_access_token("12a") && *mypref::parse_access_token("12") == 12);
}

void started_calls_complete_once_with_what_they_captured() {
    std::optional<mypref::client> service(client(2, nullptr));
    latch *done = latch_new();
    auto captured = std::make_shared<int>(7);
    CHECK(service->commit_start(1, false, [done, captured](mypref::result<mypref::receipt> receipt) {
        CHECK(receipt && *captured == 7);
        latch_up(done);
    }));
    CHECK(service->status_start(2, [done](mypref::result<mypref::export_status> status) {
        CHECK(status->word() == "Complete");
        latch_up(done);
    }));
    CHECK(service->resolve_commit_start(2, [done](mypref::result<mypref::resolution> resolution) {
        CHECK(resolution->state() == MYPREF_RESOLVED_NOT_COMMITTED);
        latch_up(done);
    }));
    latch_wait(done, 3);
    CHECK(service->commit_start(2, false, [&](mypref::result<mypref::receipt> receipt) {
        CHECK(receipt.has_value());
        service.reset();
        latch_up(done);
    }));
    latch_wait(done, 4);
    mypref::shutdown(10s);
    CHECK(captured.use_count() == 1);
    latch_free(done);
}

void a_token_cancels_from_another_thread() {
    const auto service = client(1, "[{\"on\": \"commit\", \"action\": {\"hang\": \"never\"}}]");
    mypref::cancel_token token;
    std::thread canceller([&] {
        std::this_thread::sleep_for(50ms);
        token.cancel();
    });
    mypref::call_options call;
    call.cancel = &token;
    const auto receipt = service.commit(1, false, call);
    canceller.join();
    CHECK(token.is_cancelled() && receipt.error().kind() == MYPREF_KIND_CANCELLED);
}

void a_closed_client_says_so() {
    const auto service = client(1, nullptr);
    CHECK(!service.is_closed());
    service.close();
    CHECK(service.is_closed() && service.commit(1, false).error().kind() == MYPREF_KIND_CLOSED);
}

void the_log_outlives_the_options() {
    auto events = std::make_shared<std::atomic<int>>(0);
    std::optional<mypref::client> service;
    {
        auto given = options(scenario(1, nullptr));
        given.log([events](std::string_view event) {
            CHECK(event.find("\"status\":200") != std::string_view::npos);
            ++*events;
        });
        service = std::move(mypref::client::open(given).value());
    }
    CHECK(service->commit(1, false).has_value() && *events == 1);
    service.reset();
    mypref::shutdown(10s);
    CHECK(events.use_count() == 1);
}

void what_is_empty_is_refused_or_ends_what_was() {
    auto given = options(scenario(2, nullptr));
    given.log(nullptr);
    const auto service = std::move(mypref::client::open(given).value());
    CHECK(!service.commit_start(1, false, nullptr));
    CHECK(!service.status_start(1, {}));
    CHECK(service.commit(1, false).has_value());
}

void a_date_that_no_clock_holds_is_the_last_one() {
    CHECK(mypref::detail::date(32503680000) == mypref::time_point::max());
    CHECK(mypref::detail::date(-32503680000) == mypref::time_point::min());
    CHECK(mypref::detail::date(1) == mypref::time_point(std::chrono::seconds(1)));
}

} // namespace

int main() {
    CHECK(mypref::version() == mypref_version());
    a_receipt_has_every_field();
    an_error_has_every_field_and_can_be_copied();
    statuses_and_resolutions();
    the_first_setter_that_was_refused_is_the_error_of_open();
    options_of_a_call_are_checked();
    started_calls_complete_once_with_what_they_captured();
    a_token_cancels_from_another_thread();
    a_closed_client_says_so();
    the_log_outlives_the_options();
    what_is_empty_is_refused_or_ends_what_was();
    a_date_that_no_clock_holds_is_the_last_one();
    return passed("client");
}
