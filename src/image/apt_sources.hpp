// The host's apt sources, and those among them that an image is made from. Private to this module.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sf::image {

/// One entry of sources.list(5), in either format.
struct AptSource {
    std::vector<std::string> uris;
    std::vector<std::string> suites;
    std::vector<std::string> components;
    /// Those options that decide whether an archive is trusted, by their deb822 names. A value may have several lines.
    std::map<std::string, std::string> options;
    auto operator<=>(const AptSource&) const = default;
};

/// The enabled binary entries of a one-line file (*.list). Lines that are no entry are passed over, as they are not
/// this tool's to judge.
[[nodiscard]] std::vector<AptSource> parse_one_line_sources(std::string_view text);
/// The enabled binary entries of a deb822 file (*.sources).
[[nodiscard]] std::vector<AptSource> parse_deb822_sources(std::string_view text);
/// All entries below a directory like /etc/apt, in apt's order.
[[nodiscard]] std::vector<AptSource> read_sources(const std::filesystem::path& etc_apt);

/// The entries for `suite`, its -updates and -security, of archives with a component main. Where none has the suite
/// itself, those of `host_suite` with the suite replaced. Empty when there is neither. Suites that are never released,
/// such as sid, have no companions.
[[nodiscard]] std::vector<AptSource> select_sources(const std::vector<AptSource>& sources, const std::string& suite,
                                                    const std::string& host_suite);

/// Lets the archives' indexes be older than they say they are good for, as those of a mirror that is not kept up are.
void accept_expired(std::vector<AptSource>& sources);

/// As a deb822 file.
[[nodiscard]] std::string to_deb822(const std::vector<AptSource>& sources);

/// Nothing of them needs a network.
[[nodiscard]] bool all_local(const std::vector<AptSource>& sources);

} // namespace sf::image
