#include "app/session/presence.hpp"
#include "doctor/checks.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <filesystem>
#include <system_error>

namespace sf::doctor {
namespace {

namespace fs = std::filesystem;

/// Nothing makes mounts outside of a sandbox, and those go with their processes.
Findings find_mounts(const site::Site& site)
{
    Findings findings;
    const auto mounts = util::read_file("/proc/self/mountinfo").value_or("");
    for (const auto& line : util::split(mounts, '\n')) {
        const auto fields = util::split(line, ' ');
        constexpr std::size_t mount_point = 4;
        if (fields.size() > mount_point && fields[mount_point].starts_with(site.root.string() + "/"))
            findings.push_back({State::warning, "leftovers", fmt::format("{} is a mount", fields[mount_point]),
                                "umount " + fields[mount_point]});
    }
    return findings;
}

std::size_t count_leftovers(const fs::path& work)
{
    std::size_t count = 0;
    for (const auto& path : util::readable_paths_in(work)) {
        const auto name = path.filename().string();
        if (!name.starts_with("lock") && name != "present" && name != "sandbox")
            ++count;
    }
    return count;
}

} // namespace

Findings look_at_leftovers(const site::Site& site)
{
    const auto alone = app::Remover::alone(site);
    if (!alone)
        return {{State::ok, "leftovers", "not looked at: another slurm-factory works in this root", {}}};
    auto findings = find_mounts(site);
    const auto count = count_leftovers(site.work());
    if (count > 0)
        findings.push_back({State::ok, "leftovers",
                            fmt::format("{} {} in {}", count, count == 1 ? "entry" : "entries", site.work().string()),
                            "the next build removes them, or 'slurm-factory clean' now"});
    if (findings.empty())
        findings.push_back({State::ok, "leftovers", "none", {}});
    return findings;
}

} // namespace sf::doctor
