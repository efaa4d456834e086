// Where the next page of a registry's list is (Link headers, RFC 8288). Private to `cache`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sf::cache {

/// The reference of the first link with the relation "next" in a Link header, as it stands there; nullopt for none.
[[nodiscard]] std::optional<std::string> next_reference(std::string_view link);

} // namespace sf::cache
