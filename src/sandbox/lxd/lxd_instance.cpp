#include "sandbox/lxd/lxd_instance.hpp"

#include "identity/identity.hpp"
#include "sandbox/init_protocol.hpp"
#include "sandbox/mounts.hpp"
#include "sandbox/preparation.hpp"
#include "sandbox/seccomp.hpp"
#include "util/files/directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

util::Result<dev_t> device_of(const Job& job, const stdfs::path& directory, const stdfs::path& inside, const char* what)
{
    struct stat st = {};
    if (::stat(directory.c_str(), &st) != 0 || !S_ISDIR(st.st_mode))
        return util::fail(ErrorCode::sandbox,
                          fmt::format("job '{}': {}, {} of {}, is no directory: {}", job.name, directory.string(), what,
                                      inside.string(), std::strerror(errno))); // NOLINT(concurrency-mt-unsafe)
    return st.st_dev;
}

/// Layers of one file system come in one device: else a build with hundreds of them would start slowly.
util::Result<std::vector<std::string>> show_layers(const Job& job, const Overlay& overlay, LxdDisks& disks)
{
    std::map<dev_t, std::vector<stdfs::path>> file_systems;
    std::map<stdfs::path, std::string> inside;
    for (const auto& layer : overlay.lower) {
        const auto host = util::absolute_path(layer).lexically_normal();
        SF_TRY(const auto device, device_of(job, host, overlay.inside, "a layer"));
        file_systems[device].push_back(host);
    }
    for (const auto& [device, layers] : file_systems) {
        const auto shown = disks.add_together(layers);
        for (std::size_t i = 0; i < layers.size(); ++i)
            inside[layers[i]] = shown[i];
    }
    std::vector<std::string> result;
    for (const auto& layer : overlay.lower)
        result.push_back(inside[util::absolute_path(layer).lexically_normal()]);
    return result;
}

util::Status plan_overlay(const Job& job, const Overlay& overlay, const stdfs::path& target, LxdDisks& disks,
                          InitPlan& plan)
{
    SF_TRY(auto lower, show_layers(job, overlay, disks));
    const auto upper = util::absolute_path(overlay.upper).lexically_normal();
    const auto work = util::absolute_path(overlay.work).lexically_normal();
    SF_TRY(const auto upper_device, device_of(job, upper, overlay.inside, "where changes go"));
    SF_TRY(const auto work_device, device_of(job, work, overlay.inside, "the work directory"));
    if (upper_device != work_device)
        return util::fail(
            ErrorCode::sandbox,
            fmt::format("job '{}': {} and {} are not on one file system", job.name, upper.string(), work.string()),
            "an overlay wants its upper and work directories on the same one");
    const auto changes = disks.add_together({upper, work});
    plan.overlays.push_back({std::move(lower), changes[0], changes[1], target.string(), overlay.inside.string()});
    return {};
}

} // namespace

std::string LxdDisks::add_device(const char* kind, const stdfs::path& host, bool writable, bool recursive)
{
    for (const auto& [name, device] : devices_.items())
        if (name.starts_with(kind) && device["source"] == host.string() && device.contains("readonly") == !writable)
            return device["path"];
    const auto name = fmt::format("{}-{}", kind, devices_.size());
    auto inside = fmt::format("{}/{}", in_lxd::directory, name);
    lxd::Json device = {{"type", "disk"}, {"source", host.string()}, {"path", inside}};
    if (!writable)
        device["readonly"] = "true";
    if (recursive)
        device["recursive"] = "true";
    devices_[name] = std::move(device);
    return inside;
}

std::string LxdDisks::add(const stdfs::path& host, bool writable)
{
    return add_device("bind", util::absolute_path(host).lexically_normal(), writable, false);
}

std::vector<std::string> LxdDisks::add_together(const std::vector<stdfs::path>& hosts)
{
    const auto parent = common_parent(hosts);
    const auto inside = add_device("layers", parent, true, true);
    std::vector<std::string> result;
    result.reserve(hosts.size());
    for (const auto& host : hosts)
        result.push_back((stdfs::path(inside) / host.lexically_relative(parent)).string());
    return result;
}

stdfs::path common_parent(const std::vector<stdfs::path>& paths)
{
    if (paths.empty())
        return "/";
    auto common = paths.front().parent_path();
    for (const auto& path : paths) {
        const auto parent = path.parent_path();
        const auto end = std::mismatch(common.begin(), common.end(), parent.begin(), parent.end()).first;
        stdfs::path shorter;
        for (auto part = common.begin(); part != end; ++part)
            shorter /= *part;
        common = shorter;
    }
    return common;
}

lxd::Json lxd_instance(const Job& job, const std::string& name, const std::string& base, const lxd::Json& devices)
{
    auto config = lxd::Json::object();
    if (job.memory_bytes != 0)
        config["limits.memory"] = std::to_string(job.memory_bytes);
    if (job.cpus != 0)
        config["limits.cpu.allowance"] = fmt::format("{}ms/100ms", job.cpus * 100);
    if (job.pids != 0)
        config["limits.processes"] = std::to_string(job.pids + 1); // the init is one
    return {{"name", name},     {"ephemeral", true},  {"profiles", {"slurm-factory"}},
            {"config", config}, {"devices", devices}, {"source", {{"type", "copy"}, {"source", base}}}};
}

util::Result<InitPlan> lxd_plan(const Job& job, LxdDisks& disks)
{
    InitPlan plan;
    std::vector<stdfs::path> targets;
    for (const auto& overlay : job.overlays) {
        targets.emplace_back(fmt::format("{}/overlay-{}", in_lxd::directory, targets.size()));
        SF_CHECK(plan_overlay(job, overlay, targets.back(), disks, plan));
    }
    SF_TRY(const auto mounts, plan_mounts(job, targets));
    for (const auto& mount : mounts) {
        const bool of_overlay = std::find(targets.begin(), targets.end(), mount.source) != targets.end();
        auto source = mount.source;
        if (mount.type == "bind" && !of_overlay)
            source =
                disks.add(source, std::find(mount.options.begin(), mount.options.end(), "rw") != mount.options.end());
        const bool devices = mount.inside == "/dev" && mount.type == "tmpfs";
        plan.mounts.push_back({mount.inside.string(), devices ? "devices" : mount.type, source, mount.options,
                               mount.is_file, mount.mode});
    }
    plan.host_name = inside_name;
    plan.nice = static_cast<unsigned>(job.nice);
    plan.idle_io = job.idle_io;
    plan.hide = {"/sys", "/dev", "/proc"}; // LXD's own
    plan.mask_proc = true;
    plan.own_directory = in_lxd::directory;
    plan.read_only = "/";
    plan.command = command_of(job);
    SF_TRY(plan.command.seccomp, seccomp_program());
    return plan;
}

} // namespace sf::sandbox
