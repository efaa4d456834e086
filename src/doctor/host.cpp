#include "doctor/checks.hpp"

#include "engine/package/memory.hpp"
#include "identity/identity.hpp"
#include "identity/user_namespace.hpp"
#include "sandbox/control_groups.hpp"
#include "util/files/fs.hpp"
#include "util/files/network_fs.hpp"
#include "util/process/install_hint.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <algorithm>

namespace sf::doctor {
namespace {

/// A first build of the default Slurm with its base image and sources, rounded up.
constexpr std::uint64_t first_build_bytes = 6ULL << 30U;

Finding look_at_user()
{
    const std::string subject = "user";
    if (::geteuid() != 0)
        return {State::fault, subject, "this kernel does not let ordinary users make namespaces",
                identity::how_to_have_builder()};
    if (!identity::in_user_namespace())
        return {State::ok, subject, "root", {}};
    if (identity::has_builder())
        return {State::ok, subject, "an ordinary user with subordinate ids", {}};
    return {State::warning, subject, "an ordinary user without subordinate ids: base images can be fetched, not made",
            identity::how_to_have_builder()};
}

std::uint64_t machine_memory()
{
    const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
    return pages * static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
}

/// The jobs at work may all be of one package, so they must have room in one sandbox.
Finding look_at_memory(const site::Site& site)
{
    const std::string subject = "memory";
    const auto memory = site.effective_memory_bytes();
    const auto jobs = site.effective_jobs();
    const auto job_memory = site.limits.job_memory_bytes;
    const auto available = engine::available_memory().value_or(memory);
    const auto text =
        fmt::format("{} parallel {}, {} for each (limits.job-memory), {} for one sandbox, {} available now", jobs,
                    jobs == 1 ? "job" : "jobs", util::human_bytes(job_memory), util::human_bytes(memory),
                    util::human_bytes(available));
    const auto fitting = engine::jobs_that_fit(std::min(memory, machine_memory()), job_memory);
    if (jobs > fitting)
        return {State::warning, subject, text,
                fitting == 0 ? "none has room: lower limits.job-memory, or raise limits.memory if the host has more"
                             : fmt::format("only {} have room: lower limits.jobs to that, or limits.job-memory; "
                                           "or raise limits.memory if the host has more",
                                           fitting)};
    if (available < job_memory)
        return {State::warning, subject, text,
                "end processes that use memory; until then builds run one job at a time"};
    return {State::ok, subject, text, {}};
}

std::string how_to_have_limits(const sandbox::ControlGroups& groups)
{
    if (::geteuid() == 0 && !identity::in_user_namespace())
        return groups.versions.empty()
                   ? "mount them: mount -t cgroup2 none /sys/fs/cgroup"
                   : "in a container: start it with control groups that it may write to, as a privileged one has them";
    return "build as root; where they are of version 1, an administrator can give you a group of each, as for "
           "mkdir /sys/fs/cgroup/memory/slurm-factory, chown of it, and likewise cpu, cpuacct and pids";
}

/// Without limits builds work all the same; but OCI runtimes want to see hierarchies.
Finding look_at_control_groups()
{
    const std::string subject = "control groups";
    const auto groups = sandbox::look_at_control_groups();
    if (groups.versions.empty())
        return {State::warning, subject, "none are mounted: nothing is limited, and OCI runtimes do not start",
                how_to_have_limits(groups)};
    const auto version = fmt::format("version {}", fmt::join(groups.versions, " and "));
    if (groups.limiting.empty())
        return {State::note, subject, version + ": nothing can be limited", how_to_have_limits(groups)};
    std::vector<std::string> missing;
    for (const std::string controller : {"memory", "cpu", "pids"})
        if (!groups.limiting.contains(controller))
            missing.push_back(controller);
    const auto text = fmt::format("{}: {} can be limited", version, fmt::join(groups.limiting, ", "));
    if (missing.empty())
        return {State::ok, subject, text, {}};
    return {State::note, subject, fmt::format("{}; {} cannot", text, util::join(missing, ", ")),
            how_to_have_limits(groups)};
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
    if (const auto network = util::network_file_system(site.root))
        return {State::warning, "root",
                fmt::format("{} is on {}: what is built needs overlays, which cannot be written there, and one machine "
                            "at a time may use it",
                            site.root.string(), *network),
                "choose a --root on a disk of this machine; what machines share is a binary cache ('cache push')"};
    return {State::ok, "root", site.root.string(), {}};
}

/// A program that one command or the other runs.
Finding look_at_program(const char* program, const char* what, const std::string& fix)
{
    if (util::find_program(program))
        return {State::ok, program, what, {}};
    return {State::note, program, fmt::format("{}: not installed", what), fix};
}

/// Without apt no base image can be made; those of others do as well.
Finding look_at_image_maker(const site::Site& site)
{
    const std::string subject = "mmdebstrap";
    if (!util::has_apt())
        return {site.cache.remotes.empty() ? State::warning : State::note, subject,
                "no base image can be made: this host has no apt",
                "take base images from a binary cache (cache.remotes), or from a registry: slurm-factory image import "
                "NAME oci://HOST/REPOSITORY:TAG"};
    if (util::find_program(subject))
        return {State::ok, subject, "makes base images", {}};
    return {State::warning, subject, "makes base images: not installed", util::how_to_install(subject)};
}

Finding look_at_overlays()
{
    const auto known = util::read_file("/proc/filesystems").value_or("");
    if (known.find("\toverlay\n") != std::string::npos)
        return {State::ok, "kernel", "has overlay file systems", {}};
    return {State::warning, "kernel", "has no overlay file system now", "modprobe overlay"};
}

} // namespace

Findings look_at_host(const site::Site& site)
{
    return {look_at_user(),
            look_at_root(site),
            look_at_space(site),
            look_at_memory(site),
            look_at_control_groups(),
            look_at_overlays(),
            look_at_image_maker(site),
            look_at_program("ssh", "reaches the hosts of deploy, status and rollback",
                            util::how_to_install("openssh-client", "openssh-clients")),
            look_at_program("gpg", "makes and checks OpenPGP signatures", util::how_to_install("gpg", "gnupg2"))};
}

} // namespace sf::doctor
