// `slurm-factory build`
#pragma once

#include "app/workbench.hpp"
#include "bundle/bundle.hpp"

namespace sf::app {

struct BuildReport {
    bundle::Bundle bundle;
    bool up_to_date = false; ///< nothing was built and nothing written
    unsigned built = 0;
    unsigned reused = 0;
    std::uint64_t run_bytes = 0; ///< of the unpacked tree
};

/// Builds what the store lacks and writes the bundle.
[[nodiscard]] util::Result<BuildReport> build(const Context& context, const BuildRequest& request);

} // namespace sf::app
