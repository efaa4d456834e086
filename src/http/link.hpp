// Where the next page of a list is: Link headers (RFC 8288).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sf::http {

/// The reference of the first link with the relation "next" in a Link header, as it stands there; nullopt for none.
[[nodiscard]] std::optional<std::string> next_reference(std::string_view link);

} // namespace sf::http
