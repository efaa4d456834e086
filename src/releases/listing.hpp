// What servers answer to the question for releases. All of it is foreign bytes.
#pragma once

#include "util/error.hpp"
#include "util/sha256.hpp"

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

/// The upstream version of a Debian source package's version as recipes write it: "1:1.3.dfsg+really1.3.1-1" is
/// "1.3.1", "2.1.12-stable-10" is "2.1.12". Empty where it is a pre-release, or not told by known endings.
[[nodiscard]] std::string release_of_debian(std::string_view version);

/// Whether `newer` is the same Debian revision but for a higher number at its end, "-4+deb13u2" after "-4+deb13u1", or
/// its first update in a stable release, "-4+deb13u1" after "-4".
[[nodiscard]] bool follows_revision(std::string_view newer, std::string_view older);

} // namespace sf::releases
