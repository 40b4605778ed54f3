// mypreferences::result<T> for compilers whose library has no std::expected yet: the same surface, for C++17, with and
// without exceptions. Included by mypreferences.hpp; not for direct use. Licensed under MIT or Apache-2.0.
#ifndef MYPREFERENCES_EXPECTED_HPP
#define MYPREFERENCES_EXPECTED_HPP

#include <cstdlib>
#include <exception>
#include <functional>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <variant>

namespace mypref {
namespace backport {

/// Stands for "the error, not the value" in constructors, as std::unexpect does.
struct unexpect_t {
    explicit unexpect_t() = default;
};
inline constexpr unexpect_t unexpect{};

/// An error on its way into an expected, as std::unexpected is.
template <class E> class unexpected {
  public:
    template <class G = E, class = std::enable_if_t<!std::is_same_v<std::decay_t<G>, unexpected>>>
    constexpr explicit unexpected(G &&error) : error_(std::forward<G>(error)) {}

    constexpr const E &error() const &noexcept { return error_; }
    constexpr E &error() &noexcept { return error_; }
    constexpr E &&error() &&noexcept { return std::move(error_); }

  private:
    E error_;
};
template <class E> unexpected(E) -> unexpected<E>;

template <class E> class bad_expected_access;

/// What every bad_expected_access is.
template <> class bad_expected_access<void> : public std::exception {
  public:
    const char *what() const noexcept override { return "bad access to mypref::result: it holds an error"; }
};

/// Thrown by value() when there is an error.
template <class E> class bad_expected_access : public bad_expected_access<void> {
  public:
    explicit bad_expected_access(E error) : error_(std::move(error)) {}
    const E &error() const &noexcept { return error_; }
    E &error() &noexcept { return error_; }
    E &&error() &&noexcept { return std::move(error_); }

  private:
    E error_;
};

/// Without exceptions there is no way on from a value() that is not there.
template <class E> [[noreturn]] void refuse(E &&error) {
#if defined(__cpp_exceptions)
    throw bad_expected_access<std::decay_t<E>>(std::forward<E>(error));
#else
    static_cast<void>(error);
    std::abort();
#endif
}

template <class T, class E> class expected;
template <class T> struct is_expected : std::false_type {};
template <class T, class E> struct is_expected<expected<T, E>> : std::true_type {};

/// Stands for void inside.
struct nothing {};

/// A value or an error. Names and meaning are those of std::expected; see there.
template <class T, class E> class expected {
    using stored = std::conditional_t<std::is_void_v<T>, nothing, T>;
    using reference = std::add_lvalue_reference_t<stored>;

  public:
    using value_type = T;
    using error_type = E;
    using unexpected_type = unexpected<E>;
    template <class U> using rebind = expected<U, E>;

    template <class S = stored, class = std::enable_if_t<std::is_default_constructible_v<S>>>
    constexpr expected() : content_(std::in_place_index<0>) {}

    template <class U = stored, class = std::enable_if_t<!std::is_void_v<T> && std::is_constructible_v<stored, U> &&
                                                         !std::is_same_v<std::decay_t<U>, expected> &&
                                                         !std::is_same_v<std::decay_t<U>, std::in_place_t> &&
                                                         !std::is_same_v<std::decay_t<U>, unexpected<E>>>>
    constexpr expected(U &&value) : content_(std::in_place_index<0>, std::forward<U>(value)) {}

    template <class G, class = std::enable_if_t<std::is_constructible_v<E, const G &>>>
    constexpr expected(const unexpected<G> &error) : content_(std::in_place_index<1>, error.error()) {}
    template <class G, class = std::enable_if_t<std::is_constructible_v<E, G>>>
    constexpr expected(unexpected<G> &&error) : content_(std::in_place_index<1>, std::move(error).error()) {}

    template <class... A>
    constexpr explicit expected(std::in_place_t, A &&...arguments)
        : content_(std::in_place_index<0>, std::forward<A>(arguments)...) {}
    template <class... A>
    constexpr explicit expected(unexpect_t, A &&...arguments)
        : content_(std::in_place_index<1>, std::forward<A>(arguments)...) {}

    constexpr bool has_value() const noexcept { return content_.index() == 0; }
    constexpr explicit operator bool() const noexcept { return has_value(); }

    // Access without a check, as in std::expected: undefined when it is not there.
    constexpr const stored *operator->() const noexcept { return std::get_if<0>(&content_); }
    constexpr stored *operator->() noexcept { return std::get_if<0>(&content_); }
    template <class S = T> constexpr std::enable_if_t<!std::is_void_v<S>, const stored &> operator*() const &noexcept {
        return *std::get_if<0>(&content_);
    }
    template <class S = T> constexpr std::enable_if_t<!std::is_void_v<S>, stored &> operator*() &noexcept {
        return *std::get_if<0>(&content_);
    }
    template <class S = T> constexpr std::enable_if_t<!std::is_void_v<S>, stored &&> operator*() &&noexcept {
        return std::move(*std::get_if<0>(&content_));
    }
    template <class S = T> constexpr std::enable_if_t<std::is_void_v<S>> operator*() const noexcept {}
    constexpr const E &error() const &noexcept { return *std::get_if<1>(&content_); }
    constexpr E &error() &noexcept { return *std::get_if<1>(&content_); }
    constexpr E &&error() &&noexcept { return std::move(*std::get_if<1>(&content_)); }

    template <class S = T> constexpr std::enable_if_t<!std::is_void_v<S>, const stored &> value() const & {
        check();
        return **this;
    }
    template <class S = T> constexpr std::enable_if_t<!std::is_void_v<S>, reference> value() & {
        check();
        return **this;
    }
    template <class S = T> constexpr std::enable_if_t<!std::is_void_v<S>, stored &&> value() && {
        if (!has_value()) {
            refuse(std::move(error()));
        }
        return std::move(**this);
    }
    template <class S = T> constexpr std::enable_if_t<std::is_void_v<S>> value() const & { check(); }
    template <class S = T> constexpr std::enable_if_t<std::is_void_v<S>> value() && {
        if (!has_value()) {
            refuse(std::move(error()));
        }
    }

    template <class U> constexpr stored value_or(U &&other) const & {
        return has_value() ? **this : static_cast<stored>(std::forward<U>(other));
    }
    template <class U> constexpr stored value_or(U &&other) && {
        return has_value() ? std::move(**this) : static_cast<stored>(std::forward<U>(other));
    }
    template <class G> constexpr E error_or(G &&other) && {
        return has_value() ? static_cast<E>(std::forward<G>(other)) : std::move(error());
    }

    template <class... A, class = std::enable_if_t<std::is_nothrow_constructible_v<stored, A...>>>
    constexpr stored &emplace(A &&...arguments) noexcept {
        return content_.template emplace<0>(std::forward<A>(arguments)...);
    }
    void swap(expected &other) { content_.swap(other.content_); }
    friend void swap(expected &left, expected &right) { left.swap(right); }

    // The four ways to go on; a moved-from expected gives its content away.
    template <class F> constexpr auto and_then(F &&next) & { return and_then_of(*this, std::forward<F>(next)); }
    template <class F> constexpr auto and_then(F &&next) && {
        return and_then_of(std::move(*this), std::forward<F>(next));
    }
    template <class F> constexpr auto transform(F &&next) & { return transform_of(*this, std::forward<F>(next)); }
    template <class F> constexpr auto transform(F &&next) && {
        return transform_of(std::move(*this), std::forward<F>(next));
    }
    template <class F> constexpr auto or_else(F &&next) && {
        using R = std::decay_t<std::invoke_result_t<F, E &&>>;
        static_assert(is_expected<R>::value, "or_else takes a function that returns an expected");
        if (!has_value()) {
            return std::invoke(std::forward<F>(next), std::move(error()));
        }
        if constexpr (std::is_void_v<T>) {
            return R();
        } else {
            return R(std::in_place, std::move(**this));
        }
    }
    template <class F> constexpr auto transform_error(F &&next) && {
        using R = expected<T, std::decay_t<std::invoke_result_t<F, E &&>>>;
        if (!has_value()) {
            return R(unexpect, std::invoke(std::forward<F>(next), std::move(error())));
        }
        if constexpr (std::is_void_v<T>) {
            return R();
        } else {
            return R(std::in_place, std::move(**this));
        }
    }

  private:
    constexpr void check() const {
        if (!has_value()) {
            refuse(error());
        }
    }

    template <class S, class F> static constexpr auto call(S &&self, F &&next) -> decltype(auto) {
        if constexpr (std::is_void_v<T>) {
            static_cast<void>(self);
            return std::invoke(std::forward<F>(next));
        } else {
            return std::invoke(std::forward<F>(next), *std::forward<S>(self));
        }
    }
    template <class S, class F> static constexpr auto and_then_of(S &&self, F &&next) {
        using R = std::decay_t<decltype(call(std::forward<S>(self), std::forward<F>(next)))>;
        static_assert(is_expected<R>::value, "and_then takes a function that returns an expected");
        if (self.has_value()) {
            return call(std::forward<S>(self), std::forward<F>(next));
        }
        return R(unexpect, std::forward<S>(self).error());
    }
    template <class S, class F> static constexpr auto transform_of(S &&self, F &&next) {
        using U = std::decay_t<decltype(call(std::forward<S>(self), std::forward<F>(next)))>;
        using R = expected<U, E>;
        if (!self.has_value()) {
            return R(unexpect, std::forward<S>(self).error());
        }
        if constexpr (std::is_void_v<U>) {
            call(std::forward<S>(self), std::forward<F>(next));
            return R();
        } else {
            return R(std::in_place, call(std::forward<S>(self), std::forward<F>(next)));
        }
    }

    std::variant<stored, E> content_;
};

} // namespace backport
} // namespace mypref

#endif // MYPREFERENCES_EXPECTED_HPP
