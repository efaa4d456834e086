#include "image/inside.hpp"

#include "identity/identity.hpp"
#include "util/foreign_file.hpp"
#include "util/foreign_tree.hpp"
#include "util/text.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sf::image {
namespace {

/// $1: the root file system, $2: user and group, $3: the command, $4: where /dev is in it, as a path without links, $5:
/// the most that it may write to a file, in blocks of 512 bytes; then three words for each directory shown: where it
/// is, where it is to be seen, and whether it is ro or rw.
///
/// The system may be a stranger's. So its programs see a few devices only, have no terminal that they could type into,
/// and nothing of the environment; the user is a number that chroot(1) does not look up in the system's files. In a
/// user namespace a mount may gain options and not lose them, and not be taken apart from what is mounted below it.
constexpr const char* inside_script = R"(root=$1 user=$2 command=$3 dev=$root$4 most=$5
shift 5
mount --bind "$root" "$root" && mount -t tmpfs -o nosuid,noexec,mode=755 tmpfs "$dev" || exit 125
for device in null zero full random urandom tty; do
    : >"$dev/$device" && mount --bind "/dev/$device" "$dev/$device" || exit 125
done
mount -o remount,ro,nosuid,nodev,bind "$root" || exit 125
while [ $# -gt 0 ]; do
    mount --bind "$1" "$root$2" && mount -o "remount,$3,nosuid,nodev,bind" "$root$2" || exit 125
    shift 3
done
ulimit -f "$most" || exit 125
exec env -i "PATH=$PATH" LC_ALL=C HOME=/ setsid chroot --userspec="$user" --groups= "$root" /bin/sh -c "$command")";

} // namespace

util::Result<util::CommandResult> run_inside(const InsideCommand& inside, const util::StopToken& stop)
{
    constexpr std::uint64_t most_output = std::uint64_t{16} << 20U;
    constexpr std::uint64_t block = 512;
    // A file and no pipe: what is written to it can be limited.
    const util::UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
    if (!output)
        return util::fail_errno(errno, "cannot make a file in memory");
    SF_TRY(const auto system, util::ForeignTree::open(inside.rootfs));
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
                    inside_script,
                    "inside",
                    inside.rootfs.string(),
                    fmt::format("+{0}:+{0}", identity::builder()),
                    inside.shell,
                    devices.string(),
                    std::to_string(most_output / block)};
    for (const auto& [directory, at, writable] : inside.shown) {
        SF_TRY(const auto place, system.resolve(at));
        command.argv.push_back(directory.string());
        command.argv.push_back(place.string());
        command.argv.emplace_back(writable ? "rw" : "ro");
    }
    command.environment_changes = {{"PATH", util::join({program_directories.begin(), program_directories.end()}, ":")}};
    command.output_fd = output.get();
    command.stop = stop;
    command.timeout = inside.patience;
    SF_TRY(auto result, util::run(command));
    if (::lseek(output.get(), 0, SEEK_SET) < 0)
        return util::fail_errno(errno, "cannot read a file in memory");
    SF_TRY(result.output,
           util::read_bounded(output.get(), 2 * most_output, "the output")); // some shells' blocks are larger
    return result;
}

} // namespace sf::image
