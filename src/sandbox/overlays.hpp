// The overlays of one run: the image and what is laid over parts of it. Private to this module.
#pragma once

#include "sandbox/init_plan.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <vector>

namespace sf::sandbox {

struct OverlayPlan {
    std::vector<OverlayMount> overlays; ///< of the image first, read-only, with the skeleton on top; then the job's
    std::vector<std::filesystem::path> targets; ///< where the job's are mounted
};

/// Makes in `base`, a directory of the run's own, what the overlays need; the image goes to `root`, an existing
/// directory.
[[nodiscard]] util::Result<OverlayPlan> plan_overlays(const Job& job, const std::filesystem::path& base,
                                                      const std::filesystem::path& skeleton,
                                                      const std::filesystem::path& root);

} // namespace sf::sandbox
