#include "sandbox/oci.hpp"

#include "identity/identity.hpp"
#include "sandbox/config.hpp"
#include "sandbox/mounts.hpp"
#include "sandbox/overlays.hpp"
#include "sandbox/preparation.hpp"
#include "sandbox/probe.hpp"
#include "sandbox/runtime_log.hpp"
#include "util/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
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
                          fmt::format("apt-get install {}", name));
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

/// ROOT of one run: everything the runtime reads and writes, gone with the run.
struct OciBackend::RunDirectory {
    util::TempDir directory;
    std::vector<OverlayMount> overlays;
    [[nodiscard]] stdfs::path root() const { return directory.path() / "root"; }
    [[nodiscard]] stdfs::path state() const { return directory.path() / "state"; }
    [[nodiscard]] stdfs::path log() const { return directory.path() / "log"; }
};

OciBackend::OciBackend(Runtime runtime, stdfs::path scratch) :
    runtime_(std::move(runtime)), scratch_(std::move(scratch))
{
    if (::geteuid() != 0)
        return;
    hierarchies_ = find_hierarchies();
    remove_stale_cgroups(hierarchies_);
    remove_stale_runs(scratch_);
}

std::string OciBackend::name() const
{
    const bool limits = ::geteuid() != 0 || has_controller(hierarchies_, "memory");
    return fmt::format("oci ({}{}{})", runtime_.name, identity::in_user_namespace() ? ", rootless" : "",
                       limits ? "" : ", no memory limits on this host");
}

util::Status OciBackend::probe(const stdfs::path& rootfs)
{
    SF_CHECK(check_root());
    return probe_isolation(*this, rootfs, scratch_);
}

util::Result<OciBackend::RunDirectory> OciBackend::prepare(const Job& job, const std::string& cgroup_path)
{
    SF_TRY(auto directory, util::TempDir::make(scratch_, fmt::format("{}-{}", ::getpid(), safe_name(job.name))));
    RunDirectory run{std::move(directory), {}};
    const auto& base = run.directory.path();
    const auto skeleton = base / "skeleton";
    SF_CHECK(util::make_directories(run.root()));
    SF_CHECK(util::make_directories(run.state()));
    SF_TRY(auto planned, plan_overlays(job, base, skeleton, run.root()));
    run.overlays = std::move(planned.overlays);

    ConfigInput input{run.root(), {}, runtime_.seccomp, ""};
    if (runtime_.insists_on_cgroup())
        input.cgroups_path = cgroup_path + "/container";
    SF_TRY(input.mounts, plan_mounts(job, planned.targets));
    SF_CHECK(make_skeleton(job.rootfs, skeleton, input.mounts));
    SF_TRY(const auto config, oci_config(job, input));
    SF_TRY(const auto file, util::open_file(base / "config.json", O_WRONLY | O_CREAT | O_EXCL));
    SF_CHECK(util::write_all(file.get(), config));
    return run;
}

InitPlan OciBackend::plan(const Job& job, const RunDirectory& directory, const JobCgroup& cgroup) const
{
    InitPlan plan;
    plan.job = job.name;
    plan.overlays = directory.overlays;
    plan.argv = {runtime_.program.string(),
                 "--root",
                 directory.state().string(),
                 "--log",
                 directory.log().string(),
                 "--log-format",
                 "json"};
    if (!runtime_.insists_on_cgroup()) {
        if (runtime_.name == "crun")
            plan.argv.emplace_back("--cgroup-manager=disabled");
        plan.hide = mounts_to_hide(hierarchies_);
        plan.join_fds = cgroup.join_fds();
    }
    plan.pid_file = (directory.directory.path() / "pid").string();
    plan.argv.insert(plan.argv.end(),
                     {"run", "--detach", "--pid-file", plan.pid_file, "--bundle", directory.directory.path().string()});
    if (!job.inherited_fds.empty())
        plan.argv.insert(plan.argv.end(), {"--preserve-fds", std::to_string(job.inherited_fds.size())});
    plan.argv.push_back(directory.directory.path().filename().string());
    plan.inherited_fds = job.inherited_fds;
    plan.log_fd = job.log_fd;
    plan.user_namespace = identity::in_user_namespace();
    plan.nice = job.nice;
    plan.idle_io = job.idle_io;
    return plan;
}

util::Result<Outcome> OciBackend::run(const Job& job, const util::StopToken& stop)
{
    SF_CHECK(check_root());
    SF_CHECK(stop.check());
    SF_CHECK(check_job(job));
    static std::atomic<unsigned> runs = 0; // of all backends: a process may have several
    SF_TRY(const auto cgroup,
           JobCgroup::make(hierarchies_, fmt::format("{}-{}-{}", ::getpid(), safe_name(job.name), ++runs), job));
    SF_TRY(const auto directory, prepare(job, cgroup.path()));
    const LogOwner log_owner(job.log_fd);

    const auto start = std::chrono::steady_clock::now();
    SF_TRY(const auto ended, run_init(plan(job, directory, cgroup), stop));
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;

    if (!ended.started) {
        auto errors = runtime_errors(util::read_file(directory.log()).value_or(""));
        if (errors.empty())
            errors.push_back(fmt::format("exit code {}", ended.exit_code));
        return tl::unexpected(start_failure(job, runtime_.name, errors));
    }
    Outcome outcome;
    outcome.exit_code = ended.exit_code;
    outcome.wall_seconds = wall.count();
    outcome.cpu_seconds = ended.cpu_seconds;
    cgroup.account(outcome);
    return outcome;
}

util::Result<std::unique_ptr<Backend>> make_oci_backend(const std::string& runtime, const stdfs::path& scratch)
{
    if (!runtime.empty() && runtime != "crun" && runtime != "runc")
        return util::fail(ErrorCode::usage, fmt::format("unknown OCI runtime '{}'", runtime),
                          "crun and runc are known");
    auto chosen = runtime;
    for (const auto* candidate : {"crun", "runc"})
        if (chosen.empty() && util::find_program(candidate))
            chosen = candidate;
    if (chosen.empty())
        return util::fail(ErrorCode::sandbox, "no OCI runtime is installed; builds run in crun or runc",
                          "apt-get install crun");
    SF_TRY(auto found, inspect_runtime(chosen));
    SF_CHECK(util::make_directories(scratch));
    return std::unique_ptr<Backend>(std::make_unique<OciBackend>(std::move(found), stdfs::absolute(scratch)));
}

} // namespace sf::sandbox
