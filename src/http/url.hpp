// The few things we need to know about URLs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sf::http {

/// http:// or https://, in any case.
[[nodiscard]] bool is_http(std::string_view url);
/// The path that a file:// URL or an absolute path names; nullopt for anything else.
[[nodiscard]] std::optional<std::filesystem::path> local_path(std::string_view url);
/// `text` as one segment of a URL's path: everything but unreserved characters becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);
/// The reverse; a % that does not start two hexadecimal digits stands for itself.
[[nodiscard]] std::string percent_decode(std::string_view text);
/// "https://host:port", what connections are made to.
[[nodiscard]] std::string url_host(std::string_view url);
/// The URL for messages and records: a user name and password in it are replaced by "***".
[[nodiscard]] std::string without_password(std::string_view url);
/// What a reference in an answer means (RFC 3986, section 5): `reference` itself, or its place beside `base`. nullopt
/// when the outcome is not an http or https URL, or libcurl is not there to tell.
[[nodiscard]] std::optional<std::string> resolve_reference(const std::string& base, const std::string& reference);

} // namespace sf::http
