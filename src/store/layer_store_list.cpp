#include "store/layer_store.hpp"

#include "util/fs.hpp"

#include <algorithm>

namespace sf::store {
namespace {

namespace stdfs = std::filesystem;

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
        layers.push_back({*digest, found ? found->tree_bytes + found->gz_bytes + found->zst_bytes.value_or(0) : 0,
                          util::claimed_at(directory_ / name)});
    }
    return layers;
}

util::Result<bool> LayerStore::remove(const util::Digest& digest, std::int64_t since)
{
    return claims_.remove(directory_ / digest.to_hex(), since);
}

util::Status LayerStore::sweep()
{
    for (const auto& name : names_in(directory_))
        if (!util::Digest::parse(name))
            SF_CHECK(util::remove_tree(directory_ / name));
    return {};
}

} // namespace sf::store
