#include "sandbox/overlays.hpp"

#include "sandbox/preparation.hpp"
#include "util/files/fs.hpp"

namespace sf::sandbox {

util::Result<OverlayPlan> plan_overlays(const Job& job, const std::filesystem::path& base,
                                        const std::filesystem::path& skeleton, const std::filesystem::path& root)
{
    OverlayPlan plan;
    plan.overlays.push_back({{skeleton.string(), job.rootfs.string()}, "", "", root.string(), "/"});
    for (const auto& overlay : job.overlays) {
        plan.targets.push_back(base / fmt::format("overlay-{}", plan.targets.size()));
        OverlayMount mount{
            {}, overlay.upper.string(), overlay.work.string(), plan.targets.back().string(), overlay.inside.string()};
        for (const auto& lower : overlay.lower)
            mount.lower.push_back(lower.string());
        if (mount.lower.empty()) { // an overlay wants one; an empty directory is as good as none
            mount.lower.push_back((base / "empty").string());
            SF_CHECK(util::make_directories(base / "empty"));
        }
        SF_CHECK(util::make_directories(plan.targets.back()));
        SF_CHECK(forget_former_mount(overlay));
        plan.overlays.push_back(std::move(mount));
    }
    return plan;
}

} // namespace sf::sandbox
