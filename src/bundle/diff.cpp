#include "bundle/diff.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace sf::bundle {
namespace {

constexpr std::string_view plugin_directory = "lib/slurm/";

bool equal(const File& one, const File& other)
{
    return one == other;
}

bool equal(const Shipped& one, const Shipped& other)
{
    return one.version == other.version && one.variants == other.variants && one.layer == other.layer;
}

template <typename Thing> struct Compared {
    std::vector<Change<Thing>> changes;
    std::uint64_t same = 0;
};

template <typename Thing>
Compared<Thing> compare(const std::map<std::string, Thing>& before, const std::map<std::string, Thing>& after)
{
    Compared<Thing> compared;
    for (const auto& [name, thing] : before) {
        const auto other = after.find(name);
        if (other == after.end())
            compared.changes.push_back({name, thing, std::nullopt});
        else if (equal(thing, other->second))
            ++compared.same;
        else
            compared.changes.push_back({name, thing, other->second});
    }
    for (const auto& [name, thing] : after)
        if (!before.contains(name))
            compared.changes.push_back({name, std::nullopt, thing});
    std::sort(compared.changes.begin(), compared.changes.end(),
              [](const auto& one, const auto& other) { return one.name < other.name; });
    return compared;
}

std::set<std::string> plugins(const Contents& contents)
{
    std::set<std::string> names;
    for (const auto& [path, file] : contents.files) {
        const auto name = std::string_view(path);
        if (name.starts_with(plugin_directory) && name.ends_with(".so") &&
            name.find('/', plugin_directory.size()) == std::string_view::npos)
            names.emplace(name.substr(plugin_directory.size()));
    }
    return names;
}

std::uint64_t bytes_of(const Contents& contents)
{
    std::uint64_t bytes = 0;
    for (const auto& [path, file] : contents.files)
        bytes += file.bytes;
    return bytes;
}

} // namespace

Diff diff(Contents before, Contents after)
{
    Diff diff;
    diff.packages = compare(before.packages, after.packages).changes;
    auto files = compare(before.files, after.files);
    diff.files = std::move(files.changes);
    diff.same = files.same;
    const auto old_plugins = plugins(before);
    const auto new_plugins = plugins(after);
    std::set_difference(new_plugins.begin(), new_plugins.end(), old_plugins.begin(), old_plugins.end(),
                        std::back_inserter(diff.plugins_added));
    std::set_difference(old_plugins.begin(), old_plugins.end(), new_plugins.begin(), new_plugins.end(),
                        std::back_inserter(diff.plugins_removed));
    diff.bytes_before = bytes_of(before);
    diff.bytes_after = bytes_of(after);
    before.files.clear();
    after.files.clear();
    diff.before = std::move(before);
    diff.after = std::move(after);
    return diff;
}

} // namespace sf::bundle
