// Lock files: a solution as text, to be built again exactly.
#pragma once

#include "solve/solve.hpp"
#include "spec/floor.hpp"
#include "spec/hardening.hpp"

#include <filesystem>
#include <string>

namespace sf::solve {

/// What a lock file holds besides the solution.
struct Lock {
    std::string request; ///< the spec that was asked for, for people
    std::string target;  ///< "x86_64_v3"
    std::string image;   ///< name of the base image
    Solution solution;
    spec::HardeningLevel hardening = spec::HardeningLevel::standard;
    spec::Floor floor = spec::Floor::host();
};

/// JSON with a fixed order of keys; the same lock and recipes give the same bytes:
///
///     {"format": "slurm-factory lock 1", "request": ..., "target": ..., "hardening": ..., "glibc": ..., "image": ...,
///      "externals": {"cmake": "3.25.1", ...},
///      "packages": [{"package": ..., "version": ..., "variants": {...}, "sources": [sha256, ...],
///                    "dependencies": [{"package": ..., "spec": ..., "type": ["build", "link"]}, ...]}, ...]}
///
/// Packages stand before those that need them; the requested one is the last. Sources are the sums of all alternatives
/// and of the archives of patches, in the recipe's order; of a package built from the user's own source the list is
/// empty. An external whose version is not known yet has an empty one.
[[nodiscard]] std::string lock_text(const Lock& lock, const recipe::RecipeSet& recipes);

/// Reads what lock_text() wrote. `file` is the name used in errors.
///
/// Errors (code conflict): the text is no lock file or of a newer format, or it does not fit the recipes: a package,
/// version, variant, source or dependency of it is not, or no longer, what its recipe says. All differences are named.
[[nodiscard]] util::Result<Lock> read_lock(std::string_view text, const std::string& file,
                                           const recipe::RecipeSet& recipes);

} // namespace sf::solve
