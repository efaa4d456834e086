// The layers that load_site() puts over the defaults, lowest first. Private to this module.
#pragma once

#include "site/site.hpp"
#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sf::site {

/// Bounds that hold wherever a value comes from.
inline constexpr unsigned max_jobs = 4096;
inline constexpr unsigned max_nice = 19;
inline constexpr unsigned max_retries = 100;
inline constexpr unsigned max_timeout_seconds = 24 * 3600;

/// A configuration file and, below it, the packages.yaml beside it; one that does not exist changes nothing. `home` is
/// what "~/" stands for.
[[nodiscard]] util::Status apply_file(Site& site, const std::filesystem::path& file,
                                      const std::optional<std::string>& home);
/// A file in packages.yaml's format, over what lower layers say of packages; one that does not exist is an error.
[[nodiscard]] util::Status apply_packages_file(Site& site, const std::filesystem::path& file);
/// SLURM_FACTORY_* (but for the root, which load_site() looks up first).
[[nodiscard]] util::Status apply_environment(Site& site, const Environment& environment);
[[nodiscard]] util::Status apply_overrides(Site& site, const Overrides& overrides);

/// A Slurm version of a request: a series or an exact one.
[[nodiscard]] spec::Parsed<std::string> parse_slurm_version(const std::string& text);
/// Variants of a request: "+kafka ~hdf5 auth=munge" and nothing else.
[[nodiscard]] spec::Parsed<spec::VariantValues> parse_variants(const std::string& text);
/// Empty, or what is wrong with the name of a backend.
[[nodiscard]] std::string backend_fault(std::string_view backend);
inline constexpr const char* known_backends = "backends: oci, lxd, host";
/// Empty, or what is wrong with the name of a runtime.
[[nodiscard]] std::string runtime_fault(std::string_view runtime);
/// A mirror as Network::mirrors has it: a URL as it is, a directory made absolute below `base`; an error's message
/// says what is wrong.
[[nodiscard]] tl::expected<std::string, std::string> parse_mirror(const std::string& text,
                                                                  const std::filesystem::path& base);
/// The same of where advisories are.
[[nodiscard]] tl::expected<std::string, std::string> parse_advisories(const std::string& text,
                                                                      const std::filesystem::path& base);
/// The same for Caches::remotes, which may also be oci:// registries.
[[nodiscard]] tl::expected<std::string, std::string> parse_remote(const std::string& text,
                                                                  const std::filesystem::path& base);

} // namespace sf::site
