// MyPreferences bulk export for C++17 and later: Commit and what belongs to it. A header over mypreferences.h; link
// with the same library. Licensed under MIT or Apache-2.0, at your choice.
//
// Nothing throws, unless value() of a result is called on an error; compiles with -fno-exceptions. Handles are
// move-only, close in their destructor, and may be used from several threads at once unless they say otherwise.
// Functions and their errors are described in mypreferences.h, under the C names.
#ifndef MYPREFERENCES_HPP
#define MYPREFERENCES_HPP

#include "mypreferences.h"

#include <chrono>
#include <cstdint>
#include <functional>
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

/// What one call has of its own. What is not set is the client's.
struct call_options {
    /// "segment", "segment-group", "schedule" or "cid".
    std::optional<std::string> kind = std::nullopt;
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /// Cancels the call; may end before the call does.
    const cancel_token *cancel = nullptr;
};

/// Settings and credentials of a client to be. Setters can be chained; the first that is refused makes client::open
/// give its error. One thread at a time.
class options {
  public:
    options() : handle_(mypref_options_new()) {}

    /// Lets environment variables and the profile file count for what is not set here; see
    /// mypref_options_use_environment.
    options &use_environment(const char *profile = nullptr) {
        return keep(mypref_options_use_environment(handle_.get(), profile));
    }
    /// A setting or credential from text; see mypref_options_set.
    options &set(const std::string &name, std::string_view value) {
        return keep(mypref_options_set_bytes(handle_.get(), name.c_str(), value.data(), value.size()));
    }
    options &set(const std::string &name, const char *value) {
        return keep(mypref_options_set(handle_.get(), name.c_str(), value));
    }
    /// A length of time, such as "timeout".
    options &set(const std::string &name, std::chrono::milliseconds value) {
        return keep(mypref_options_set_duration_ms(handle_.get(), name.c_str(), value.count()));
    }
    /// A number, such as "max_attempts".
    options &set(const std::string &name, std::int64_t value) {
        return keep(mypref_options_set_int(handle_.get(), name.c_str(), value));
    }
    options &set(const std::string &name, int value) { return set(name, std::int64_t(value)); }
    /// A switch, such as "strict".
    options &set(const std::string &name, bool value) {
        return keep(mypref_options_set_bool(handle_.get(), name.c_str(), value));
    }
    /// PNAUTHINFO3 with a keyed hash. A secret that is NULL, such as an environment variable that is not set, is
    /// refused.
    options &hmac(const std::string &user_id, std::string_view secret) {
        return keep(mypref_options_set_hmac(handle_.get(), user_id.c_str(), secret.data(), secret.size()));
    }
    options &hmac(const std::string &user_id, const char *secret) {
        return hmac(user_id, secret == nullptr ? std::string_view() : std::string_view(secret));
    }
    options &hmac(const std::string &user_id, const std::string &secret) {
        return hmac(user_id, std::string_view(secret));
    }
    /// An OAuth 2.0 bearer token that the program renews.
    options &bearer(std::string_view token) {
        return keep(mypref_options_set_bearer(handle_.get(), token.data(), token.size()));
    }
    /// The whole value of the Authorization header.
    options &authorization(std::string_view value) {
        return keep(mypref_options_set_authorization(handle_.get(), value.data(), value.size()));
    }
    /// Has `tell` called with one line of JSON for each request, also from several threads at once. It must not throw,
    /// block, or call back into the library.
    options &log(std::function<void(std::string_view)> tell) {
        using function = std::function<void(std::string_view)>;
        return keep(mypref_options_set_log(
            handle_.get(), new function(std::move(tell)),
            [](void *user_data, const char *event) noexcept { (*static_cast<function *>(user_data))(event); },
            [](void *user_data) noexcept { delete static_cast<function *>(user_data); }));
    }

  private:
    friend class client;
    options &keep(mypref_error *refused) {
        if (refused != nullptr) {
            error owned(refused);
            if (!refused_) {
                refused_ = std::move(owned);
            }
        }
        return *this;
    }

    detail::handle<mypref_options, mypref_options_free> handle_;
    std::optional<error> refused_;
};

/// A client of one MyPreferences account. Its destructor closes it and cancels its calls; those that were started
/// still complete.
class client {
  public:
    static result<client> open(const options &options) {
        if (options.refused_) {
            return MYPREF_EXPECTED::unexpected<error>(*options.refused_);
        }
        mypref_client *handle = nullptr;
        mypref_error *failed = mypref_client_open(options.handle_.get(), &handle);
        return detail::made<client>(failed, handle);
    }

    /// Takes a client of the C interface over.
    explicit client(mypref_client *owned) : handle_(owned) {}

    /// Acknowledges a retrieval, and deletes the server's files unless they are to be kept; see mypref_commit, and what
    /// must be true before it is called. Blocks.
    result<receipt> commit(std::int64_t access_token, bool keep_files, const call_options &options = {}) const {
        return blocking<receipt>(options, [&](const mypref_call_options *own, mypref_receipt **receipt) {
            return mypref_commit(get(), access_token, keep_files, own, receipt);
        });
    }
    /// Asks whether a token was committed, without sending a commit. Blocks.
    result<resolution> resolve_commit(std::int64_t access_token, const call_options &options = {}) const {
        return blocking<resolution>(options, [&](const mypref_call_options *own, mypref_resolution **resolution) {
            return mypref_resolve_commit(get(), access_token, own, resolution);
        });
    }
    /// Asks the status of an export. Blocks.
    result<export_status> status(std::int64_t access_token, const call_options &options = {}) const {
        return blocking<export_status>(options, [&](const mypref_call_options *own, mypref_export_status **status) {
            return mypref_status(get(), access_token, own, status);
        });
    }

    /// As commit, but returns at once. `complete` is called exactly once, from a thread of the library, unless an error
    /// is returned here; it may start calls and destroy the client, but not throw, block for long, or make a blocking
    /// call.
    result<void> commit_start(std::int64_t access_token, bool keep_files, std::function<void(result<receipt>)> complete,
                              const call_options &options = {}) const {
        return started<receipt, mypref_receipt>(
            options, std::move(complete), [&](const mypref_call_options *own, void *user_data, auto callback) {
                return mypref_commit_start(get(), access_token, keep_files, own, user_data, callback);
            });
    }
    /// As resolve_commit, but returns at once; see commit_start.
    result<void> resolve_commit_start(std::int64_t access_token, std::function<void(result<resolution>)> complete,
                                      const call_options &options = {}) const {
        return started<resolution, mypref_resolution>(
            options, std::move(complete), [&](const mypref_call_options *own, void *user_data, auto callback) {
                return mypref_resolve_commit_start(get(), access_token, own, user_data, callback);
            });
    }
    /// As status, but returns at once; see commit_start.
    result<void> status_start(std::int64_t access_token, std::function<void(result<export_status>)> complete,
                              const call_options &options = {}) const {
        return started<export_status, mypref_export_status>(
            options, std::move(complete), [&](const mypref_call_options *own, void *user_data, auto callback) {
                return mypref_status_start(get(), access_token, own, user_data, callback);
            });
    }

    void close() const noexcept { mypref_client_close(get()); }
    bool is_closed() const noexcept { return mypref_client_is_closed(get()); }

    /// The handle of the C interface; it stays this object's.
    const mypref_client *get() const noexcept { return handle_.get(); }

  private:
    using own_options = detail::handle<mypref_call_options, mypref_call_options_free>;

    /// NULL when nothing is set, which costs nothing.
    static result<own_options> translate(const call_options &options) {
        own_options own;
        if (!options.kind && !options.timeout && options.cancel == nullptr) {
            return own;
        }
        own.reset(mypref_call_options_new());
        mypref_error *refused = nullptr;
        if (options.kind) {
            refused = mypref_call_options_set_kind(own.get(), options.kind->c_str());
        }
        if (refused == nullptr && options.timeout) {
            refused = mypref_call_options_set_timeout_ms(own.get(), options.timeout->count());
        }
        if (refused == nullptr && options.cancel != nullptr) {
            refused = mypref_call_options_set_cancel_token(own.get(), options.cancel->get());
        }
        if (refused != nullptr) {
            return detail::failure(refused);
        }
        return own;
    }

    template <class T, class F> static result<T> blocking(const call_options &options, F &&call) {
        auto own = translate(options);
        if (!own) {
            return MYPREF_EXPECTED::unexpected<error>(own.error());
        }
        std::remove_const_t<std::remove_pointer_t<decltype(std::declval<T>().get())>> *handle = nullptr;
        mypref_error *failed = call(own->get(), &handle);
        return detail::made<T>(failed, handle);
    }

    template <class T, class H, class F>
    static result<void> started(const call_options &options, std::function<void(result<T>)> complete, F &&start) {
        using function = std::function<void(result<T>)>;
        auto own = translate(options);
        if (!own) {
            return MYPREF_EXPECTED::unexpected<error>(own.error());
        }
        auto kept = std::make_unique<function>(std::move(complete));
        auto callback = [](void *user_data, mypref_error *failed, H *handle) noexcept {
            std::unique_ptr<function> complete(static_cast<function *>(user_data));
            (*complete)(detail::made<T>(failed, handle));
        };
        mypref_error *failed =
            start(own->get(), kept.get(), static_cast<void (*)(void *, mypref_error *, H *)>(callback));
        if (failed == nullptr) {
            kept.release(); // the callback's, which may be over already
        }
        return detail::done(failed);
    }

    detail::handle<mypref_client, mypref_client_free> handle_;
};

/// Reads an access token from text; see mypref_access_token_parse.
inline result<std::int64_t> parse_access_token(std::string_view text) {
    std::int64_t token = 0;
    if (mypref_error *failed = mypref_access_token_parse(std::string(text).c_str(), &token)) {
        return detail::failure(failed);
    }
    return token;
}

/// The library's version, such as "0.1.0".
inline std::string_view version() { return mypref_version(); }

/// Ends the threads of the library; see mypref_shutdown.
inline void shutdown(std::chrono::milliseconds wait) { mypref_shutdown(wait.count()); }

} // namespace MYPREF_VARIANT
} // namespace mypref

#undef MYPREF_EXPECTED
#undef MYPREF_VARIANT

#endif // MYPREFERENCES_HPP
