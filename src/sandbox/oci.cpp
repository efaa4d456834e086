#include "sandbox/oci.hpp"

#include "identity/identity.hpp"
#include "sandbox/config.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/process/install_hint.hpp"
#include "util/process/process.hpp"

#include <fcntl.h>

#include <utility>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// crun refuses hosts that have controllers of both versions; what it does not see does not disturb it.
std::vector<std::string> mounts_to_hide(const std::vector<Hierarchy>& hierarchies)
{
    std::vector<std::string> hide;
    bool first_version = false;
    for (const auto& hierarchy : hierarchies)
        first_version = first_version || !hierarchy.unified;
    for (const auto& hierarchy : hierarchies)
        if (hierarchy.unified && first_version)
            hide.push_back(hierarchy.mount.string());
    return hide;
}

util::Result<Runtime> inspect_runtime(const std::string& name)
{
    const auto program = util::find_program(name);
    if (!program)
        return util::fail(ErrorCode::sandbox, fmt::format("the OCI runtime '{}' is not installed", name),
                          util::how_to_install(name));
    util::Command command;
    command.argv = {program->string(), "--version"};
    SF_TRY(const auto version, util::run(command));
    if (version.exit_code != 0)
        return util::fail(ErrorCode::sandbox,
                          fmt::format("'{} --version' failed: {}", program->string(), version.output),
                          fmt::format("install {} again", name));
    const bool seccomp =
        version.output.find("SECCOMP") != std::string::npos || version.output.find("libseccomp") != std::string::npos;
    return Runtime{name, *program, seccomp};
}

} // namespace

OciBackend::OciBackend(Runtime runtime, const stdfs::path& scratch) :
    InitBackend(runtime.name, Isolation::all, scratch), runtime_(std::move(runtime))
{
}

std::string OciBackend::name() const
{
    return fmt::format("oci ({}{}{})", runtime_.name, identity::in_user_namespace() ? ", rootless" : "",
                       without_limits());
}

util::Status OciBackend::plan_start(const Job& job, const RunDirectory& directory, const JobCgroup& cgroup,
                                    InitTask& task) const
{
    const auto bundle = directory.path();
    const auto state = bundle / "state";
    SF_CHECK(util::make_directories(state));
    ConfigInput input{directory.root(), directory.mounts, runtime_.seccomp, ""};
    if (runtime_.insists_on_cgroup())
        input.cgroups_path = cgroup.path() + "/container";
    SF_TRY(const auto config, oci_config(job, input));
    SF_TRY(const auto file, util::open_file(bundle / "config.json", O_WRONLY | O_CREAT | O_EXCL));
    SF_CHECK(util::write_all(file.get(), config));

    auto& plan = task.plan;
    plan.own_proc = OwnProc::required;
    plan.runtime = {runtime_.program.string(), "--root",       state.string(), "--log",
                    directory.log().string(),  "--log-format", "json"};
    if (!runtime_.insists_on_cgroup()) {
        if (runtime_.name == "crun")
            plan.runtime.emplace_back("--cgroup-manager=disabled");
        plan.hide = mounts_to_hide(hierarchies());
        task.join_fds = cgroup.join_fds();
    }
    plan.pid_file = (bundle / "pid").string();
    plan.runtime.insert(plan.runtime.end(),
                        {"run", "--detach", "--pid-file", plan.pid_file, "--bundle", bundle.string()});
    if (!job.inherited_fds.empty())
        plan.runtime.insert(plan.runtime.end(), {"--preserve-fds", std::to_string(job.inherited_fds.size())});
    plan.runtime.push_back(bundle.filename().string());
    return {};
}

util::Result<std::unique_ptr<Backend>> make_oci_backend(const std::string& runtime, const stdfs::path& scratch)
{
    if (runtime != "crun" && runtime != "runc")
        return util::fail(ErrorCode::usage, fmt::format("unknown OCI runtime '{}'", runtime),
                          "crun and runc are known");
    SF_TRY(auto found, inspect_runtime(runtime));
    SF_CHECK(util::make_directories(scratch));
    return std::unique_ptr<Backend>(std::make_unique<OciBackend>(std::move(found), util::absolute_path(scratch)));
}

} // namespace sf::sandbox
