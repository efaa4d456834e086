#include "sandbox/mounts.hpp"

#include "identity/identity.hpp"
#include "util/files/directory.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>
#include <utility>

namespace sf::sandbox {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

util::Status check_inside(const Job& job, const stdfs::path& inside)
{
    const bool climbs = std::find(inside.begin(), inside.end(), "..") != inside.end();
    if (!inside.is_absolute() || climbs || inside.lexically_normal().relative_path().empty())
        return util::fail(ErrorCode::sandbox, fmt::format("job '{}': '{}' is no place to mount on: it must be an "
                                                          "absolute path below / and without '..'",
                                                          job.name, inside.string()));
    return {};
}

stdfs::path tidy(const stdfs::path& inside)
{
    auto text = inside.lexically_normal().string();
    while (text.size() > 1 && text.back() == '/')
        text.pop_back();
    return text;
}

std::ptrdiff_t depth(const stdfs::path& path)
{
    return std::distance(path.begin(), path.end());
}

bool lies_below(const stdfs::path& path, const stdfs::path& directory)
{
    const auto [at, ignored] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
    return at == directory.end() && path != directory;
}

std::vector<Mount> standard_mounts()
{
    std::vector<Mount> mounts = {
        {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
        {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
        {"/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
    };
    if (identity::has_builder()) // where only the caller exists, group tty does not
        mounts.back().options.emplace_back("gid=5");
    for (const auto* inside : {"/dev/shm", "/tmp", "/var/tmp"})
        mounts.push_back({inside, "tmpfs", "tmpfs", {"nosuid", "nodev", "mode=1777"}, false, 01777});
    return mounts;
}

std::string owner_option(const char* name)
{
    return fmt::format("{}={}", name, identity::builder());
}

util::Result<Mount> bind_mount(const Job& job, const Bind& bind)
{
    std::error_code error;
    const auto status = stdfs::status(bind.host, error);
    if (!stdfs::exists(status))
        return util::fail(ErrorCode::sandbox, fmt::format("job '{}': {}, to be shown as {}, does not exist", job.name,
                                                          bind.host.string(), bind.inside.string()));
    Mount mount{tidy(bind.inside), "bind", util::absolute_path(bind.host).string(), {"bind", "nosuid", "nodev"}};
    mount.options.emplace_back(bind.writable ? "rw" : "ro");
    mount.is_file = !stdfs::is_directory(status);
    return mount;
}

/// A directory of the skeleton hides the attributes of the image's, so it takes them over.
util::Status copy_mode(const stdfs::path& from, const stdfs::path& to)
{
    struct stat st = {};
    if (::stat(from.c_str(), &st) != 0)
        return {};
    // In a user namespace the image's owner may not exist: then nobody can tell who it is.
    const bool owned = ::chown(to.c_str(), st.st_uid, st.st_gid) == 0 || errno == EINVAL;
    if (!owned || ::chmod(to.c_str(), st.st_mode & 07777U) != 0)
        return util::fail_errno(errno, fmt::format("cannot prepare {}", to.string()));
    return {};
}

util::Status make_mount_point(const stdfs::path& rootfs, const stdfs::path& skeleton, const stdfs::path& resolved,
                              const Mount& mount)
{
    stdfs::path at;
    for (const auto& part : mount.is_file ? resolved.parent_path() : resolved) {
        at /= part;
        const auto directory = skeleton / at.relative_path();
        if (util::path_exists(directory))
            continue;
        SF_CHECK(util::make_directories(directory));
        if (::chmod(directory.c_str(), 0755) != 0)
            return util::fail_errno(errno, fmt::format("cannot prepare {}", directory.string()));
        SF_CHECK(copy_mode(rootfs / at.relative_path(), directory));
    }
    const auto point = skeleton / resolved.relative_path();
    if (mount.is_file)
        SF_CHECK(util::open_file(point, O_WRONLY | O_CREAT));
    else if (::chmod(point.c_str(), mount.mode) != 0)
        return util::fail_errno(errno, fmt::format("cannot prepare {}", point.string()));
    return {};
}

} // namespace

util::Status check_job(const Job& job)
{
    if (job.argv.empty() || job.argv.front().empty())
        return util::fail(ErrorCode::sandbox, fmt::format("job '{}' has no command", job.name));
    std::set<stdfs::path> seen;
    auto check = [&job, &seen](const stdfs::path& inside) -> util::Status {
        SF_CHECK(check_inside(job, inside));
        if (!seen.insert(tidy(inside)).second)
            return util::fail(ErrorCode::sandbox, fmt::format("job '{}' mounts {} twice", job.name, inside.string()));
        return {};
    };
    for (const auto& bind : job.binds)
        SF_CHECK(check(bind.inside));
    for (const auto& overlay : job.overlays) {
        SF_CHECK(check(overlay.inside));
        if (overlay.upper.empty() || overlay.work.empty())
            return util::fail(ErrorCode::sandbox, fmt::format("job '{}': the overlay on {} has no upper directory",
                                                              job.name, overlay.inside.string()));
    }
    for (const auto& inside : job.tmpfs)
        SF_CHECK(check(inside));
    if (!job.directory.is_absolute())
        return util::fail(ErrorCode::sandbox, fmt::format("job '{}': its directory '{}' is not absolute", job.name,
                                                          job.directory.string()));
    for (const int fd : job.inherited_fds)
        if (::fcntl(fd, F_GETFD) < 0)
            return util::fail(ErrorCode::sandbox,
                              fmt::format("job '{}': the descriptor {} to hand in is not open", job.name, fd));
    return {};
}

util::Result<stdfs::path> resolve_inside(const stdfs::path& rootfs, const stdfs::path& inside)
{
    SF_TRY(const auto tree, util::ForeignTree::open(rootfs));
    auto resolved = tree.resolve(inside);
    if (!resolved)
        return util::fail(ErrorCode::sandbox, fmt::format("{} is no place to mount on in the image {}: {}",
                                                          inside.string(), rootfs.string(), resolved.error().message));
    return resolved;
}

util::Result<std::vector<Mount>> plan_mounts(const Job& job, const std::vector<stdfs::path>& overlay_targets)
{
    std::vector<Mount> own;
    for (const auto& inside : job.tmpfs)
        own.push_back({tidy(inside),
                       "tmpfs",
                       "tmpfs",
                       {"nosuid", "nodev", "mode=755", owner_option("uid"), owner_option("gid")}});
    for (std::size_t i = 0; i < job.overlays.size(); ++i)
        own.push_back(
            {tidy(job.overlays[i].inside), "bind", overlay_targets.at(i).string(), {"bind", "nosuid", "nodev", "rw"}});
    for (const auto& bind : job.binds) {
        SF_TRY(auto mount, bind_mount(job, bind));
        own.push_back(std::move(mount));
    }
    std::vector<Mount> mounts;
    for (auto& mount : standard_mounts()) {
        auto same = [&mount](const Mount& other) { return other.inside == mount.inside; };
        if (std::none_of(own.begin(), own.end(), same))
            mounts.push_back(std::move(mount));
    }
    std::move(own.begin(), own.end(), std::back_inserter(mounts));
    std::stable_sort(mounts.begin(), mounts.end(),
                     [](const Mount& a, const Mount& b) { return depth(a.inside) < depth(b.inside); });
    return mounts;
}

util::Status make_skeleton(const stdfs::path& rootfs, const stdfs::path& skeleton, const std::vector<Mount>& mounts)
{
    SF_CHECK(util::make_directories(skeleton));
    if (::chmod(skeleton.c_str(), 0755) != 0)
        return util::fail_errno(errno, fmt::format("cannot prepare {}", skeleton.string()));
    for (const auto& mount : mounts) {
        // What lies on another mount is made there by the runtime.
        auto covers = [&mount](const Mount& other) { return lies_below(mount.inside, other.inside); };
        if (std::any_of(mounts.begin(), mounts.end(), covers))
            continue;
        SF_TRY(const auto resolved, resolve_inside(rootfs, mount.inside));
        std::error_code error;
        const auto status = stdfs::symlink_status(rootfs / resolved.relative_path(), error);
        if (!stdfs::exists(status))
            SF_CHECK(make_mount_point(rootfs, skeleton, resolved, mount));
        else if (stdfs::is_directory(status) == mount.is_file)
            return util::fail(ErrorCode::sandbox,
                              fmt::format("{} cannot be mounted on {}: one is a directory and the other is not",
                                          mount.source, mount.inside.string()));
    }
    return {};
}

} // namespace sf::sandbox
