// Slurm started from a finished tree, as a cluster of one node in a sandbox (`verify --run`).
#pragma once

#include "app/session/session.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::app {

/// One thing that the script smoke/cluster.sh tried.
struct SmokeStep {
    std::string name; ///< "slurmctld"
    bool passed = false;
    double seconds = 0;
    std::string detail; ///< what came of it, one line
};

struct SmokeRun {
    std::string image;   ///< a base image recipe
    std::string backend; ///< "oci (crun)"
    bool passed = false;
    std::vector<SmokeStep> steps; ///< up to the first that failed
    std::string log;              ///< of a run that failed: the last lines of the daemons' logs
};

/// Starts munged, slurmctld and slurmd of `tree` (which has bin/ and lib/) on the base image, without a network but the
/// loopback, and runs jobs. The image is made if it is not there. A cluster that fails is a result, not an error.
[[nodiscard]] util::Result<SmokeRun> run_smoke_test(const Session& session, const std::filesystem::path& tree,
                                                    const std::string& image);

} // namespace sf::app
