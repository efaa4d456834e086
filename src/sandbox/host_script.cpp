#include "sandbox/host_script.hpp"

#include "identity/identity.hpp"
#include "util/install_hint.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

#include <utility>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;

std::string quoted(const stdfs::path& path)
{
    return util::shell_quote(path.string());
}

/// The mount point may lie in another mount, where nobody has made it yet.
std::string make_point(const Mount& mount, const stdfs::path& target)
{
    if (!mount.is_file)
        return fmt::format("[ -d {0} ] || mkdir -p {0}\n", quoted(target));
    return fmt::format("[ -e {0} ] || {{ mkdir -p {1}; : >{0}; }}\n", quoted(target), quoted(target.parent_path()));
}

/// Empty for what comes along with another mount.
std::string mount_lines(const stdfs::path& program, const Mount& mount, const stdfs::path& target)
{
    const auto point = make_point(mount, target);
    const auto options = util::join(mount.options, ",");
    if (mount.type == "devpts")
        return {};
    if (mount.inside == "/proc" || mount.inside == "/dev")
        return point + fmt::format("{} --rbind {} {}\n", quoted(program), quoted(mount.inside), quoted(target));
    if (mount.type == "tmpfs")
        return point + fmt::format("{} -t tmpfs -o {} tmpfs {}\n", quoted(program), options, quoted(target));
    return point + fmt::format("{0} --bind {1} {2}\n{0} -o remount,{3} {2}\n", quoted(program),
                               util::shell_quote(mount.source), quoted(target), options);
}

/// Whether the image's shell finds the job's program, by the job's PATH. The shell has the rights of the job's programs
/// already; chroot(1) has not, so nothing else of the job's environment is there, LD_PRELOAD least of all, and the user
/// is a number that it does not look up in the image's files.
std::string look_for_program(const Job& job, const HostScriptInput& input)
{
    const auto path = job.environment.find("PATH");
    const auto program = util::shell_quote(job.argv.front());
    auto text = quoted(input.programs.env) + " -i";
    if (path != job.environment.end())
        text += " " + util::shell_quote("PATH=" + path->second);
    text += " " + quoted(input.programs.chroot);
    if (identity::has_builder())
        text += fmt::format(" --userspec=+{0}:+{0} --groups=", identity::builder());
    return text + fmt::format(" {} /bin/sh -c 'cd \"$1\"; command -v \"$0\" >/dev/null' {} {} ||\n"
                              "{{ printf 'no executable file %s\\n' {} >&2; exit 1; }}\n",
                              quoted(input.root), program, quoted(job.directory), program);
}

} // namespace

util::Result<HostPrograms> HostPrograms::find()
{
    HostPrograms programs;
    const std::vector<std::pair<const char*, stdfs::path*>> wanted = {
        {"chroot", &programs.chroot}, {"env", &programs.env}, {"mount", &programs.mount}};
    for (const auto& [name, place] : wanted) {
        const auto found = util::find_program(name);
        if (!found)
            return util::fail(util::ErrorCode::sandbox, fmt::format("'{}' is not installed", name),
                              util::how_to_install("coreutils mount", "coreutils util-linux"));
        *place = *found;
    }
    return programs;
}

util::Result<std::string> host_script(const Job& job, const HostScriptInput& input)
{
    const auto& programs = input.programs;
    std::string text = "set -eu\n{\n";
    for (const auto& mount : input.mounts) {
        SF_TRY(const auto inside, resolve_inside(job.rootfs, mount.inside));
        text += mount_lines(programs.mount, mount, input.root / inside.relative_path());
    }
    text += fmt::format("{} -o remount,bind,ro {}\n", quoted(programs.mount), quoted(input.root));
    text += look_for_program(job, input);
    return text + fmt::format("}} 2>{}\n", quoted(input.log));
}

} // namespace sf::sandbox
