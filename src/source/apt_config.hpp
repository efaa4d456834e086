// The host's own list of Debian archives, and the private list we make from it.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::source {

/// Downloads one file as apt does; not in PATH.
inline constexpr const char* apt_helper = "/usr/lib/apt/apt-helper";

/// One entry of sources.list or of a deb822 *.sources file (see sources.list(5)).
struct AptEntry {
    std::vector<std::string> uris;
    std::vector<std::string> suites;
    std::vector<std::string> components;
    std::map<std::string, std::string> options; ///< by lower-case deb822 field name; an inline key keeps its line ends
};

/// Entries of the one-line form; lines that are not entries are skipped.
[[nodiscard]] std::vector<AptEntry> parse_one_line_sources(std::string_view text);
/// Entries of the deb822 form; disabled stanzas are skipped.
[[nodiscard]] std::vector<AptEntry> parse_deb822_sources(std::string_view text);
/// All entries of ETC/sources.list and ETC/sources.list.d. Unreadable files are skipped, as apt does.
[[nodiscard]] std::vector<AptEntry> read_host_sources(const std::filesystem::path& etc_apt);

/// Where the host gets Debian from.
struct HostArchive {
    AptEntry main;
    std::optional<AptEntry> security;
};

/// Picks Debian's own entries: component main, and the host's suite (or stable, testing, ...). Third parties that use
/// the suite's name too come last. `codename` is VERSION_CODENAME of os-release. Error: source.
[[nodiscard]] util::Result<HostArchive> choose_archive(const std::vector<AptEntry>& entries,
                                                       const std::string& codename);

/// VERSION_CODENAME of an os-release file; empty if it has none.
[[nodiscard]] std::string read_codename(const std::filesystem::path& os_release);

/// Where the archive keeps a file of a source package, in its pool and in that of security updates, as apt names it.
[[nodiscard]] std::vector<std::string> pool_uris(const HostArchive& archive, const std::string& package,
                                                 const std::string& file);

/// Those of pool_uris() that are http or https URLs.
[[nodiscard]] std::vector<std::string> pool_urls(const HostArchive& archive, const std::string& package,
                                                 const std::string& file);

/// A deb822 file with the deb-src entries of one suite and of its security suite, where there is one.
[[nodiscard]] std::string private_sources(const HostArchive& archive, const std::string& suite);

} // namespace sf::source
