// Finds in a log why a build failed.
#pragma once

#include "util/reason.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sf::engine {

struct Diagnosis {
    std::string cause;     ///< "the header zlib.h is missing"; empty: not a kind that is known
    std::string hint;      ///< what to do about it
    std::size_t line = 0;  ///< of the log, from 1: where it shows
    std::string excerpt;   ///< that line and its neighbours
    bool no_space = false; ///< a disk was full: no fault of the package's
    util::Reason reason = util::Reason::none;
};

/// The cause of a failure that the log shows: lack of memory or space wherever it stands, else the first line that is
/// of a known kind, else the first that looks like an error. nullopt: no line does.
[[nodiscard]] std::optional<Diagnosis> diagnose(std::string_view log);

} // namespace sf::engine
