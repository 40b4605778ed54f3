// What calls of mypreferences.hpp give: results, errors, receipts, statuses and resolutions, as move-only owners of the
// handles of mypreferences.h. Included by mypreferences.hpp; not for direct use. Licensed under MIT or Apache-2.0.
#ifndef MYPREFERENCES_RECORDS_HPP
#define MYPREFERENCES_RECORDS_HPP

#include "mypreferences.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(__has_include)
#if __has_include(<version>)
#include <version>
#endif
#endif
#if defined(__cpp_lib_expected)
#include <expected>
#define MYPREF_EXPECTED std
#define MYPREF_VARIANT with_std_expected
#else
#include "mypreferences_expected.hpp"
#define MYPREF_EXPECTED backport
#define MYPREF_VARIANT with_backport
#endif

namespace mypref {
// The type of a result is part of every signature here, but not of the mangled names: a program may hold parts that are
// compiled for different versions of C++, and they must not be mixed up.
inline namespace MYPREF_VARIANT {

class error;

/// A value or an error: std::expected where the library has it, otherwise a type with its surface.
template <class T> using result = MYPREF_EXPECTED::expected<T, error>;

/// Lengths of time as the library gives them.
using seconds = std::chrono::duration<double>;
using time_point = std::chrono::system_clock::time_point;

namespace detail {
template <auto free_function> struct deleter {
    template <class T> void operator()(T *handle) const noexcept { free_function(&handle); }
};
template <class T, auto free_function> using handle = std::unique_ptr<T, deleter<free_function>>;

inline std::optional<std::string_view> text(const char *text) {
    return text == nullptr ? std::nullopt : std::optional<std::string_view>(text);
}
inline std::optional<time_point> date(std::int64_t since_1970) {
    if (since_1970 == MYPREF_NO_DATE) {
        return std::nullopt;
    }
    // A date that this clock cannot hold, such as one that means "never", is the last or the first that it can.
    constexpr auto longest = std::chrono::duration_cast<std::chrono::seconds>(time_point::duration::max()).count();
    if (since_1970 > longest) {
        return time_point::max();
    }
    if (since_1970 < -longest) {
        return time_point::min();
    }
    return time_point(std::chrono::seconds(since_1970));
}
inline std::optional<std::int64_t> count(std::int64_t count) {
    return count < 0 ? std::nullopt : std::optional<std::int64_t>(count);
}
} // namespace detail

/// One send of a call.
struct attempt {
    unsigned n;
    seconds delay_before;
    seconds elapsed;
    mypref_sent sent;
    std::optional<int> http_status;
    std::optional<mypref_kind> kind;
};

namespace detail {
template <class H>
std::vector<attempt> attempts(const H *handle, std::size_t count,
                              bool (*read)(const H *, std::size_t, mypref_attempt *, std::size_t)) {
    std::vector<attempt> attempts;
    attempts.reserve(count);
    mypref_attempt one{};
    for (std::size_t index = 0; read(handle, index, &one, sizeof one); ++index) {
        attempts.push_back({one.n, seconds(one.delay_before_seconds), seconds(one.elapsed_seconds), one.sent,
                            one.http_status == 0 ? std::nullopt : std::optional<int>(one.http_status),
                            one.kind == MYPREF_KIND_NONE ? std::nullopt : std::optional<mypref_kind>(one.kind)});
    }
    return attempts;
}
} // namespace detail

/// A failure, as data. The one type here that can be copied, as value() of std::expected asks for it; copies share the
/// record, and texts live as long as any of them.
class error {
  public:
    /// Takes an error of the C interface over; it must not be NULL.
    explicit error(mypref_error *owned) : handle_(owned, detail::deleter<mypref_error_free>()) {}

    std::string_view message() const { return mypref_error_message(get()); }
    std::string_view json() const { return mypref_error_json(get()); }
    mypref_kind kind() const { return mypref_error_kind(get()); }
    std::string_view kind_name() const { return mypref_error_kind_name(get()); }
    std::optional<std::string_view> phase() const { return detail::text(mypref_error_phase(get())); }
    std::string_view operation() const { return mypref_error_operation(get()); }
    std::optional<std::string_view> detail() const { return detail::text(mypref_error_detail(get())); }
    std::optional<int> http_status() const {
        const int status = mypref_error_http_status(get());
        return status == 0 ? std::nullopt : std::optional<int>(status);
    }
    std::optional<std::string_view> server_message() const { return detail::text(mypref_error_server_message(get())); }
    mypref_retry retry() const { return mypref_error_retry(get()); }
    std::optional<seconds> retry_after() const {
        const double after = mypref_error_retry_after_seconds(get());
        return after < 0 ? std::nullopt : std::optional<seconds>(after);
    }
    mypref_sent sent() const { return mypref_error_sent(get()); }
    std::optional<mypref_commit_state> commit_state() const {
        const mypref_commit_state state = mypref_error_commit_state(get());
        return state == MYPREF_COMMIT_STATE_NONE ? std::nullopt : std::optional<mypref_commit_state>(state);
    }
    std::vector<attempt> attempts() const {
        return detail::attempts(get(), mypref_error_attempt_count(get()), mypref_error_attempt);
    }
    seconds elapsed() const { return seconds(mypref_error_elapsed_seconds(get())); }
    std::optional<std::string_view> request_id() const { return detail::text(mypref_error_request_id(get())); }
    std::optional<std::string_view> method() const { return detail::text(mypref_error_method(get())); }
    std::optional<std::string_view> url() const { return detail::text(mypref_error_url(get())); }
    std::string_view next_action() const { return mypref_error_next_action(get()); }
    std::optional<std::string_view> source() const { return detail::text(mypref_error_source(get())); }

    /// The handle of the C interface; it stays this object's.
    const mypref_error *get() const noexcept { return handle_.get(); }

  private:
    std::shared_ptr<mypref_error> handle_;
};

namespace detail {
inline MYPREF_EXPECTED::unexpected<error> failure(mypref_error *owned) {
    return MYPREF_EXPECTED::unexpected<error>(error(owned));
}
template <class T, class H> result<T> made(mypref_error *failed, H *handle) {
    if (failed != nullptr) {
        return failure(failed);
    }
    return T(handle);
}
inline result<void> done(mypref_error *failed) {
    if (failed != nullptr) {
        return failure(failed);
    }
    return {};
}
} // namespace detail

/// What a commit that ended well says.
class receipt {
  public:
    /// Takes a receipt of the C interface over.
    explicit receipt(mypref_receipt *owned) : handle_(owned) {}

    std::string_view json() const { return mypref_receipt_json(get()); }
    mypref_outcome outcome() const { return mypref_receipt_outcome(get()); }
    mypref_certainty certainty() const { return mypref_receipt_certainty(get()); }
    mypref_confirmed_by confirmed_by() const { return mypref_receipt_confirmed_by(get()); }
    std::optional<bool> keep_files() const {
        const mypref_keep_files keep_files = mypref_receipt_keep_files(get());
        return keep_files == MYPREF_KEEP_FILES_NONE ? std::nullopt
                                                    : std::optional<bool>(keep_files == MYPREF_KEEP_FILES_YES);
    }
    mypref_files files() const { return mypref_receipt_files(get()); }
    unsigned sends() const { return mypref_receipt_sends(get()); }
    std::vector<attempt> attempts() const {
        return detail::attempts(get(), mypref_receipt_attempt_count(get()), mypref_receipt_attempt);
    }
    seconds elapsed() const { return seconds(mypref_receipt_elapsed_seconds(get())); }
    std::optional<std::string_view> request_id() const { return detail::text(mypref_receipt_request_id(get())); }
    std::optional<time_point> server_date() const { return detail::date(mypref_receipt_server_date(get())); }

    /// The handle of the C interface; it stays this object's.
    const mypref_receipt *get() const noexcept { return handle_.get(); }

  private:
    detail::handle<mypref_receipt, mypref_receipt_free> handle_;
};

/// The status of an export.
class export_status {
  public:
    /// Takes a status of the C interface over.
    explicit export_status(mypref_export_status *owned) : handle_(owned) {}

    std::string_view json() const { return mypref_export_status_json(get()); }
    std::string_view word() const { return mypref_export_status_word(get()); }
    std::optional<time_point> expires() const { return detail::date(mypref_export_status_expires(get())); }
    std::optional<std::int64_t> row_count() const { return detail::count(mypref_export_status_row_count(get())); }
    std::optional<std::int64_t> byte_count() const { return detail::count(mypref_export_status_byte_count(get())); }
    std::optional<time_point> server_date() const { return detail::date(mypref_export_status_server_date(get())); }

    /// The handle of the C interface; it stays this object's.
    const mypref_export_status *get() const noexcept { return handle_.get(); }

  private:
    detail::handle<mypref_export_status, mypref_export_status_free> handle_;
};

/// What became of a commit.
class resolution {
  public:
    /// Takes a resolution of the C interface over.
    explicit resolution(mypref_resolution *owned) : handle_(owned) {}

    std::string_view json() const { return mypref_resolution_json(get()); }
    mypref_resolved state() const { return mypref_resolution_state(get()); }
    std::optional<time_point> as_of() const { return detail::date(mypref_resolution_as_of(get())); }
    /// The receipt, or NULL; it belongs to this object and is read with the functions of the C interface.
    const mypref_receipt *receipt() const { return mypref_resolution_receipt(get()); }
    /// The error, or NULL; as receipt().
    const mypref_error *error() const { return mypref_resolution_error(get()); }

    /// The handle of the C interface; it stays this object's.
    const mypref_resolution *get() const noexcept { return handle_.get(); }

  private:
    detail::handle<mypref_resolution, mypref_resolution_free> handle_;
};

} // namespace MYPREF_VARIANT
} // namespace mypref

#endif // MYPREFERENCES_RECORDS_HPP
