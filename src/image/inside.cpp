#include "image/inside.hpp"

#include "identity/identity.hpp"
#include "image/inside.sh.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/text.hpp"

#include <utility>

namespace sf::image {

sandbox::Limits limits_of(const site::Site& site)
{
    return {site.effective_memory_bytes(), site.limits.pids};
}

util::Result<util::CommandResult> run_inside(const InsideCommand& inside, const util::StopToken& stop)
{
    constexpr std::size_t most_output = std::size_t{1} << 20U;
    const auto& [rootfs, limits] = inside.system;
    SF_TRY(const auto system, util::ForeignTree::open(rootfs));
    SF_TRY(const auto group, sandbox::LimitGroup::make("a base image's programs", limits));
    SF_TRY(const auto devices, system.resolve("dev"));
    util::Command command;
    command.argv = {"unshare",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    "--mount",
                    "--net",
                    "/bin/sh",
                    "-c",
                    std::string(inside_sh()),
                    "inside",
                    rootfs.string(),
                    fmt::format("+{0}:+{0}", identity::builder()),
                    inside.shell,
                    devices.string()};
    for (const auto& file : group.join_files())
        command.argv.push_back(file.string());
    command.argv.emplace_back("--");
    for (const auto& [directory, at, writable] : inside.shown) {
        SF_TRY(const auto place, system.resolve(at));
        command.argv.push_back(directory.string());
        command.argv.push_back(place.string());
        command.argv.emplace_back(writable ? "rw" : "ro");
    }
    command.environment_changes = {{"PATH", util::join({program_directories.begin(), program_directories.end()}, ":")}};
    command.most_output = most_output;
    command.stop = stop;
    command.timeout = inside.patience;
    SF_TRY(auto result, util::run(command));
    if (group.ran_out_of_memory())
        result.output +=
            fmt::format("\nkilled for lack of memory (limits.memory: {})\n", util::human_bytes(limits.memory_bytes));
    return result;
}

} // namespace sf::image
