#include "sandbox/config.hpp"

#include "identity/identity.hpp"
#include "sandbox/masks.hpp"
#include "sandbox/seccomp.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sf::sandbox {
namespace {

using Json = nlohmann::ordered_json;

Json process_section(const Job& job)
{
    auto environment = Json::array();
    for (const auto& [name, value] : job.environment)
        environment.push_back(fmt::format("{}={}", name, value));
    const auto none = Json::array();
    return {
        {"terminal", false},
        {"user", {{"uid", identity::builder()}, {"gid", identity::builder()}, {"umask", 022}}},
        {"args", job.argv},
        {"env", environment},
        {"cwd", job.directory.string()},
        {"capabilities",
         {{"bounding", none}, {"effective", none}, {"inheritable", none}, {"permitted", none}, {"ambient", none}}},
        {"noNewPrivileges", true},
        // The init is exempt from the out-of-memory killer; the command is not.
        {"oomScoreAdj", 0},
    };
}

Json mounts_section(const std::vector<Mount>& mounts)
{
    auto section = Json::array();
    for (const auto& mount : mounts)
        section.push_back({{"destination", mount.inside.string()},
                           {"type", mount.type},
                           {"source", mount.source},
                           {"options", mount.options}});
    return section;
}

Json seccomp_section()
{
    auto calls = Json::array();
    for (const auto& refused : refused_calls()) {
        calls.push_back({{"names", refused.names}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", refused.error}});
        if (refused.flag != 0)
            calls.back()["args"] = Json::array(
                {{{"index", 0}, {"value", refused.flag}, {"valueTwo", refused.flag}, {"op", "SCMP_CMP_MASKED_EQ"}}});
    }
    return {{"defaultAction", "SCMP_ACT_ALLOW"}, {"syscalls", std::move(calls)}};
}

Json linux_section(const Job& job, const ConfigInput& input)
{
    auto namespaces = Json::array();
    for (const auto* type : {"mount", "ipc", "uts"})
        namespaces.push_back({{"type", type}});
    if (!job.network)
        namespaces.push_back({{"type", "network"}});
    Json section = {{"namespaces", namespaces}};
    if (!input.cgroups_path.empty()) {
        section["cgroupsPath"] = input.cgroups_path;
        section["resources"] = {{"devices", Json::array({{{"allow", false}, {"access", "rwm"}}})}};
    }
    if (input.seccomp)
        section["seccomp"] = seccomp_section();
    section["maskedPaths"] = masked_paths;
    section["readonlyPaths"] = readonly_paths;
    return section;
}

} // namespace

util::Result<std::string> oci_config(const Job& job, const ConfigInput& input)
{
    const Json config = {
        {"ociVersion", "1.0.2"},
        {"process", process_section(job)},
        {"root", {{"path", input.root.string()}, {"readonly", true}}},
        {"hostname", inside_name},
        {"mounts", mounts_section(input.mounts)},
        {"linux", linux_section(job, input)},
    };
    try {
        return config.dump(2) + "\n";
    } catch (const Json::type_error&) {
        return util::fail(util::ErrorCode::sandbox,
                          fmt::format("job '{}': a path, argument or variable is not valid UTF-8", job.name));
    }
}

} // namespace sf::sandbox
