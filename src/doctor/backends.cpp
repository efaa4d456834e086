#include "app/images/backends.hpp"
#include "app/images/images.hpp"
#include "doctor/checks.hpp"
#include "doctor/small_system.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace sf::doctor {
namespace {

namespace fs = std::filesystem;

/// A system to try backends in: a base image, if one is here.
std::optional<fs::path> some_system(const app::Session& session)
{
    if (util::path_exists(session.site.database()))
        if (const auto images = app::list_images(session))
            for (const auto& image : *images)
                if (image.complete)
                    return image.rootfs;
    return std::nullopt;
}

Finding not_tried(const std::string& subject)
{
    return {State::note, subject, "not tried: there is no base image yet", "slurm-factory image build"};
}

/// A root file system made of this host's programs, for hosts without a base image; nullopt if it cannot be made.
std::optional<util::ScratchDir> stand_in(const site::Site& site)
{
    auto directory = util::ScratchDir::make(site.work(), "doctor");
    if (!directory || !make_small_system(directory->path()))
        return std::nullopt;
    return std::move(*directory);
}

} // namespace

Findings look_at_backends(const app::Session& session)
{
    Findings findings;
    const auto image = some_system(session);
    const auto small = image ? std::nullopt : stand_in(session.site);
    if (!image && !small)
        return {not_tried("backends")};
    // LXD wants a system that starts.
    const auto use = image ? app::Backends::all : app::Backends::without_copies;
    const auto all = app::try_backends(session.site, image ? *image : small->path(), use);
    const bool any = std::any_of(all.begin(), all.end(), [](const app::TriedBackend& tried) {
        return !tried.fault && !tried.name.starts_with("host");
    });
    for (const auto& tried : all) {
        const auto subject = "backend " + tried.name;
        if (!tried.fault)
            findings.push_back({State::ok, subject, "works", {}});
        else
            findings.push_back({any ? State::note : State::warning, subject, tried.fault->message,
                                fix_for(*tried.fault, "docs/sandbox.md says what it needs")});
    }
    if (!image)
        findings.push_back(not_tried("backend lxd"));
    if (!any)
        findings.push_back({State::fault, "backends", "no backend that isolates works here",
                            "make one of them work; or build with '--backend host', without isolation"});
    return findings;
}

} // namespace sf::doctor
