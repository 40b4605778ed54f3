// mypref::result has the surface of std::expected: the same program for the type of our own (C++17, C++20) and for
// std::expected (C++23), with and without exceptions.
#include "testing.h"

#include <mypreferences.hpp>

#include <string>
#include <type_traits>
#include <utility>

#if defined(__cpp_lib_expected)
namespace expected = std;
#else
namespace expected = mypref::backport;
#endif

namespace {

using text = mypref::result<std::string>;

mypref::error some_error() {
    mypref_options *options = mypref_options_new();
    mypref_error *error = mypref_options_set(options, "no_such_setting", "1");
    mypref_options_free(&options);
    return mypref::error(error);
}

text failed() { return expected::unexpected<mypref::error>(some_error()); }

void holds_a_value_or_an_error() {
    text good("value");
    const text bad = failed();
    CHECK(good.has_value() && good && *good == "value" && good->size() == 5 && good.value() == "value");
    CHECK(!bad.has_value() && !bad && bad.error().kind() == MYPREF_KIND_INVALID_ARGUMENT);
    CHECK(bad.value_or("other") == "other" && good.value_or("other") == "value");
    CHECK(text(std::in_place, 3, 'x').value() == "xxx");
    CHECK(text(expected::unexpect, some_error()).error().kind() == MYPREF_KIND_INVALID_ARGUMENT);
    text copy(good);
    copy = bad;
    CHECK(!copy);
    copy = "again";
    CHECK(copy && *copy == "again");
    swap(good, copy);
    CHECK(*good == "again" && *copy == "value");
    CHECK(good.emplace(std::string("new")) == "new");
    CHECK(std::move(good).value() == "new");
    const mypref::result<void> nothing;
    CHECK(nothing && nothing.has_value());
    nothing.value();
    *nothing;
}

void move_only_values_are_moved_out() {
    mypref::result<mypref::options> options;
    CHECK(options);
    mypref::options taken = std::move(options).value();
    taken.set("require_certain", true);
    static_assert(!std::is_copy_constructible_v<mypref::client> &&
                  std::is_nothrow_move_constructible_v<mypref::client>);
    static_assert(!std::is_copy_constructible_v<mypref::receipt> && std::is_move_assignable_v<mypref::receipt>);
    static_assert(!std::is_copy_constructible_v<mypref::cancel_token> &&
                  !std::is_copy_constructible_v<mypref::options>);
    static_assert(!std::is_copy_constructible_v<mypref::resolution>);
    static_assert(!std::is_copy_constructible_v<mypref::export_status>);
    static_assert(std::is_same_v<text::value_type, std::string> && std::is_same_v<text::error_type, mypref::error>);
}

#if !defined(__cpp_lib_expected) || __cpp_lib_expected >= 202211L
void goes_on() {
    auto length = [](const std::string &value) { return value.size(); };
    auto half = [](std::size_t number) -> mypref::result<std::size_t> {
        if (number % 2 == 1) {
            return expected::unexpected<mypref::error>(some_error());
        }
        return number / 2;
    };
    text four("four");
    text odd("odd");
    CHECK(four.transform(length).and_then(half).value() == 2);
    CHECK(!odd.transform(length).and_then(half));
    CHECK(!failed().transform(length));
    CHECK(failed().or_else([](const mypref::error &error) { return text(error.kind_name()); }).value() ==
          "invalid_argument");
    CHECK(text("kept").or_else([](const mypref::error &) { return text("other"); }).value() == "kept");
    CHECK(failed().transform_error([](const mypref::error &error) { return error.kind(); }).error() ==
          MYPREF_KIND_INVALID_ARGUMENT);
    int called = 0;
    mypref::result<void> nothing;
    CHECK(nothing.transform([&] { ++called; }).has_value() && called == 1);
    CHECK(nothing.and_then([]() -> mypref::result<int> { return 7; }).value() == 7);
}
#endif

#if defined(__cpp_exceptions)
void value_throws_when_there_is_none() {
    bool thrown = false;
    try {
        failed().value();
    } catch (const expected::bad_expected_access<mypref::error> &bad) {
        thrown = bad.error().kind() == MYPREF_KIND_INVALID_ARGUMENT && bad.what() != nullptr;
    }
    CHECK(thrown);
    thrown = false;
    try {
        const text bad = failed();
        bad.value();
    } catch (const std::exception &) {
        thrown = true;
    }
    CHECK(thrown);
}
#endif

} // namespace

int main() {
    holds_a_value_or_an_error();
    move_only_values_are_moved_out();
#if !defined(__cpp_lib_expected) || __cpp_lib_expected >= 202211L
    goes_on();
#endif
#if defined(__cpp_exceptions)
    value_throws_when_there_is_none();
#endif
    return passed("results");
}
