#include "image/inside.hpp"

#include "identity/identity.hpp"
#include "util/foreign_tree.hpp"
#include "util/text.hpp"

#include <utility>

namespace sf::image {
namespace {

/// $1: the root file system, $2: user and group, $3: the command, $4: where /dev is in it, as a path without links;
/// the files by which a process joins control groups; --; then three words for each directory shown: where it is, where
/// it is to be seen, and whether it is ro or rw.
///
/// The system may be a stranger's. So its programs see a few devices only, have no terminal that they could type into,
/// and nothing of the environment; the user is a number that chroot(1) does not look up in the system's files. In a
/// user namespace a mount may gain options and not lose them, and not be taken apart from what is mounted below it.
constexpr const char* inside_script = R"(root=$1 user=$2 command=$3 dev=$root$4
shift 4
while [ "$1" != -- ]; do
    echo 0 >"$1" || exit 125
    shift
done
shift
mount --bind "$root" "$root" && mount -t tmpfs -o nosuid,noexec,mode=755 tmpfs "$dev" || exit 125
for device in null zero full random urandom tty; do
    : >"$dev/$device" && mount --bind "/dev/$device" "$dev/$device" || exit 125
done
mount -o remount,ro,nosuid,nodev,bind "$root" || exit 125
while [ $# -gt 0 ]; do
    mount --bind "$1" "$root$2" && mount -o "remount,$3,nosuid,nodev,bind" "$root$2" || exit 125
    shift 3
done
exec env -i "PATH=$PATH" LC_ALL=C HOME=/ setsid chroot --userspec="$user" --groups= "$root" /bin/sh -c "$command")";

} // namespace

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
    command.argv = {"unshare",     "--pid",         "--fork",        "--kill-child",
                    "--mount",     "--net",         "/bin/sh",       "-c",
                    inside_script, "inside",        rootfs.string(), fmt::format("+{0}:+{0}", identity::builder()),
                    inside.shell,  devices.string()};
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
