#include "engine/package/overwritten.hpp"

#include "util/files/foreign_tree.hpp"
#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <map>
#include <system_error>
#include <utility>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;

/// A layer that the package was built on.
struct Below {
    const store::Action* owner;
    fs::path tree;
};

std::vector<Below> layers_below(const store::LayerStore& layers, const std::vector<const store::Action*>& dependencies)
{
    std::vector<Below> below;
    for (const auto* owner : dependencies)
        for (const auto& digest : {owner->layers.run, owner->layers.dev})
            below.push_back({owner, layers.tree(digest)});
    return below;
}

} // namespace

util::Result<std::optional<Overwritten>> find_overwritten(const store::LayerStore& layers,
                                                          const std::vector<const store::Action*>& dependencies,
                                                          const fs::path& tree)
{
    SF_TRY(const auto entries, util::walk_tree(tree)); // a directory precedes its contents
    std::map<fs::path, std::vector<Below>> sharing = {{"", layers_below(layers, dependencies)}};
    for (const auto& entry : entries) {
        const bool directory = entry.type == fs::file_type::directory;
        const store::Action* owner = nullptr;
        std::vector<Below> shared;
        for (const auto& below : sharing[entry.relative.parent_path()]) {
            std::error_code ignored;
            const auto there = fs::symlink_status(below.tree / entry.relative, ignored).type();
            if (directory && there == fs::file_type::directory)
                shared.push_back(below);
            else if (there != fs::file_type::not_found && there != fs::file_type::none && owner == nullptr)
                owner = below.owner;
        }
        if (owner != nullptr && shared.empty())
            return Overwritten{entry.relative.string(), owner};
        if (directory)
            sharing.emplace(entry.relative, std::move(shared));
    }
    return std::optional<Overwritten>();
}

const store::Action* owner_of(const store::LayerStore& layers, const std::vector<const store::Action*>& dependencies,
                              const std::string& path)
{
    for (const auto& below : layers_below(layers, dependencies)) {
        const auto tree = util::ForeignTree::open(below.tree);
        const auto found = tree ? tree->open(path, O_PATH | O_NOFOLLOW) : tl::unexpected(tree.error());
        struct stat st = {};
        if (found && ::fstat(found->get(), &st) == 0 && !S_ISDIR(st.st_mode))
            return below.owner;
    }
    return nullptr;
}

} // namespace sf::engine
