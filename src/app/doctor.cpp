#include "app/doctor.hpp"

#include "app/backends.hpp"
#include "app/disk.hpp"
#include "app/images.hpp"
#include "app/presence.hpp"
#include "build/memory.hpp"
#include "identity/identity.hpp"
#include "identity/user_namespace.hpp"
#include "util/fs.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using State = Finding::State;

/// A first build of the default Slurm with its base image and sources, rounded up.
constexpr std::uint64_t first_build_bytes = 6ULL << 30U;

Finding look_at_user()
{
    const std::string subject = "user";
    if (::geteuid() != 0)
        return {State::fault, subject, "ordinary users may make no namespaces on this kernel",
                identity::how_to_have_builder()};
    if (!identity::in_user_namespace())
        return {State::ok, subject, "root", {}};
    if (identity::has_builder())
        return {State::ok, subject, "an ordinary user with subordinate ids", {}};
    return {State::warning, subject, "an ordinary user without subordinate ids: base images can be fetched, not made",
            identity::how_to_have_builder()};
}

/// A system to try backends in: a base image, if one is here.
std::optional<fs::path> some_system(const Context& context)
{
    if (util::path_exists(context.site.database()))
        if (const auto images = list_images(context))
            for (const auto& image : *images)
                if (image.complete)
                    return image.rootfs;
    return std::nullopt;
}

void look_at_backends(const Context& context, std::vector<Finding>& findings)
{
    const auto system = some_system(context);
    // LXD would make a copy of the host's whole system.
    const auto use = system ? Backends::all : Backends::without_copies;
    const auto all = try_backends(context.site, system.value_or("/"), use);
    const bool any = std::any_of(all.begin(), all.end(), [](const TriedBackend& tried) {
        return !tried.fault && !tried.name.starts_with("host");
    });
    for (const auto& tried : all) {
        const auto subject = "backend " + tried.name;
        if (!tried.fault)
            findings.push_back({State::ok, subject, "works", {}});
        else
            findings.push_back({any ? State::note : State::warning, subject, tried.fault->message, tried.fault->hint});
    }
    if (!system)
        findings.push_back({State::note, "backend lxd", "not tried: there is no base image yet", {}});
    if (!any)
        findings.push_back({State::fault, "backends", "none that isolates works here",
                            "make one of them work; or build with '--backend host', without isolation"});
}

Finding look_at_memory(const site::Site& site)
{
    const auto memory = site.effective_memory_bytes();
    const auto jobs = site.effective_jobs();
    const auto available = build::available_memory().value_or(memory);
    const auto text = fmt::format("{} parallel jobs, {} for one sandbox, {} available now", jobs,
                                  util::human_bytes(memory), util::human_bytes(available));
    if (available < site.limits.job_memory_bytes)
        return {State::warning, "memory", text, "end what uses memory; builds wait for it, with one job at a time"};
    return {State::ok, "memory", text, {}};
}

Finding look_at_space(const site::Site& site)
{
    const auto free = util::free_space(site.root);
    if (!free)
        return {State::fault, "disk", free.error().message, "choose another --root"};
    const auto text = fmt::format("{} free at {}", util::human_bytes(*free), site.root.string());
    if (*free < first_build_bytes)
        return {State::warning, "disk", text,
                fmt::format("a first build takes up to {}: free some, or choose another --root",
                            util::human_bytes(first_build_bytes))};
    return {State::ok, "disk", text, {}};
}

Finding look_at_root(const site::Site& site)
{
    if (const auto made = util::make_directories(site.work()); !made)
        return {State::fault, "root", made.error().message, "choose another --root, or correct its owner"};
    if (::access(site.root.c_str(), W_OK) != 0)
        return {State::fault, "root", fmt::format("{} cannot be written", site.root.string()),
                "choose another --root, or correct its owner"};
    return {State::ok, "root", site.root.string(), {}};
}

/// What killed runs left is swept away by the next build; mounts are not, and nothing makes them outside of a sandbox.
Finding look_at_leftovers(const site::Site& site)
{
    const auto mounts = util::read_file("/proc/self/mountinfo").value_or("");
    for (const auto& line : util::split(mounts, '\n')) {
        const auto fields = util::split(line, ' ');
        constexpr std::size_t mount_point = 4;
        if (fields.size() > mount_point && fields[mount_point].starts_with(site.root.string() + "/"))
            return {State::warning, "leftovers", fmt::format("{} is a mount", fields[mount_point]),
                    "umount " + fields[mount_point]};
    }
    const auto remover = Remover::alone(site);
    if (!remover)
        return {State::ok, "leftovers", "not looked at: another slurm-factory works in this root", {}};
    const auto left = children(site.work());
    const auto count = std::count_if(left.begin(), left.end(), [](const fs::path& path) {
        const auto name = path.filename();
        return name != "lock" && name != "present" && name != "sandbox";
    });
    if (count > 0)
        return {State::ok, "leftovers", fmt::format("{} entries in {}", count, site.work().string()),
                "the next build removes them, or 'slurm-factory clean' now"};
    return {State::ok, "leftovers", "none", {}};
}

Finding look_at_program(const char* program, const char* what, const char* package)
{
    if (util::find_program(program))
        return {State::ok, program, what, {}};
    return {State::warning, program, fmt::format("{}: not installed", what),
            fmt::format("apt-get install {}", package)};
}

Finding look_at_overlays()
{
    const auto known = util::read_file("/proc/filesystems").value_or("");
    if (known.find("\toverlay\n") != std::string::npos)
        return {State::ok, "kernel", "has overlay file systems", {}};
    return {State::warning, "kernel", "has no overlay file system now", "modprobe overlay"};
}

} // namespace

std::vector<Finding> examine(const Context& context)
{
    const auto& site = context.site;
    std::vector<Finding> findings = {look_at_user(), look_at_root(site), look_at_space(site), look_at_memory(site),
                                     look_at_overlays()};
    findings.push_back(look_at_program("mmdebstrap", "makes base images", "mmdebstrap"));
    findings.push_back(look_at_leftovers(site));
    look_at_backends(context, findings);
    return findings;
}

} // namespace sf::app
