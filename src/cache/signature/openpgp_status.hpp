// What gpg says of the signatures of a message, by its status lines (doc/DETAILS in GnuPG). Private to `cache`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sf::cache {

struct Verdict {
    std::optional<std::string> signer;  ///< fingerprint of the primary key of the first signature that is good
    std::optional<std::string> missing; ///< id of the first key that is not there
};

[[nodiscard]] Verdict read_status(std::string_view output);

} // namespace sf::cache
