#include "doctor/checks.hpp"

#include "build/memory.hpp"
#include "identity/identity.hpp"
#include "identity/user_namespace.hpp"
#include "util/fs.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

#include <unistd.h>

namespace sf::doctor {
namespace {

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

Findings look_at_host(const site::Site& site)
{
    return {look_at_user(),       look_at_root(site), look_at_space(site),
            look_at_memory(site), look_at_overlays(), look_at_program("mmdebstrap", "makes base images", "mmdebstrap")};
}

} // namespace sf::doctor
