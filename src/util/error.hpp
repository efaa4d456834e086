// Errors as values.
//
// Leaves return Result<T>; orchestration adds context with Error::with_context() and passes the
// error on; only `cli` renders it and turns its code into the process exit status.
#pragma once

#include "util/reason.hpp"

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace sf::util {

/// What went wrong. The numeric value is the exit status of the process (docs/exit-codes.md);
/// values are frozen, add at the end.
enum class ErrorCode : int {
    failure = 1,       ///< anything without a code of its own
    usage = 2,         ///< command line or request: unknown option, version, variant
    recipe = 3,        ///< a recipe, image recipe or configuration file is malformed
    source = 4,        ///< a source cannot be had, or its checksum does not match
    build = 5,         ///< a package's own build failed
    sandbox = 6,       ///< the build environment cannot be made or run on this host
    no_space = 7,      ///< a file system is, or would become, full
    permission = 8,    ///< the operating system refused access
    verify = 9,        ///< an audit found a violation
    conflict = 10,     ///< two packages own the same file, or a request cannot be satisfied
    deploy = 11,       ///< a host could not be reached or served; others may have been
    interrupted = 130, ///< SIGINT or SIGTERM; never swallowed by a retry
};

/// One error: what happened, where, and how to mend it.
struct Error {
    ErrorCode code = ErrorCode::failure;
    std::string message;              ///< one sentence, no trailing newline; may have indented detail lines
    std::string hint;                 ///< what to do about it; may be empty
    std::vector<std::string> context; ///< innermost first: "while ..." phrases
    Reason reason = Reason::none;
    std::string about = {}; ///< a version or target, for the reasons that say so

    /// Adds what the caller was doing; returns the error for `return tl::unexpected(...)`.
    [[nodiscard]] Error with_context(std::string doing) &&
    {
        context.push_back(std::move(doing));
        return std::move(*this);
    }
};

template <typename T> using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// Makes the unexpected value of any Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {})
{
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint), {}});
}

/// An error with a reason; `app` makes its hint.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message, Reason reason,
                                                std::string about = {})
{
    return tl::unexpected<Error>(Error{code, std::move(message), {}, {}, reason, std::move(about)});
}

/// fail() with the text of an errno value; ENOSPC/EDQUOT and EACCES/EPERM choose their own codes.
[[nodiscard]] tl::unexpected<Error> fail_errno(int error_number, std::string doing);

/// Passes an error on, with context.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error, std::string doing)
{
    return tl::unexpected<Error>(std::move(error).with_context(std::move(doing)));
}

/// "message\n  while ...\nhint: ..." for people; no trailing newline.
[[nodiscard]] std::string to_string(const Error& error);

} // namespace sf::util

#define SF_CONCAT_INNER(a, b) a##b
#define SF_CONCAT(a, b) SF_CONCAT_INNER(a, b)

/// SF_TRY(auto x, f()); declares x with f()'s value, or returns f()'s error from this function.
#define SF_TRY(declaration, ...) SF_TRY_IMPL(SF_CONCAT(sf_try_, __LINE__), declaration, __VA_ARGS__)
#define SF_TRY_IMPL(temporary, declaration, ...)                                                                       \
    auto temporary = (__VA_ARGS__);                                                                                    \
    if (!temporary)                                                                                                    \
        return tl::unexpected<::sf::util::Error>(std::move(temporary).error());                                        \
    declaration = std::move(*temporary)

/// SF_CHECK(f()); returns f()'s error from this function, if there is one; drops its value.
#define SF_CHECK(...)                                                                                                  \
    do {                                                                                                               \
        if (auto sf_check = (__VA_ARGS__); !sf_check)                                                                  \
            return tl::unexpected<::sf::util::Error>(std::move(sf_check).error());                                     \
    } while (false)
