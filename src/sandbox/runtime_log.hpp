// What an OCI runtime says in its log. Private to this module.
#pragma once

#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sf::sandbox {

/// The messages of level error in a log of JSON lines, oldest first; a line that is no JSON counts as one.
[[nodiscard]] std::vector<std::string> runtime_errors(std::string_view log);

/// The error for a job that its runtime could not start: says so plainly when it is the program that is missing.
[[nodiscard]] util::Error start_failure(const Job& job, const std::string& runtime,
                                        const std::vector<std::string>& errors);

} // namespace sf::sandbox
