#include "sandbox/host.hpp"

#include "identity/identity.hpp"
#include "sandbox/overlays.hpp"
#include "sandbox/preparation.hpp"
#include "sandbox/probe.hpp"
#include "sandbox/runtime_log.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <utility>

namespace sf::sandbox {

namespace stdfs = std::filesystem;

namespace {

/// The image's shell looks the command up, by the job's PATH.
Entry entry_of(const Job& job, const stdfs::path& root)
{
    Entry entry{root.string(),
                job.directory.string(),
                identity::builder(),
                identity::has_builder(),
                {"/bin/sh", "-c", "unset PWD OLDPWD SHLVL; exec \"$@\"", "sh"},
                {}};
    entry.argv.insert(entry.argv.end(), job.argv.begin(), job.argv.end());
    for (const auto& [name, value] : job.environment)
        entry.environment.push_back(fmt::format("{}={}", name, value));
    return entry;
}

} // namespace

/// Gone with the run.
struct HostBackend::RunDirectory {
    util::TempDir directory;
    std::vector<OverlayMount> overlays;
    [[nodiscard]] stdfs::path root() const { return directory.path() / "root"; }
    [[nodiscard]] stdfs::path script() const { return directory.path() / "start.sh"; }
    [[nodiscard]] stdfs::path log() const { return directory.path() / "log"; }
};

HostBackend::HostBackend(HostPrograms programs, stdfs::path scratch) :
    programs_(std::move(programs)), scratch_(std::move(scratch))
{
    if (::geteuid() != 0)
        return;
    hierarchies_ = find_hierarchies();
    remove_stale_cgroups(hierarchies_);
    remove_stale_runs(scratch_);
}

std::string HostBackend::name() const
{
    return fmt::format("host (no isolation{})",
                       has_controller(hierarchies_, "memory") ? "" : ", no memory limits on this host");
}

util::Status HostBackend::probe(const stdfs::path& rootfs)
{
    SF_CHECK(check_root());
    return probe_isolation(*this, rootfs, scratch_, Isolation::files);
}

util::Result<HostBackend::RunDirectory> HostBackend::prepare(const Job& job) const
{
    SF_TRY(auto directory, util::TempDir::make(scratch_, fmt::format("{}-{}", ::getpid(), safe_name(job.name))));
    RunDirectory run{std::move(directory), {}};
    const auto& base = run.directory.path();
    const auto skeleton = base / "skeleton";
    SF_CHECK(util::make_directories(run.root()));
    SF_TRY(auto planned, plan_overlays(job, base, skeleton, run.root()));
    run.overlays = std::move(planned.overlays);
    HostScriptInput input{programs_, run.root(), {}, run.log()};
    SF_TRY(input.mounts, plan_mounts(job, planned.targets));
    SF_CHECK(make_skeleton(job.rootfs, skeleton, input.mounts));
    SF_TRY(const auto script, host_script(job, input));
    SF_CHECK(util::write_file_atomic(run.script(), script));
    return run;
}

util::Result<Outcome> HostBackend::run(const Job& job, const util::StopToken& stop)
{
    SF_CHECK(check_root());
    SF_CHECK(stop.check());
    SF_CHECK(check_job(job));
    static std::atomic<unsigned> runs = 0; // of all backends: a process may have several
    SF_TRY(const auto cgroup,
           JobCgroup::make(hierarchies_, fmt::format("{}-{}-host-{}", ::getpid(), safe_name(job.name), ++runs), job));
    SF_TRY(const auto directory, prepare(job));

    InitPlan plan;
    plan.job = job.name;
    plan.overlays = directory.overlays;
    plan.argv = {"/bin/sh", directory.script().string()};
    plan.entry = entry_of(job, directory.root());
    plan.join_fds = cgroup.join_fds();
    plan.inherited_fds = job.inherited_fds;
    plan.log_fd = job.log_fd;
    plan.host_name = inside_name;
    plan.needs_own_proc = false;
    plan.user_namespace = identity::in_user_namespace();
    plan.nice = job.nice;
    plan.idle_io = job.idle_io;
    const auto start = std::chrono::steady_clock::now();
    SF_TRY(const auto ended, run_init(plan, stop));
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;

    if (!ended.started)
        return tl::unexpected(
            start_failure(job, "chroot", runtime_errors(util::read_file(directory.log()).value_or(""))));
    Outcome outcome;
    outcome.exit_code = ended.exit_code;
    outcome.wall_seconds = wall.count();
    outcome.cpu_seconds = ended.cpu_seconds;
    cgroup.account(outcome);
    return outcome;
}

util::Result<std::unique_ptr<Backend>> make_host_backend(const stdfs::path& scratch)
{
    SF_TRY(auto programs, HostPrograms::find());
    SF_CHECK(util::make_directories(scratch));
    return std::unique_ptr<Backend>(std::make_unique<HostBackend>(std::move(programs), stdfs::absolute(scratch)));
}

} // namespace sf::sandbox
