#include "engine/package/compiler_cache.hpp"

#include "engine/package/environment.hpp"
#include "identity/identity.hpp"
#include "util/fd.hpp"
#include "util/files/directory.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;
using util::Result;
using util::Status;

constexpr const char* packages_name = "packages";

/// The directory that holds those of all packages. Until compiler caches were apart, builds could write where it is
/// now: a link or a directory of the builder's is none of ours.
Status make_caches(const fs::path& caches)
{
    struct stat status = {};
    const bool found = ::lstat(caches.c_str(), &status) == 0;
    const bool foreign = found && status.st_uid == identity::builder() && identity::builder() != ::geteuid();
    if (found && (!S_ISDIR(status.st_mode) || foreign))
        SF_CHECK(util::remove_tree(caches));
    return util::make_directories(caches);
}

/// caches/package, the builder's.
Result<fs::path> make_package_cache(const fs::path& caches, const std::string& package)
{
    SF_CHECK(make_caches(caches));
    auto path = caches / package;
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        return util::fail_errno(errno, fmt::format("cannot make the directory {}", path.string()));
    SF_TRY(const auto fd, util::open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (::geteuid() == 0 && ::fchown(fd.get(), identity::builder(), identity::builder()) != 0)
        return util::fail_errno(errno, fmt::format("cannot give {} to the builder", path.string()));
    return path;
}

/// One file of a package's cache.
struct Object {
    std::size_t tree = 0; ///< whose it is
    fs::path path;        ///< in the tree
    timespec used = {};   ///< ccache renews it with each hit
    std::uint64_t bytes = 0;
};

/// Deeper than ccache's own directories go.
constexpr int most_levels = 8;

/// Appends the files below an open directory. What goes meanwhile is passed over.
void list_objects(int directory, std::size_t tree, const fs::path& path, int level, std::vector<Object>& objects)
{
    constexpr std::uint64_t bytes_of_block = 512;
    const auto names = util::names_in(directory, path.string());
    if (!names)
        return;
    for (const auto& name : *names) {
        struct stat status = {};
        if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && level < most_levels) {
            const util::UniqueFd below(
                ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (below)
                list_objects(below.get(), tree, path / name, level + 1, objects);
            continue;
        }
        // A directory down here is none of ccache's: it goes first, as something that was never used.
        objects.push_back({tree, path / name, S_ISDIR(status.st_mode) ? timespec{} : status.st_mtim,
                           static_cast<std::uint64_t>(status.st_blocks) * bytes_of_block});
    }
}

} // namespace

Status add_compiler_cache(const site::Site& site, const std::string& package, sandbox::Job& job)
{
    SF_TRY(auto cache, make_package_cache(site.compiler_caches(), package));
    job.binds.push_back({std::move(cache), ccache_directory, true});
    if (site.compiler.remote_is_directory()) {
        SF_TRY(auto remote, make_package_cache(fs::path(site.compiler.remote) / packages_name, package));
        job.binds.push_back({std::move(remote), ccache_remote_directory, true});
    }
    job.network = site.compiler.needs_network();
    for (const auto* file : {"/etc/hosts", "/etc/resolv.conf"})
        if (job.network && util::path_exists(file))
            job.binds.push_back({file, file, false});
    return {};
}

Result<std::uint64_t> trim_compiler_caches(const fs::path& caches, std::uint64_t most, bool dry_run)
{
    SF_TRY(const auto packages, util::names_in(caches));
    std::vector<util::ForeignTree> trees;
    std::vector<Object> objects;
    for (const auto& package : packages) {
        auto tree = util::ForeignTree::open(caches / package);
        if (!tree)
            continue;
        if (const auto top = tree->open(".", O_RDONLY | O_DIRECTORY))
            list_objects(top->get(), trees.size(), {}, 0, objects);
        trees.push_back(std::move(*tree));
    }
    std::uint64_t bytes = 0;
    for (const auto& object : objects)
        bytes += object.bytes;
    std::sort(objects.begin(), objects.end(), [](const Object& a, const Object& b) {
        return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
    });
    std::uint64_t freed = 0;
    Status failed;
    for (const auto& object : objects) {
        if (bytes - freed <= most)
            return freed;
        auto removed = dry_run ? Status() : trees[object.tree].remove(object.path);
        if (removed)
            freed += object.bytes;
        else // another may do
            failed = std::move(removed);
    }
    SF_CHECK(failed);
    return freed;
}

} // namespace sf::engine
