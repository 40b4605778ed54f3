// MyPreferences bulk export and its Commit for C++17 and later. A header over mypreferences.h; link
// with the same library. Licensed under MIT or Apache-2.0, at your choice.
//
// Nothing throws, unless value() of a result is called on an error; compiles with -fno-exceptions. Handles are
// move-only, close in their destructor, and may be used from several threads at once unless they say otherwise.
// Functions and their errors are described in mypreferences.h, under the C names.
#ifndef MYPREFERENCES_HPP
#define MYPREFERENCES_HPP

#include "mypreferences_export.hpp"

#include <functional>
#include <type_traits>

namespace mypref {
inline namespace MYPREF_VARIANT {

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
    /// A switch, such as "require_certain".
    options &set(const std::string &name, bool value) {
        return keep(mypref_options_set_bool(handle_.get(), name.c_str(), value));
    }
    /// PNAUTHINFO3 with a keyed hash. A secret that is NULL, such as an environment variable that is not set, is
    /// refused.
    options &hmac(const std::string &user_id, std::string_view secret) {
        return keep(mypref_options_set_hmac(handle_.get(), user_id.c_str(), secret.data(), secret.size()));
    }
    options &hmac(const std::string &user_id, const char *secret) { return hmac(user_id, or_null(secret)); }
    options &hmac(const std::string &user_id, const std::string &secret) {
        return hmac(user_id, std::string_view(secret));
    }
    /// An OAuth 2.0 bearer token that the program renews.
    options &bearer(std::string_view token) {
        return keep(mypref_options_set_bearer(handle_.get(), token.data(), token.size()));
    }
    options &bearer(const char *token) { return bearer(or_null(token)); }
    options &bearer(const std::string &token) { return bearer(std::string_view(token)); }
    /// The whole value of the Authorization header.
    options &authorization(std::string_view value) {
        return keep(mypref_options_set_authorization(handle_.get(), value.data(), value.size()));
    }
    options &authorization(const char *value) { return authorization(or_null(value)); }
    options &authorization(const std::string &value) { return authorization(std::string_view(value)); }
    /// Has `tell` called with one line of JSON for each request, also from several threads at once. It must not throw,
    /// block, or call back into the library. An empty function ends it.
    options &log(std::function<void(std::string_view)> tell) {
        using function = std::function<void(std::string_view)>;
        if (!tell) {
            return keep(mypref_options_set_log(handle_.get(), nullptr, nullptr, nullptr));
        }
        return keep(mypref_options_set_log(
            handle_.get(), new function(std::move(tell)),
            [](void *user_data, const char *event) noexcept { (*static_cast<function *>(user_data))(event); },
            [](void *user_data) noexcept { delete static_cast<function *>(user_data); }));
    }

  private:
    friend class client;
    /// A view whose data is NULL, which the library refuses in words.
    static std::string_view or_null(const char *text) noexcept {
        return text == nullptr ? std::string_view() : std::string_view(text);
    }
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

    /// Starts an export; see mypref_initiate. Blocks.
    result<export_handle> initiate(const order &order, const call_options &options = {}) const {
        auto what = detail::translate(order);
        if (!what) {
            return MYPREF_EXPECTED::unexpected<error>(what.error());
        }
        return blocking<export_handle>(options, [&](const mypref_call_options *own, mypref_export_handle **handle) {
            return mypref_initiate(get(), what->get(), own, handle);
        });
    }
    /// Waits until an export is ready, at most for the options' timeout, or 24 hours. Blocks.
    result<export_status> wait(const export_handle &handle, const call_options &options = {}) const {
        return blocking<export_status>(options, [&](const mypref_call_options *own, mypref_export_status **status) {
            return mypref_wait(get(), handle.get(), own, status);
        });
    }
    /// The pages of an export that is ready: a range whose values are result<page>. Reads nothing yet; what is wrong
    /// with the options is the first value.
    mypref::pages pages(const export_handle &handle, const pages_options &options = {}) const {
        mypref_pages *opened = nullptr;
        detail::own_range range(mypref_range_new());
        mypref_error *failed = detail::translate(options, range);
        if (failed == nullptr) {
            failed = mypref_pages_open_range(get(), handle.get(), range.get(), &opened);
        }
        return mypref::pages(failed, opened, options.cancel);
    }
    /// Lands an export in a folder and commits it; whatever stopped an earlier call, the same call continues it. This
    /// is mypref_export, as export is a word of C++. Blocks.
    result<landed> export_to(const order &order, const std::string &out, const landing_options &options) const {
        auto what = detail::translate(order);
        auto how = detail::translate(options, options.on_progress);
        if (!what || !how) {
            return MYPREF_EXPECTED::unexpected<error>(what ? how.error() : what.error());
        }
        return called<landed>([&](mypref_landed **landed) {
            return mypref_export(get(), what->get(), out.c_str(), how->get(), token(options.cancel), landed);
        });
    }
    /// Lands an export that was initiated before, and does not commit it; see mypref_land. Blocks.
    result<landed> land(const export_handle &handle, const std::string &out,
                        const landing_options &options = {}) const {
        auto how = detail::translate(options, options.on_progress);
        if (!how) {
            return MYPREF_EXPECTED::unexpected<error>(how.error());
        }
        return called<landed>([&](mypref_landed **landed) {
            return mypref_land(get(), handle.get(), out.c_str(), how->get(), token(options.cancel), landed);
        });
    }
    /// Commits what was landed, on the proof of its seal: the order that cannot lose data. Blocks.
    result<batch_receipt> commit_landed(const sealed &sealed, bool keep_files,
                                        const cancel_token *cancel = nullptr) const {
        return called<batch_receipt>([&](mypref_batch_receipt **receipt) {
            return mypref_commit_landed(get(), sealed.get(), keep_files, token(cancel), receipt);
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

    /// Commits an export that was loaded elsewhere, on the proof of what its destination holds; see
    /// mypref_commit_loaded. Blocks.
    result<batch_receipt> commit_loaded(const export_handle &handle, const loaded &loaded,
                                        const cancel_token *cancel = nullptr) const {
        auto what = detail::translate(loaded);
        if (!what) {
            return MYPREF_EXPECTED::unexpected<error>(what.error());
        }
        return called<batch_receipt>([&](mypref_batch_receipt **receipt) {
            return mypref_commit_loaded(get(), handle.get(), what->get(), token(cancel), receipt);
        });
    }
    /// What lies on both sides of these places; see mypref_boundaries. Blocks.
    result<std::vector<boundary>> boundaries(const export_handle &handle, const std::vector<std::int64_t> &places,
                                             const cancel_token *cancel = nullptr) const {
        mypref_boundary_list *list = nullptr;
        if (mypref_error *failed =
                mypref_boundaries(get(), handle.get(), places.data(), places.size(), token(cancel), &list)) {
            return detail::failure(failed);
        }
        return detail::boundaries(list);
    }
    /// The handle as a text that shows nothing; see mypref_wrap.
    result<std::string> wrap(const export_handle &handle) const {
        mypref_wrapped *made = nullptr;
        if (mypref_error *failed = mypref_wrap(get(), handle.get(), &made)) {
            return detail::failure(failed);
        }
        detail::handle<mypref_wrapped, mypref_wrapped_free> wrapped(made);
        return std::string(mypref_wrapped_text(wrapped.get()));
    }
    /// What wrap gave, here or in another process.
    result<export_handle> unwrap(const std::string &wrapped) const {
        return called<export_handle>(
            [&](mypref_export_handle **handle) { return mypref_unwrap(get(), wrapped.c_str(), handle); });
    }
    /// As initiate, but returns at once; see commit_start.
    result<void> initiate_start(const order &order, std::function<void(result<export_handle>)> complete,
                                const call_options &options = {}) const {
        auto what = detail::translate(order);
        if (!what) {
            return MYPREF_EXPECTED::unexpected<error>(what.error());
        }
        return started<export_handle, mypref_export_handle>(
            options, std::move(complete), [&](const mypref_call_options *own, void *user_data, auto callback) {
                return mypref_initiate_start(get(), what->get(), own, user_data, callback);
            });
    }
    /// As wait, but returns at once; see commit_start.
    result<void> wait_start(const export_handle &handle, std::function<void(result<export_status>)> complete,
                            const call_options &options = {}) const {
        return started<export_status, mypref_export_status>(
            options, std::move(complete), [&](const mypref_call_options *own, void *user_data, auto callback) {
                return mypref_wait_start(get(), handle.get(), own, user_data, callback);
            });
    }
    /// As export_to, but returns at once; see commit_start.
    result<void> export_to_start(const order &order, const std::string &out,
                                 std::function<void(result<landed>)> complete, const landing_options &options) const {
        auto what = detail::translate(order);
        if (!what) {
            return MYPREF_EXPECTED::unexpected<error>(what.error());
        }
        return landing_started(options, std::move(complete), [&](const mypref_landing_options *how, auto... rest) {
            return mypref_export_start(get(), what->get(), out.c_str(), how, rest...);
        });
    }
    /// As land, but returns at once; see commit_start.
    result<void> land_start(const export_handle &handle, const std::string &out,
                            std::function<void(result<landed>)> complete, const landing_options &options = {}) const {
        return landing_started(options, std::move(complete), [&](const mypref_landing_options *how, auto... rest) {
            return mypref_land_start(get(), handle.get(), out.c_str(), how, rest...);
        });
    }
    /// As commit_loaded, but returns at once; see commit_start.
    result<void> commit_loaded_start(const export_handle &handle, const loaded &loaded,
                                     std::function<void(result<batch_receipt>)> complete,
                                     const cancel_token *cancel = nullptr) const {
        using function = std::function<void(result<batch_receipt>)>;
        auto what = detail::translate(loaded);
        if (!what) {
            return MYPREF_EXPECTED::unexpected<error>(what.error());
        }
        return completed<batch_receipt, mypref_batch_receipt, function>(
            std::make_unique<function>(std::move(complete)), [&](void *user_data, auto callback) {
                return mypref_commit_loaded_start(get(), handle.get(), what->get(), token(cancel), user_data, callback);
            });
    }
    /// As commit_landed, but returns at once; see commit_start.
    result<void> commit_landed_start(const sealed &sealed, bool keep_files,
                                     std::function<void(result<batch_receipt>)> complete,
                                     const cancel_token *cancel = nullptr) const {
        using function = std::function<void(result<batch_receipt>)>;
        return completed<batch_receipt, mypref_batch_receipt, function>(
            std::make_unique<function>(std::move(complete)), [&](void *user_data, auto callback) {
                return mypref_commit_landed_start(get(), sealed.get(), keep_files, token(cancel), user_data, callback);
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
        return called<T>([&](auto **handle) { return call(own->get(), handle); });
    }

    template <class T, class F> static result<T> called(F &&call) {
        std::remove_const_t<std::remove_pointer_t<decltype(std::declval<T>().get())>> *handle = nullptr;
        mypref_error *failed = call(&handle);
        return detail::made<T>(failed, handle);
    }

    static const mypref_cancel_token *token(const cancel_token *cancel) {
        return cancel == nullptr ? nullptr : cancel->get();
    }

    template <class T, class H, class F>
    static result<void> started(const call_options &options, std::function<void(result<T>)> complete, F &&start) {
        using function = std::function<void(result<T>)>;
        auto own = translate(options);
        if (!own) {
            return MYPREF_EXPECTED::unexpected<error>(own.error());
        }
        return completed<T, H, function>(
            std::make_unique<function>(std::move(complete)),
            [&](void *user_data, auto callback) { return start(own->get(), user_data, callback); });
    }

    /// Starts a call whose completion owns `kept`, calls it and destroys it.
    template <class T, class H, class K, class F> static result<void> completed(std::unique_ptr<K> kept, F &&start) {
        auto callback = [](void *user_data, mypref_error *failed, H *handle) noexcept {
            std::unique_ptr<K> complete(static_cast<K *>(user_data));
            (*complete)(detail::made<T>(failed, handle));
        };
        // An empty function is no callback, which the library refuses in words.
        auto *called = *kept ? static_cast<void (*)(void *, mypref_error *, H *)>(callback) : nullptr;
        mypref_error *failed = start(kept.get(), called);
        if (failed == nullptr) {
            kept.release(); // the callback's, which may be over already
        }
        return detail::done(failed);
    }

    /// What a landing that was started calls: its completion, and on its way there who is told.
    struct landing_call {
        std::function<void(result<landed>)> complete;
        std::function<void(const progress &)> on_progress;

        explicit operator bool() const { return static_cast<bool>(complete); }
        void operator()(result<landed> landed) const { complete(std::move(landed)); }
    };

    template <class F>
    static result<void> landing_started(const landing_options &options, std::function<void(result<landed>)> complete,
                                        F &&start) {
        auto kept = std::make_unique<landing_call>(landing_call{std::move(complete), options.on_progress});
        auto how = detail::translate(options, kept->on_progress);
        if (!how) {
            return MYPREF_EXPECTED::unexpected<error>(how.error());
        }
        return completed<landed, mypref_landed>(std::move(kept), [&](void *user_data, auto callback) {
            return start(how->get(), token(options.cancel), user_data, callback);
        });
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

#endif // MYPREFERENCES_HPP
