// Advisories in the OSV format: https://ossf.github.io/osv-schema/
#pragma once

#include "advisory/advisory.hpp"
#include "util/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sf::advisory {

/// The advisory in a text, or the list of them. Left out: withdrawn ones, and packages of ecosystems that name other
/// things than our recipes do, such as "openssl" of crates.io. Error (code recipe): it is none; the message names
/// `origin`.
[[nodiscard]] util::Result<std::vector<Advisory>> read_osv(std::string_view text, const std::string& origin);

} // namespace sf::advisory
