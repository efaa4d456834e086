// What servers answer to the question for releases. All of it is foreign bytes.
#pragma once

#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sf::releases {

/// The names of files that a listing names: the last parts of the addresses that a page of HTML links, of the keys that
/// a bucket of S3 has, or the last words of the lines of a plain text. Error verify: there are none; the message is the
/// reason alone.
[[nodiscard]] util::Result<std::vector<std::string>> parse_listing(std::string_view text);

/// The names of tags in one page of GitHub's answer (GET /repos/OWNER/REPOSITORY/tags). Error verify: it is none.
[[nodiscard]] util::Result<std::vector<std::string>> parse_tags(std::string_view json);

/// The sha256 of `file` in a published file of sums: lines of sha256sum, lines of BSD's ("SHA256 (FILE) = SUM"), or
/// nothing but the sum. Error verify: it is not there.
[[nodiscard]] util::Result<util::Digest> parse_checksum(std::string_view text, std::string_view file);

} // namespace sf::releases
