// The layers that load_site() puts over the defaults, lowest first. Private to this module.
#pragma once

#include "site/kind.hpp"
#include "site/site.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace sf::site {

/// A configuration file and, below it, the packages.yaml beside it; one that does not exist changes nothing. `home` is
/// what "~/" stands for.
[[nodiscard]] util::Status apply_file(Site& site, const std::filesystem::path& file,
                                      const std::optional<std::string>& home);
/// SLURM_FACTORY_* (but for the root, which load_site() looks up first).
[[nodiscard]] util::Status apply_environment(Site& site, const Environment& environment);
[[nodiscard]] util::Status apply_overrides(Site& site, const Overrides& overrides);

/// Below the current directory where it is relative, without ".", ".." and a slash at the end.
[[nodiscard]] util::Result<std::filesystem::path> make_absolute(const std::filesystem::path& path);
/// A Slurm version of a request: a series or an exact one.
[[nodiscard]] spec::Parsed<std::string> parse_slurm_version(const std::string& text);
/// Variants of a request: "+kafka ~hdf5 auth=munge" and nothing else.
[[nodiscard]] spec::Parsed<spec::VariantValues> parse_variants(const std::string& text);
/// A URL as it is, a directory made absolute below `base`; an error's message says what is wrong.
[[nodiscard]] tl::expected<std::string, std::string>
parse_place(const std::string& text, const std::filesystem::path& base, const Places& places);
/// As Site::origins has it.
[[nodiscard]] Origin origin_of(const Giver& giver);

} // namespace sf::site
