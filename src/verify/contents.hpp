// Looking for paths of the build inside files. Private to `verify`.
#pragma once

#include "verify/verify.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::verify {

/// The paths of the build that the bytes mention, for people: the first one and how many more. nullopt for none.
[[nodiscard]] std::optional<std::string> mentioned_paths(std::string_view bytes, const VerifyOptions& options);

/// The texts among `forbidden` that the bytes have, for people; nullopt for none. One that starts with '/' counts only
/// where a path starts.
[[nodiscard]] std::optional<std::string> forbidden_texts(std::string_view bytes,
                                                         const std::vector<std::string>& forbidden);

} // namespace sf::verify
