// How a registry wants to be logged in to, and with what. Private to `cache`.
//
// Challenges: RFC 7235; Bearer tokens: https://distribution.github.io/distribution/spec/auth/token/, for an identity
// token
// .../auth/oauth/. Credentials: the `auths` of docker's config.json, which podman and skopeo write too
// (containers-auth.json(5)), and the credential helpers that it names
// (https://github.com/docker/docker-credential-helpers).
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

/// One of the two, or both. Never shown.
struct Credential {
    std::string base64;         ///< "user:password", as config.json has it and Basic authentication wants it
    std::string identity_token; ///< what a token server gives a token for; it counts before the password
};

/// What the files have for a registry ("host" or "host:port"): the answer of the helper named for it or for all, else
/// the entry in `auths`; files that are not there are passed over. Errors: recipe for a file that is no JSON, a helper
/// that is not there or does not answer as helpers do; nothing secret is in the message.
[[nodiscard]] util::Result<std::optional<Credential>> find_credential(const std::vector<std::filesystem::path>& files,
                                                                      const std::string& registry);

/// What asks a token server for a token, by an identity token: a form (OAuth 2.0, RFC 6749, section 6).
[[nodiscard]] std::string token_request(const std::string& identity_token, const std::string& service,
                                        const std::string& scope);

/// The token in a token server's answer; nullopt when there is none that could stand in a header.
[[nodiscard]] std::optional<std::string> parse_token(std::string_view body);

} // namespace sf::cache
