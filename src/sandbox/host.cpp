#include "sandbox/host.hpp"

#include "identity/identity.hpp"
#include "util/directory.hpp"
#include "util/fs.hpp"

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

HostBackend::HostBackend(HostPrograms programs, const stdfs::path& scratch) :
    InitBackend("chroot", Isolation::files, scratch), programs_(std::move(programs))
{
}

std::string HostBackend::name() const
{
    return fmt::format("host (no isolation{})", without_limits());
}

util::Status HostBackend::plan_start(const Job& job, const RunDirectory& directory, const JobCgroup& cgroup,
                                     InitPlan& plan) const
{
    const auto script = directory.path() / "start.sh";
    SF_TRY(const auto text, host_script(job, {programs_, directory.root(), directory.mounts, directory.log()}));
    SF_CHECK(util::write_file_atomic(script, text));
    plan.argv = {"/bin/sh", script.string()};
    plan.entry = entry_of(job, directory.root());
    plan.join_fds = cgroup.join_fds();
    plan.host_name = inside_name;
    plan.needs_own_proc = false;
    return {};
}

util::Result<std::unique_ptr<Backend>> make_host_backend(const stdfs::path& scratch)
{
    SF_TRY(auto programs, HostPrograms::find());
    SF_CHECK(util::make_directories(scratch));
    return std::unique_ptr<Backend>(std::make_unique<HostBackend>(std::move(programs), util::absolute_path(scratch)));
}

} // namespace sf::sandbox
