// The export around a commit for mypreferences.hpp: what to export and how to land it, its handle, its pages, what was
// landed and the proof of it. Included by mypreferences.hpp; not for direct use. Licensed under MIT or Apache-2.0.
#ifndef MYPREFERENCES_EXPORT_HPP
#define MYPREFERENCES_EXPORT_HPP

#include "mypreferences_records.hpp"

#include <cstddef>
#include <functional>
#include <iterator>

namespace mypref {
inline namespace MYPREF_VARIANT {

/// Ends the calls that it was given to.
class cancel_token {
  public:
    cancel_token() : handle_(mypref_cancel_token_new()) {}
    void cancel() const noexcept { mypref_cancel_token_cancel(get()); }
    bool is_cancelled() const noexcept { return mypref_cancel_token_is_cancelled(get()); }

    /// The handle of the C interface; it stays this object's.
    const mypref_cancel_token *get() const noexcept { return handle_.get(); }

  private:
    detail::handle<mypref_cancel_token, mypref_cancel_token_free> handle_;
};

/// What to export; see mypref_order_set for each part.
struct order {
    /// "segment", "segment_group", "schedule" or "cid".
    std::string kind;
    /// Of the segment, group or schedule; customers have none.
    std::optional<std::string> name = std::nullopt;
    std::optional<std::string> last_date_time = std::nullopt;
    std::optional<std::string> match_criteria = std::nullopt;
    std::optional<std::string> match_type = std::nullopt;
    std::vector<std::string> values = {};
    std::optional<std::string> callback_url = std::nullopt;
    std::optional<std::string> start_date = std::nullopt;
    std::optional<std::string> end_date = std::nullopt;
    std::vector<std::string> cids = {};
    std::vector<std::string> channels = {};
};

/// How far a landing is. Texts live until the function that was told returns.
struct progress {
    mypref_stage stage;
    std::string_view batch;
    std::int64_t rows;
    std::optional<std::int64_t> total;
    std::int64_t resumed_rows;
    seconds elapsed;
    std::optional<seconds> next_in;
    std::optional<std::string_view> note;
};

/// How to land an export. What is not set has its default, but keep_files has none: it must be set unless commit is
/// "never". See mypref_landing_options_set and its sisters.
struct landing_options {
    std::optional<bool> keep_files = std::nullopt;
    /// "after_seal" or "never".
    std::optional<std::string> commit = std::nullopt;
    /// "auto" or a moment.
    std::optional<std::string> since = std::nullopt;
    std::optional<std::chrono::milliseconds> overlap = std::nullopt;
    /// "none" or "zstd".
    std::optional<std::string> compression = std::nullopt;
    /// "ndjson" or "parquet"; with "parquet" also a shape, "typed" or "json", and a record, "keep" or "drop".
    std::optional<std::string> format = std::nullopt;
    std::optional<std::string> shape = std::nullopt;
    std::optional<std::string> record = std::nullopt;
    std::optional<std::int64_t> limit = std::nullopt;
    std::optional<std::chrono::milliseconds> max_wait = std::nullopt;
    std::optional<std::int64_t> max_memory = std::nullopt;
    std::optional<std::int64_t> part_bytes = std::nullopt;
    /// Told how far the landing is, from a thread of the library, also during a blocking call; it must not throw,
    /// block, or make a blocking call. Never called after the call is over.
    std::function<void(const progress &)> on_progress = nullptr;
    /// Cancels the call, within a page; may end before the call does.
    const cancel_token *cancel = nullptr;
};

/// Which pages to read.
struct pages_options {
    /// Records of one page; 1000 unless said otherwise.
    std::optional<std::int64_t> limit = std::nullopt;
    /// The first record, counted from 1.
    std::optional<std::int64_t> offset = std::nullopt;
    /// Ends the transfer; must live as long as pages are read.
    const cancel_token *cancel = nullptr;
    /// The last record: a range, which other tasks read the rest of; see mypref_pages_open_range.
    std::optional<std::int64_t> until = std::nullopt;
    /// What the range has to be: TotalResults, and the digests of its first and its last record.
    std::optional<std::int64_t> expect_total = std::nullopt;
    std::optional<std::string> expect_first = std::nullopt;
    std::optional<std::string> expect_last = std::nullopt;
};

/// The digests of the records on both sides of a place where an export is cut into ranges.
struct boundary {
    std::string last;
    std::string first;
};

/// What the destination of a commit of what was loaded elsewhere holds; see mypref_loaded_new and its sisters.
struct loaded {
    std::int64_t rows;
    bool keep_files;
    std::optional<std::string> sink = std::nullopt;
    std::vector<std::string> files = {};
};

namespace detail {
using own_order = handle<mypref_order, mypref_order_free>;
using own_landing_options = handle<mypref_landing_options, mypref_landing_options_free>;
using own_loaded = handle<mypref_loaded, mypref_loaded_free>;
using own_range = handle<mypref_range, mypref_range_free>;

/// Setters one after the other until one is refused.
class setting {
  public:
    template <class F> setting &operator()(bool given, F &&set) {
        if (given && refused_ == nullptr) {
            refused_ = set();
        }
        return *this;
    }
    mypref_error *refused() const { return refused_; }

  private:
    mypref_error *refused_ = nullptr;
};

inline result<own_order> translate(const order &from) {
    own_order own(mypref_order_new());
    setting set;
    auto text = [&](const char *name, const std::optional<std::string> &value) {
        set(value.has_value(), [&] { return mypref_order_set(own.get(), name, value->c_str()); });
    };
    auto list = [&](const char *name, const std::vector<std::string> &values) {
        for (const std::string &value : values) {
            set(true, [&] { return mypref_order_add(own.get(), name, value.c_str()); });
        }
    };
    set(true, [&] { return mypref_order_set(own.get(), "kind", from.kind.c_str()); });
    text("name", from.name);
    text("last_date_time", from.last_date_time);
    text("match_criteria", from.match_criteria);
    text("match_type", from.match_type);
    list("values", from.values);
    text("callback_url", from.callback_url);
    text("start_date", from.start_date);
    text("end_date", from.end_date);
    list("cids", from.cids);
    list("channels", from.channels);
    if (set.refused() != nullptr) {
        return failure(set.refused());
    }
    return own;
}

inline result<own_loaded> translate(const loaded &from) {
    own_loaded own(mypref_loaded_new(from.rows, from.keep_files));
    setting set;
    set(from.sink.has_value(), [&] { return mypref_loaded_set_sink(own.get(), from.sink->c_str()); });
    for (const std::string &file : from.files) {
        set(true, [&] { return mypref_loaded_add_file(own.get(), file.c_str()); });
    }
    if (set.refused() != nullptr) {
        return failure(set.refused());
    }
    return own;
}

inline mypref_error *translate(const pages_options &from, const own_range &own) {
    setting set;
    auto number = [&](const char *name, const std::optional<std::int64_t> &value) {
        set(value.has_value(), [&] { return mypref_range_set_int(own.get(), name, *value); });
    };
    auto digest = [&](const char *name, const std::optional<std::string> &value) {
        set(value.has_value(), [&] { return mypref_range_set(own.get(), name, value->c_str()); });
    };
    number("limit", from.limit);
    number("offset", from.offset);
    number("until", from.until);
    number("total", from.expect_total);
    digest("first", from.expect_first);
    digest("last", from.expect_last);
    return set.refused();
}

inline std::vector<boundary> boundaries(mypref_boundary_list *owned) {
    handle<mypref_boundary_list, mypref_boundary_list_free> list(owned);
    std::vector<boundary> found;
    for (std::size_t n = 0; const char *last = mypref_boundary_list_last(list.get(), n); ++n) {
        found.push_back(boundary{last, mypref_boundary_list_first(list.get(), n)});
    }
    return found;
}

/// Hands a record of the C interface to a function<void(const progress &)>.
inline void tell(void *user_data, const mypref_progress *now) noexcept {
    const auto &told = *static_cast<const std::function<void(const progress &)> *>(user_data);
    told(progress{
        now->stage, now->batch, now->rows, count(now->total), now->resumed_rows, seconds(now->elapsed_seconds),
        now->next_in_seconds < 0 ? std::nullopt : std::optional<seconds>(now->next_in_seconds), text(now->note)});
}

/// `told` lives until the call is over.
inline result<own_landing_options> translate(const landing_options &from,
                                             const std::function<void(const progress &)> &told) {
    own_landing_options own(mypref_landing_options_new());
    setting set;
    auto word = [&](const char *name, const std::optional<std::string> &value) {
        set(value.has_value(), [&] { return mypref_landing_options_set(own.get(), name, value->c_str()); });
    };
    auto number = [&](const char *name, const std::optional<std::int64_t> &value) {
        set(value.has_value(), [&] { return mypref_landing_options_set_int(own.get(), name, *value); });
    };
    auto time = [&](const char *name, const std::optional<std::chrono::milliseconds> &value) {
        set(value.has_value(), [&] { return mypref_landing_options_set_duration_ms(own.get(), name, value->count()); });
    };
    set(from.keep_files.has_value(),
        [&] { return mypref_landing_options_set_bool(own.get(), "keep_files", *from.keep_files); });
    word("commit", from.commit);
    word("since", from.since);
    time("overlap", from.overlap);
    word("compression", from.compression);
    word("format", from.format);
    word("shape", from.shape);
    word("record", from.record);
    number("limit", from.limit);
    time("max_wait", from.max_wait);
    number("max_memory", from.max_memory);
    number("part_bytes", from.part_bytes);
    set(static_cast<bool>(told), [&] {
        using function = std::function<void(const progress &)>;
        return mypref_landing_options_set_progress(own.get(), const_cast<function *>(&told), tell);
    });
    if (set.refused() != nullptr) {
        return failure(set.refused());
    }
    return own;
}
} // namespace detail

/// An export that was initiated. Data: it goes to JSON and back, so that another process can land or commit it.
class export_handle {
  public:
    /// Takes a handle of the C interface over.
    explicit export_handle(mypref_export_handle *owned) : handle_(owned) {}
    /// Reads what json_with_token gave.
    static result<export_handle> from_json(const std::string &json) {
        mypref_export_handle *handle = nullptr;
        mypref_error *failed = mypref_export_handle_from_json(json.c_str(), &handle);
        return detail::made<export_handle>(failed, handle);
    }

    /// With the access token: not to be shown.
    std::string_view json_with_token() const { return mypref_export_handle_json_with_token(get()); }
    std::int64_t access_token() const { return mypref_export_handle_access_token(get()); }
    std::optional<time_point> watermark() const { return detail::date(mypref_export_handle_watermark(get())); }

    /// In milliseconds since 1970; nothing for an export of everything.
    std::optional<std::int64_t> since_ms() const {
        const std::int64_t since = mypref_export_handle_since_ms(get());
        return since == MYPREF_NO_DATE ? std::nullopt : std::optional<std::int64_t>(since);
    }

    /// The handle of the C interface; it stays this object's.
    const mypref_export_handle *get() const noexcept { return handle_.get(); }

  private:
    detail::handle<mypref_export_handle, mypref_export_handle_free> handle_;
};

/// One page of an export. Owns its bytes: what is handed out lives as long as the page.
class page {
  public:
    /// Takes a page of the C interface over.
    explicit page(mypref_page *owned) : handle_(owned) {}

    /// The whole body as the server sent it.
    std::string_view raw() const {
        return bytes([&](std::size_t *length) { return mypref_page_raw(get(), length); });
    }
    std::size_t record_count() const { return mypref_page_record_count(get()); }
    /// A record as the server sent it, counted from 0; empty when there is none.
    std::string_view record(std::size_t index) const {
        return bytes([&](std::size_t *length) { return mypref_page_record(get(), index, length); });
    }
    /// A record in one line, without its end.
    std::string_view line(std::size_t index) const {
        return bytes([&](std::size_t *length) { return mypref_page_line(get(), index, length); });
    }
    std::vector<std::string_view> records() const {
        std::vector<std::string_view> records(record_count());
        for (std::size_t index = 0; index < records.size(); ++index) {
            records[index] = record(index);
        }
        return records;
    }
    std::int64_t count() const { return mypref_page_count(get()); }
    bool has_more() const { return mypref_page_has_more(get()); }
    std::optional<std::int64_t> offset() const { return detail::count(mypref_page_offset(get())); }
    std::optional<std::int64_t> total_results() const { return detail::count(mypref_page_total_results(get())); }
    /// Name and JSON of the members that are neither records nor counts.
    std::vector<std::pair<std::string_view, std::string_view>> others() const {
        std::vector<std::pair<std::string_view, std::string_view>> others(mypref_page_other_count(get()));
        for (std::size_t index = 0; index < others.size(); ++index) {
            others[index] = {bytes([&](std::size_t *length) { return mypref_page_other_name(get(), index, length); }),
                             bytes([&](std::size_t *length) { return mypref_page_other(get(), index, length); })};
        }
        return others;
    }

    /// The handle of the C interface; it stays this object's.
    const mypref_page *get() const noexcept { return handle_.get(); }

  private:
    template <class F> static std::string_view bytes(F &&read) {
        std::size_t length = 0;
        const char *begin = read(&length);
        return begin == nullptr ? std::string_view() : std::string_view(begin, length);
    }

    detail::handle<mypref_page, mypref_page_free> handle_;
};

/// The pages of an export, read one at a time. A range whose values are result<page>: it ends after the last page or
/// after an error; begin() and next() then ask for the same page again. Its destructor ends the transfer.
class pages {
  public:
    /// The next page; none after the last one. Blocks.
    result<std::optional<page>> next() {
        if (refused_) {
            return MYPREF_EXPECTED::unexpected<error>(*refused_);
        }
        mypref_page *read = nullptr;
        mypref_error *failed = mypref_pages_next(get(), cancel_ == nullptr ? nullptr : cancel_->get(), &read);
        return read_page(failed, read);
    }
    /// As next, but returns at once. `complete` is called exactly once, from a thread of the library, unless an error
    /// is returned here; it may ask for the next page and destroy the pages, but not throw or block.
    result<void> next_start(std::function<void(result<std::optional<page>>)> complete) {
        using function = std::function<void(result<std::optional<page>>)>;
        if (refused_) {
            return MYPREF_EXPECTED::unexpected<error>(*refused_);
        }
        auto kept = std::make_unique<function>(std::move(complete));
        auto callback = [](void *user_data, mypref_error *failed, mypref_page *read) noexcept {
            std::unique_ptr<function> owned(static_cast<function *>(user_data));
            (*owned)(read_page(failed, read));
        };
        auto *called = *kept ? static_cast<void (*)(void *, mypref_error *, mypref_page *)>(callback) : nullptr;
        mypref_error *failed =
            mypref_pages_next_start(get(), cancel_ == nullptr ? nullptr : cancel_->get(), kept.get(), called);
        if (failed == nullptr) {
            kept.release(); // the callback's, which may be over already
        }
        return detail::done(failed);
    }

    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = result<page>;
        using difference_type = std::ptrdiff_t;
        using pointer = value_type *;
        using reference = value_type &;

        reference operator*() const { return *of_->now_; }
        pointer operator->() const { return &*of_->now_; }
        iterator &operator++() {
            of_ = of_->now_->has_value() && of_->advance() ? of_ : nullptr;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator &left, const iterator &right) { return left.of_ == right.of_; }
        friend bool operator!=(const iterator &left, const iterator &right) { return left.of_ != right.of_; }

      private:
        friend class pages;
        explicit iterator(pages *of) : of_(of) {}
        pages *of_;
    };

    /// Reads the first of the pages that are still to come. Blocks.
    iterator begin() { return iterator(advance() ? this : nullptr); }
    iterator end() { return iterator(nullptr); }

    /// The handle of the C interface; it stays this object's.
    const mypref_pages *get() const noexcept { return handle_.get(); }

  private:
    friend class client;
    pages(mypref_error *failed, mypref_pages *owned, const cancel_token *cancel) : handle_(owned), cancel_(cancel) {
        if (failed != nullptr) {
            refused_ = error(failed);
        }
    }

    static result<std::optional<page>> read_page(mypref_error *failed, mypref_page *read) {
        if (failed != nullptr) {
            return detail::failure(failed);
        }
        return read == nullptr ? std::optional<page>() : std::optional<page>(page(read));
    }

    /// False after the last page.
    bool advance() {
        now_.reset(); // freed before the next one comes
        auto read = next();
        if (!read) {
            now_.emplace(MYPREF_EXPECTED::unexpected<error>(read.error()));
        } else if (*read) {
            now_.emplace(std::move(**read));
        }
        return now_.has_value();
    }

    detail::handle<mypref_pages, mypref_pages_free> handle_;
    const cancel_token *cancel_;
    std::optional<error> refused_;
    std::optional<result<page>> now_;
};

/// The proof that a batch is durable and whole, which client::commit_landed asks for. Only landing gives it: a landed,
/// or the folder that something was landed in. Copies share the record.
class sealed {
  public:
    std::string_view out() const { return mypref_sealed_out(get()); }
    std::string_view batch() const { return mypref_sealed_batch(get()); }
    std::string_view manifest_sha256() const { return mypref_sealed_manifest_sha256(get()); }

    /// The handle of the C interface; it stays this object's.
    const mypref_sealed *get() const noexcept { return handle_.get(); }

  private:
    friend class landed;
    friend class folder;
    explicit sealed(std::shared_ptr<const mypref_sealed> handle) : handle_(std::move(handle)) {}

    std::shared_ptr<const mypref_sealed> handle_;
};

/// How the commit of a batch ended. Copies share the record.
class batch_receipt {
  public:
    /// Takes a receipt of the C interface over.
    explicit batch_receipt(mypref_batch_receipt *owned)
        : handle_(std::shared_ptr<mypref_batch_receipt>(owned, detail::deleter<mypref_batch_receipt_free>())) {}

    std::string_view json() const { return mypref_batch_receipt_json(get()); }
    mypref_commit_end end() const { return mypref_batch_receipt_end(get()); }
    bool keep_files() const { return mypref_batch_receipt_keep_files(get()) == MYPREF_KEEP_FILES_YES; }
    bool files_are_as_asked() const { return mypref_batch_receipt_files_are_as_asked(get()); }
    std::optional<std::string_view> at() const { return detail::text(mypref_batch_receipt_at(get())); }
    std::optional<std::string_view> server_date() const {
        return detail::text(mypref_batch_receipt_server_date(get()));
    }

    /// The handle of the C interface; it stays this object's.
    const mypref_batch_receipt *get() const noexcept { return handle_.get(); }

  private:
    friend class landed;
    explicit batch_receipt(std::shared_ptr<const mypref_batch_receipt> handle) : handle_(std::move(handle)) {}

    std::shared_ptr<const mypref_batch_receipt> handle_;
};

/// What a landing has come to. Copies share the record.
class landed {
  public:
    /// Takes what a landing has come to over from the C interface.
    explicit landed(mypref_landed *owned) : handle_(owned, detail::deleter<mypref_landed_free>()) {}

    std::string_view json() const { return mypref_landed_json(get()); }
    /// The proof for client::commit_landed; may outlive this object.
    mypref::sealed sealed() const { return mypref::sealed({handle_, mypref_landed_sealed(get())}); }
    /// How the commit ended, when there was one; may outlive this object.
    std::optional<batch_receipt> receipt() const {
        const mypref_batch_receipt *receipt = mypref_landed_receipt(get());
        return receipt == nullptr ? std::nullopt
                                  : std::optional<batch_receipt>(
                                        batch_receipt(std::shared_ptr<const mypref_batch_receipt>(handle_, receipt)));
    }
    std::string_view folder() const { return mypref_landed_folder(get()); }
    std::string_view batch() const { return mypref_landed_batch(get()); }
    std::int64_t rows() const { return mypref_landed_rows(get()); }
    std::int64_t bytes() const { return mypref_landed_bytes(get()); }
    std::int64_t parts() const { return mypref_landed_parts(get()); }
    std::optional<std::string_view> since() const { return detail::text(mypref_landed_since(get())); }
    std::string_view watermark() const { return mypref_landed_watermark(get()); }
    bool is_new() const { return mypref_landed_is_new(get()); }
    std::vector<std::string_view> notes() const {
        std::vector<std::string_view> notes;
        for (std::size_t index = 0; index < mypref_landed_note_count(get()); ++index) {
            notes.emplace_back(mypref_landed_note(get(), index));
        }
        return notes;
    }

    /// The handle of the C interface; it stays this object's.
    const mypref_landed *get() const noexcept { return handle_.get(); }

  private:
    std::shared_ptr<mypref_landed> handle_;
};

/// A folder that exports were landed in. Looking at it takes no lock and changes nothing.
class folder {
  public:
    explicit folder(std::string out) : out_(std::move(out)) {}

    /// The sealed batches that are not committed, oldest first.
    result<std::vector<mypref::sealed>> sealed() const {
        mypref_sealed_list *opened = nullptr;
        if (mypref_error *failed = mypref_sealed_list_open(out_.c_str(), &opened)) {
            return detail::failure(failed);
        }
        const std::shared_ptr<mypref_sealed_list> list(opened, detail::deleter<mypref_sealed_list_free>());
        std::vector<mypref::sealed> sealed;
        for (std::size_t index = 0; index < mypref_sealed_list_count(opened); ++index) {
            sealed.push_back(mypref::sealed({list, mypref_sealed_list_at(opened, index)}));
        }
        return sealed;
    }
    /// The proof of one batch, by the name of its folder, committed or not.
    result<mypref::sealed> sealed_batch(const std::string &batch) const {
        mypref_sealed *sealed = nullptr;
        if (mypref_error *failed = mypref_sealed_of_batch(out_.c_str(), batch.c_str(), &sealed)) {
            return detail::failure(failed);
        }
        return mypref::sealed(std::shared_ptr<mypref_sealed>(sealed, detail::deleter<mypref_sealed_free>()));
    }
    /// Verifies every batch without a server; see mypref_verify.
    result<mypref_verified> verify() const {
        mypref_verified verified{};
        if (mypref_error *failed = mypref_verify(out_.c_str(), &verified, sizeof verified)) {
            return detail::failure(failed);
        }
        return verified;
    }

  private:
    std::string out_;
};

} // namespace MYPREF_VARIANT
} // namespace mypref

#endif // MYPREFERENCES_EXPORT_HPP
