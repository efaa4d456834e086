// `slurm-factory build`
#pragma once

#include "app/workbench.hpp"
#include "bundle/bundle.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sf::app {

/// What was made of a package that is not Slurm: its layers.
struct BuiltPackage {
    std::string id;             ///< "hwloc@2.12.0"
    std::filesystem::path tree; ///< of the run slice, below the prefix
};

struct BuildReport {
    std::optional<bundle::Bundle> bundle; ///< none when another package than Slurm was asked for
    std::vector<BuiltPackage> packages;   ///< then: its run-time closure
    std::filesystem::path lock;           ///< the lock file; empty when there is no bundle
    bool up_to_date = false;              ///< nothing was built and nothing written
    unsigned built = 0;
    unsigned reused = 0;
    std::uint64_t run_bytes = 0; ///< of the unpacked tree
};

/// Builds what the store lacks and writes the bundle, its software tarball as each of `archives`, with its lock file;
/// of another package than Slurm the layers only.
[[nodiscard]] util::Result<BuildReport> build(const Context& context, const BuildRequest& request,
                                              const std::set<bundle::Archive>& archives);

} // namespace sf::app
