#include "image/inside.hpp"

#include "identity/identity.hpp"
#include "util/text.hpp"

namespace sf::image {
namespace {

/// $1: the root file system, $2: user and group, $3: the command; then three words for each directory shown: where it
/// is, where it is to be seen, and whether it is ro or rw. A finished image has no /dev/null of its own. In a user
/// namespace a mount may gain options and not lose them, and not be taken apart from what is mounted below it.
constexpr const char* inside_script = R"(root=$1 user=$2 command=$3
mount --bind "$root" "$root" && mount --rbind /dev "$root/dev" && mount -o remount,ro,nosuid,nodev,bind "$root" || exit 125
shift 3
while [ $# -gt 0 ]; do
    mount --bind "$1" "$root$2" && mount -o "remount,$3,nosuid,nodev,bind" "$root$2" || exit 125
    shift 3
done
exec chroot --userspec="$user" "$root" /bin/sh -c "$command")";

} // namespace

util::Result<util::CommandResult> run_inside(const InsideCommand& inside, const util::StopToken& stop)
{
    util::Command command;
    command.argv = {"unshare",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    "--mount",
                    "--net",
                    "/bin/sh",
                    "-c",
                    inside_script,
                    "inside",
                    inside.rootfs.string(),
                    fmt::format("{0}:{0}", identity::builder()),
                    inside.shell};
    for (const auto& [directory, at, writable] : inside.shown) {
        command.argv.push_back(directory.string());
        command.argv.push_back(at);
        command.argv.emplace_back(writable ? "rw" : "ro");
    }
    command.environment_changes = {{"PATH", util::join({program_directories.begin(), program_directories.end()}, ":")},
                                   {"LC_ALL", "C"},
                                   {"HOME", "/"}};
    command.stop = stop;
    command.timeout = inside.patience;
    return util::run(command);
}

} // namespace sf::image
