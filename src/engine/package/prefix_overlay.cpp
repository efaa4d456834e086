#include "engine/package/prefix_overlay.hpp"

#include "identity/identity.hpp"
#include "plan/plan.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>
#include <unordered_set>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;

util::Status make_directory_for_builder(const fs::path& directory)
{
    if (::mkdir(directory.c_str(), 0755) != 0 || ::chmod(directory.c_str(), 0755) != 0)
        return util::fail_errno(errno, fmt::format("cannot make the directory {}", directory.string()));
    if (::geteuid() == 0 && ::chown(directory.c_str(), identity::builder(), identity::builder()) != 0)
        return util::fail_errno(errno, fmt::format("cannot give {} to the builder", directory.string()));
    return {};
}

/// The build sees the times that the layers' own directories have: the same at each build.
util::Status set_time(const fs::path& directory)
{
    const std::array<timespec, 2> times{{{store::source_date_epoch, 0}, {store::source_date_epoch, 0}}};
    if (::utimensat(AT_FDCWD, directory.c_str(), times.data(), 0) != 0)
        return util::fail_errno(errno, fmt::format("cannot set the time of {}", directory.string()));
    return {};
}

util::Status make_directories_of_builder(const fs::path& upper, const std::vector<std::string>& directories)
{
    for (const auto& directory : directories)
        SF_CHECK(make_directory_for_builder(upper / directory));
    for (auto left = directories.size(); left > 0; --left) // making what is in a directory changes its time
        SF_CHECK(set_time(upper / directories[left - 1]));
    return set_time(upper);
}

} // namespace

std::vector<std::string> shown_directories(const std::vector<store::LayerPaths>& layers)
{
    std::set<std::string> shown;
    std::unordered_set<std::string> covered; // by files of layers above
    for (const auto& layer : layers) {
        std::unordered_set<std::string> reached = {""};
        for (const auto& directory : layer.directories) {
            if (covered.contains(directory) || !reached.contains(fs::path(directory).parent_path().string()))
                continue;
            reached.insert(directory);
            shown.insert(directory);
        }
        covered.insert(layer.others.begin(), layer.others.end());
    }
    return {shown.begin(), shown.end()};
}

util::Result<PrefixOverlay> make_prefix_overlay(const store::LayerStore& layers,
                                                const std::vector<const store::Action*>& dependencies,
                                                const fs::path& upper, const fs::path& work,
                                                const util::StopToken& stop)
{
    PrefixOverlay prefix{{plan::prefix, {}, upper, work}, {}};
    std::vector<store::LayerPaths> paths;
    // Packages may share a layer, an empty one for example, and an overlay refuses a directory that comes twice.
    std::set<util::Digest> mounted;
    for (const auto* dependency : dependencies)
        for (const auto& digest : {dependency->layers.run, dependency->layers.dev}) {
            if (!mounted.insert(digest).second)
                continue;
            auto found = layers.inspect(digest, stop);
            if (!found)
                return util::fail(std::move(found).error(),
                                  fmt::format("building on {}@{}", dependency->package, dependency->version));
            paths.push_back(std::move(*found));
            prefix.overlay.lower.push_back(layers.tree(digest));
        }
    prefix.directories = shown_directories(paths);
    SF_CHECK(make_directories_of_builder(upper, prefix.directories));
    return prefix;
}

util::Status drop_untouched(const PrefixOverlay& prefix)
{
    const std::unordered_set<std::string> made(prefix.directories.begin(), prefix.directories.end());
    // The build may have put links into their places; this walk follows none.
    SF_TRY(const auto entries, util::walk_tree(prefix.overlay.upper));
    for (auto left = entries.size(); left > 0; --left) {
        const auto& entry = entries[left - 1];
        const auto path = prefix.overlay.upper / entry.relative;
        if (entry.type == fs::file_type::directory && made.contains(entry.relative.string()) &&
            ::rmdir(path.c_str()) != 0 && errno != ENOTEMPTY && errno != EEXIST)
            return util::fail_errno(errno, fmt::format("cannot remove {}", path.string()));
    }
    return {};
}

} // namespace sf::engine
