// What the user asked for, in the command line's words, and as a spec.
#pragma once

#include "site/site.hpp"
#include "spec/spec.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// Empty fields leave the choice to the site's configuration (`slurm:`), then to the recipes.
struct BuildRequest {
    std::string spec;          ///< "slurm@24.11 +pmix ^hwloc@2:", or another package's
    std::string slurm_version; ///< a series or an exact version
    bool minimal = false;
    bool gpu = false;
    std::vector<std::string> variants;         ///< "+name", "~name" or "name=value"
    std::string target;                        ///< "x86_64_v3", "native", "generic"
    std::string hardening;                     ///< "none", "default", "strict"
    std::string glibc;                         ///< the floor: "2.28", "host"
    std::string toolchain;                     ///< base image; files are named after it where it is not the site's
    std::vector<std::string> sources;          ///< "PACKAGE=PATH"
    bool fresh = false;                        ///< choose as if the store were empty
    std::optional<std::filesystem::path> lock; ///< build this lock file's solution
};

/// The request as one spec: SPEC, with the options on top, over the site's defaults for Slurm. Errors (code usage):
/// what cannot be read, or contradicts itself (two versions, a variant with two values).
[[nodiscard]] util::Result<spec::Spec> root_spec(const site::Site& site, const BuildRequest& request);

} // namespace sf::app
