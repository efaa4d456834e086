// SPDX licence expressions. Private to this module.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sf::recipe {

/// What is wrong with the form of an SPDX expression ("MIT", "GPL-2.0-or-later WITH GCC-exception-3.1 AND (...)");
/// nullopt when it is well-formed. Identifiers are not looked up in SPDX's list.
[[nodiscard]] std::optional<std::string> license_fault(std::string_view expression);

} // namespace sf::recipe
