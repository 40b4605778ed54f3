// The export around a commit by mypreferences.hpp: pages as a range, landing and its progress, the proof of the seal,
// what outlives what.
#include "testing.h"

#include <mypreferences.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>

using namespace std::chrono_literals;

namespace {

const mypref::order everyone{"segment", "Everyone"};

mypref::client client(const std::string &members) { return mypref::client(client_of_world(members.c_str())); }

std::string source(int rows) {
    return "\"sources\": [{\"name\": \"Everyone\", \"rows\": " + std::to_string(rows) + "}]";
}

// A folder that goes with the test.
class temporary {
  public:
    temporary() : name_(folder_new()) {}
    temporary(const temporary &) = delete;
    temporary &operator=(const temporary &) = delete;
    ~temporary() { folder_remove(name_); }
    std::string name() const { return name_; }

  private:
    char *name_;
};

mypref::export_handle initiate(const mypref::client &service) {
    auto handle = service.initiate(everyone);
    CHECK(handle.has_value());
    CHECK(service.wait(*handle)->word() == "Complete");
    return std::move(*handle);
}

void a_loop_reads_every_page() {
    const auto service = client(source(7));
    const auto handle = initiate(service);
    std::size_t records = 0;
    std::optional<mypref::page> kept;
    for (auto &page : service.pages(handle, {3, std::nullopt, nullptr})) {
        CHECK(page.has_value());
        CHECK(page->total_results() == 7 && page->offset() == std::int64_t(records + 1));
        CHECK(std::size_t(page->count()) == page->records().size() && page->has_more() == (records < 6));
        for (const std::string_view record : page->records()) {
            CHECK(record.front() == '{' && record.back() == '}');
            CHECK(record.data() > page->raw().data() && page->raw().size() > record.size());
        }
        records += page->record_count();
        kept = std::move(*page);
    }
    CHECK(records == 7 && kept->record_count() == 1 && kept->line(0) == kept->record(0));
    CHECK(kept->record(1).empty() && kept->others().empty());
    auto pages = service.pages(handle);
    CHECK((*pages.next())->count() == 7 && !pages.next()->has_value() && pages.begin() == pages.end());
}

void an_error_is_the_last_value_of_a_loop_and_the_page_can_be_asked_for_again() {
    const auto service = client(source(5) + ", \"rules\": [{\"on\": \"page\", \"offset\": 3, \"action\": "
                                            "{\"answer\": {\"status\": 403}}}]");
    const auto handle = initiate(service);
    auto pages = service.pages(handle, {2, std::nullopt, nullptr});
    int good = 0;
    int bad = 0;
    for (const auto &page : pages) {
        page ? ++good : ++bad;
        CHECK(page || page.error().kind() == MYPREF_KIND_FORBIDDEN);
    }
    CHECK(good == 1 && bad == 1);
    for (const auto &page : pages) {
        CHECK(page.has_value());
        ++good;
    }
    CHECK(good == 3);
}

void options_that_are_none_are_the_first_value() {
    const auto service = client(source(3));
    const auto handle = initiate(service);
    int seen = 0;
    for (const auto &page : service.pages(handle, {-5, std::nullopt, nullptr})) {
        CHECK(!page && page.error().kind() == MYPREF_KIND_INVALID_ARGUMENT);
        ++seen;
    }
    CHECK(seen == 1);
    CHECK(!service.initiate({"sgement", "Everyone"}) && !mypref::export_handle::from_json("{}"));
    const temporary out;
    mypref::landing_options options;
    CHECK(service.export_to(everyone, out.name(), options).error().kind() == MYPREF_KIND_INVALID_ARGUMENT);
    options.keep_files = true;
    options.limit = -1;
    CHECK(!service.export_to(everyone, out.name(), options) && !service.land(handle, out.name(), options));
    CHECK(!service.export_to_start(
        everyone, out.name(), [](auto) { CHECK(false); }, options));
    CHECK(!service.commit_start(1, true, nullptr));
}

void a_token_ends_a_transfer_from_another_thread() {
    const auto service = client(source(5) + ", \"rules\": [{\"on\": \"page\", \"action\": "
                                            "{\"deliver\": {\"trickle_ms\": 200}}}]");
    const auto handle = initiate(service);
    mypref::cancel_token token;
    std::thread canceller([&] {
        std::this_thread::sleep_for(500ms);
        token.cancel();
    });
    auto pages = service.pages(handle, {2, std::nullopt, &token});
    CHECK(pages.next().error().kind() == MYPREF_KIND_CANCELLED);
    canceller.join();
    CHECK(service.pages(handle).next().has_value());
}

void landing_tells_how_far_it_is_and_commits() {
    const auto service = client(source(250));
    const temporary out;
    std::atomic<std::int64_t> rows = 0;
    std::atomic<int> stages = 0;
    mypref::landing_options options;
    options.keep_files = false;
    options.limit = 100;
    options.on_progress = [&](const mypref::progress &now) {
        CHECK(now.elapsed >= 0s && (!now.next_in || now.stage == MYPREF_STAGE_WAIT));
        rows = now.rows;
        stages |= 1 << int(now.stage);
    };
    const auto landed = service.export_to(everyone, out.name(), options);
    CHECK(landed.has_value() && rows == 250 && (stages & 1 << MYPREF_STAGE_COMMIT) != 0);
    CHECK(landed->rows() == 250 && landed->parts() == 1 && landed->is_new() && !landed->since());
    CHECK(landed->folder() == out.name() + "/" + std::string(landed->batch()) && !landed->watermark().empty());
    CHECK(landed->bytes() > 0 && landed->notes().empty() && !landed->json().empty());
    CHECK(landed->receipt()->end() == MYPREF_COMMIT_END_COMMITTED && !landed->receipt()->keep_files());
    CHECK(landed->receipt()->files_are_as_asked() && landed->receipt()->at() && landed->receipt()->server_date());
    const auto verified = mypref::folder(out.name()).verify();
    CHECK(verified->batches == 1 && verified->rows == 250);
    CHECK(!mypref::folder("/no-such-folder").verify() && !mypref::folder("/no-such-folder").sealed());
}

void a_proof_outlives_what_it_came_from() {
    const auto service = client(source(3));
    const temporary out;
    std::optional<mypref::sealed> sealed;
    std::string text(initiate(service).json_with_token());
    {
        const auto handle = mypref::export_handle::from_json(text);
        CHECK(handle->access_token() > 0 && handle->watermark());
        const auto landed = service.land(*handle, out.name());
        CHECK(landed.has_value() && !landed->receipt());
        sealed = landed->sealed();
        const auto listed = mypref::folder(out.name()).sealed();
        CHECK(listed->size() == 1 && listed->front().manifest_sha256() == sealed->manifest_sha256());
        CHECK(mypref::folder(out.name()).sealed_batch(std::string(landed->batch()))->out() == out.name());
    }
    CHECK(mypref::folder(out.name()).sealed_batch("batch=none").error().kind() == MYPREF_KIND_NOT_SEALED);
    const auto receipt = service.commit_landed(*sealed, true);
    CHECK(receipt->end() == MYPREF_COMMIT_END_COMMITTED && receipt->keep_files() && !receipt->json().empty());
    CHECK(mypref::folder(out.name()).sealed()->empty());
}

void the_whole_flow_by_callbacks() {
    std::optional<mypref::client> service(client(source(30)));
    const temporary out;
    latch *done = latch_new();
    std::optional<mypref::export_handle> handle;
    std::optional<mypref::pages> pages;
    auto captured = std::make_shared<int>(0);
    mypref::landing_options options;
    options.on_progress = [captured](const mypref::progress &) { ++*captured; };
    std::function<void(mypref::result<std::optional<mypref::page>>)> next = [&](auto page) {
        CHECK(page.has_value());
        if (*page) {
            CHECK(pages->next_start(next));
            return;
        }
        pages.reset();
        CHECK(service->land_start(
            *handle, out.name(),
            [&](mypref::result<mypref::landed> landed) {
                CHECK(landed->rows() == 30);
                CHECK(service->commit_landed_start(landed->sealed(), false, [&](auto receipt) {
                    CHECK(receipt->end() == MYPREF_COMMIT_END_COMMITTED);
                    service.reset();
                    latch_up(done);
                }));
            },
            options));
    };
    CHECK(service->initiate_start(everyone, [&](mypref::result<mypref::export_handle> started) {
        handle = std::move(*started);
        CHECK(service->wait_start(*handle, [&](mypref::result<mypref::export_status> status) {
            CHECK(status->word() == "Complete");
            pages.emplace(service->pages(*handle, {10, std::nullopt, nullptr}));
            CHECK(pages->next_start(next));
        }));
    }));
    latch_wait(done, 1);
    CHECK(*captured > 0);
    options.on_progress = nullptr;
    mypref::shutdown(10s);
    CHECK(captured.use_count() == 1);
    latch_free(done);
}

} // namespace

int main() {
    static_assert(!std::is_default_constructible_v<mypref::sealed>);
    static_assert(!std::is_constructible_v<mypref::sealed, const mypref_sealed *>);
    static_assert(!std::is_constructible_v<mypref::sealed, mypref_sealed *>);
    static_assert(!std::is_copy_constructible_v<mypref::page> && !std::is_copy_constructible_v<mypref::pages>);
    static_assert(
        std::is_same_v<std::iterator_traits<mypref::pages::iterator>::value_type, mypref::result<mypref::page>>);
    a_loop_reads_every_page();
    an_error_is_the_last_value_of_a_loop_and_the_page_can_be_asked_for_again();
    options_that_are_none_are_the_first_value();
    a_token_ends_a_transfer_from_another_thread();
    landing_tells_how_far_it_is_and_commits();
    a_proof_outlives_what_it_came_from();
    the_whole_flow_by_callbacks();
    return passed("exporting_cpp");
}
