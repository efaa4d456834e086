// Loading a site: built-in defaults, /etc/slurm-factory/config.yaml, ROOT/config.yaml, SLURM_FACTORY_* environment
// variables, command-line options; later wins. Beside each config.yaml there may be a packages.yaml, which it
// overrides.
#pragma once

#include "site/settings.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sf::site {

/// What the command line said.
struct Overrides {
    std::optional<std::filesystem::path> root;
    /// By key of the setting, what its option said; of a list that may be several.
    std::map<std::string, std::vector<std::string>> given;
};

/// Looks an environment variable up; nullopt: unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// This process's environment.
[[nodiscard]] Environment process_environment();

/// Reads a config.yaml, and whatever lies beside it, for its faults: those of load_site(). Error usage: there is none.
[[nodiscard]] util::Status check_file(const std::filesystem::path& file);

/// Merges all layers. `data_directory` holds the built-in recipes/ and images/; packages.yaml is looked for beside
/// `system_config` and in the root. A malformed or unknown key is an error with file:line:column and the nearest known
/// key; a bad environment variable one that names it.
[[nodiscard]] util::Result<Site>
load_site(const Overrides& overrides, const std::filesystem::path& data_directory,
          const std::filesystem::path& system_config = "/etc/slurm-factory/config.yaml",
          const Environment& environment = process_environment());

} // namespace sf::site
