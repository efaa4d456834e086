#include "store/layer_store.hpp"

#include "util/fs.hpp"

#include <algorithm>

namespace sf::store {
namespace {

namespace stdfs = std::filesystem;

constexpr const char* removing_prefix = "removing-";

/// Names in the directory; none when there is no directory.
std::vector<std::string> names_in(const stdfs::path& directory)
{
    std::vector<std::string> names;
    std::error_code error;
    for (stdfs::directory_iterator entry(directory, error); !error && entry != stdfs::directory_iterator();
         entry.increment(error))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

util::Result<std::vector<StoredLayer>> LayerStore::list() const
{
    std::vector<StoredLayer> layers;
    for (const auto& name : names_in(directory_)) {
        const auto digest = util::Digest::parse(name);
        if (!digest)
            continue;
        const auto found = info(*digest);
        layers.push_back(
            {*digest, found ? found->tree_bytes + found->gz_bytes + found->zst_bytes.value_or(0) : std::uint64_t{0}});
    }
    return layers;
}

util::Status LayerStore::remove(const util::Digest& digest)
{
    const auto place = directory_ / digest.to_hex();
    if (!util::path_exists(place))
        return {};
    const auto aside = directory_ / (removing_prefix + digest.to_hex());
    SF_CHECK(util::remove_tree(aside));
    SF_CHECK(util::rename_path(place, aside));
    return util::remove_tree(aside);
}

util::Status LayerStore::sweep()
{
    for (const auto& name : names_in(directory_))
        if (!util::Digest::parse(name))
            SF_CHECK(util::remove_tree(directory_ / name));
    return {};
}

} // namespace sf::store
