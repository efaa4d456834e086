// What is wrong with a text, and where in it.
#pragma once

#include "util/error.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace sf::spec {

/// A fault at a byte of the text that was parsed; callers that know where the text came from add that.
struct Fault {
    std::size_t offset = 0; ///< from 0
    std::string what;
    std::string hint;

    /// The error (code usage) for a text of the user's: `KIND "TEXT", column N: what`, columns from 1.
    [[nodiscard]] tl::unexpected<util::Error> to_error(std::string_view kind, std::string_view text) const
    {
        return util::fail(util::ErrorCode::usage, fmt::format("{} \"{}\", column {}: {}", kind, text, offset + 1, what),
                          hint);
    }
};

/// A value, or the fault of the text.
template <typename T> using Parsed = tl::expected<T, Fault>;

} // namespace sf::spec
