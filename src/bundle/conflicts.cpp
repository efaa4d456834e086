#include "bundle/bundle.hpp"
#include "manifest/manifest.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <map>

namespace sf::bundle {

namespace {

/// The package that was first to put something at a path.
struct Owner {
    std::string package;
    bool directory = false;
};

/// Directories may be shared; anything else has one owner.
std::optional<std::string> clash(const Owner& first, const Owner& second, const std::string& path)
{
    if (first.directory && second.directory)
        return std::nullopt;
    if (first.directory == second.directory)
        return fmt::format("{}: {} and {}", path, first.package, second.package);
    const auto kind = [](const Owner& owner) { return owner.directory ? "a directory" : "a file"; };
    return fmt::format("{}: {} of {} and {} of {}", path, kind(first), first.package, kind(second), second.package);
}

} // namespace

util::Status check_conflicts(const BundleRequest& request, const store::LayerStore& layers)
{
    constexpr std::size_t most_shown = 20;
    std::map<std::string, Owner> owners{{manifest::place, {"slurm-factory", false}}};
    std::vector<std::string> clashes;
    for (const auto& package : request.packages) {
        SF_TRY(const auto entries, util::walk_tree(layers.tree(package.layers.run)));
        for (const auto& entry : entries) {
            const Owner owner{package.name, entry.type == std::filesystem::file_type::directory};
            const auto [first, added] = owners.emplace(entry.relative.string(), owner);
            if (added)
                continue;
            if (auto found = clash(first->second, owner, first->first))
                clashes.push_back(std::move(*found));
        }
    }
    if (clashes.empty())
        return {};
    const auto count = clashes.size();
    if (count > most_shown) {
        clashes.resize(most_shown);
        clashes.push_back(fmt::format("and {} more", count - most_shown));
    }
    return util::fail(util::ErrorCode::conflict,
                      fmt::format("two packages install the same path:\n  {}", util::join(clashes, "\n  ")),
                      "leave the path out of one of them with `slices: drop:` in its recipe");
}

} // namespace sf::bundle
