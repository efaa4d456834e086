// How a registry wants to be logged in to, and with what. Private to `cache`.
//
// Challenges: RFC 7235; Bearer tokens: https://distribution.github.io/distribution/spec/auth/token/. Credentials: the
// `auths` of docker's config.json, which podman and skopeo write too (containers-auth.json(5)); credential helpers and
// identity tokens are not supported.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::cache {

/// One WWW-Authenticate header.
struct Challenge {
    std::string scheme;                            ///< in lower case: "bearer"
    std::map<std::string, std::string> parameters; ///< names in lower case
};
/// nullopt for what is none.
[[nodiscard]] std::optional<Challenge> parse_challenge(std::string_view header);

/// "user:password" in base64, as config.json has it and Basic authentication wants it. Never shown.
struct Credential {
    std::string base64;
};

/// What the files have for a registry ("host" or "host:port"); files that are not there are passed over. Error recipe:
/// a file that is no JSON; nothing of its contents is in the message.
[[nodiscard]] util::Result<std::optional<Credential>> find_credential(const std::vector<std::filesystem::path>& files,
                                                                      const std::string& registry);

/// The token in a token server's answer; nullopt when there is none that could stand in a header.
[[nodiscard]] std::optional<std::string> parse_token(std::string_view body);

} // namespace sf::cache
