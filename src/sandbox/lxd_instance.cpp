#include "sandbox/lxd_instance.hpp"

#include "identity/identity.hpp"
#include "sandbox/lxd_protocol.hpp"
#include "util/directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
namespace record = lxd_protocol::record;
using util::ErrorCode;

/// Texts that each end in a zero byte.
class PlanText {
public:
    template <typename... Texts> void add(const Texts&... texts) { (add_one(texts), ...); }
    void add_list(const std::vector<std::string>& list)
    {
        add(std::to_string(list.size()));
        for (const auto& text : list)
            add(text);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    void add_one(std::string_view text)
    {
        text_ += text;
        text_ += '\0';
    }
    std::string text_;
};

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
                          PlanText& plan)
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
    if (lower.empty()) // an overlay wants one; the init makes an empty directory of that name
        lower.push_back(target.string() + "-empty");
    plan.add(record::overlay, target.string(), changes[0], changes[1]);
    plan.add_list(lower);
    return {};
}

} // namespace

std::string LxdDisks::add_device(const char* kind, const stdfs::path& host, bool writable, bool recursive)
{
    for (const auto& [name, device] : devices_.items())
        if (name.starts_with(kind) && device["source"] == host.string() && device.contains("readonly") == !writable)
            return device["path"];
    const auto name = fmt::format("{}-{}", kind, devices_.size());
    auto inside = fmt::format("{}/{}", lxd_protocol::directory, name);
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

util::Result<std::string> lxd_plan(const Job& job, LxdDisks& disks)
{
    PlanText plan;
    std::vector<stdfs::path> targets;
    for (const auto& overlay : job.overlays) {
        targets.emplace_back(fmt::format("{}/overlay-{}", lxd_protocol::directory, targets.size()));
        SF_CHECK(plan_overlay(job, overlay, targets.back(), disks, plan));
    }
    SF_TRY(const auto mounts, plan_mounts(job, targets));
    for (const auto& mount : mounts) {
        const bool of_overlay = std::find(targets.begin(), targets.end(), mount.source) != targets.end();
        auto source = mount.source;
        if (mount.type == "bind" && !of_overlay)
            source =
                disks.add(source, std::find(mount.options.begin(), mount.options.end(), "rw") != mount.options.end());
        plan.add(record::mount, mount.inside.string(), mount.type, source, mount.is_file ? "file" : "directory",
                 fmt::format("{:o}", mount.mode));
        plan.add_list(mount.options);
    }
    plan.add(record::user, std::to_string(identity::builder()));
    plan.add(record::nice, std::to_string(job.nice));
    plan.add(record::idle_io, job.idle_io ? "1" : "0");
    plan.add(record::start_in, job.directory.string());
    for (const auto& [variable, value] : job.environment)
        plan.add(record::variable, fmt::format("{}={}", variable, value));
    for (const auto& argument : job.argv)
        plan.add(record::argument, argument);
    return plan.text();
}

} // namespace sf::sandbox
