// What apt prints about source packages.
#pragma once

#include "util/files/sha256.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::source {

/// One file of a source package.
struct AptRecordFile {
    std::string name;
    std::string sha256; ///< hexadecimal digits as printed
    std::uint64_t size = 0;
};

/// One source package at one Debian version.
struct AptRecord {
    std::string package;
    std::string version;
    std::vector<AptRecordFile> files;
};

/// Parses the stanzas `apt-cache showsrc` prints; anything without a package and a version is skipped.
[[nodiscard]] std::vector<AptRecord> parse_showsrc(std::string_view text);

/// The version without its Debian revision: "1:1.3.dfsg-2+b1" is "1:1.3.dfsg".
[[nodiscard]] std::string upstream_version(std::string_view version);

/// The URI with that checksum in what `apt-get --print-uris source` prints.
[[nodiscard]] std::optional<std::string> find_uri(std::string_view print_uris, const util::Digest& sha256);

/// The error and warning lines of an apt command's output, joined; its last lines if there are none.
[[nodiscard]] std::string apt_complaint(std::string_view output);

} // namespace sf::source
