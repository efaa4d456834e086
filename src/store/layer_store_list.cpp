#include "store/layer_store.hpp"

#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

namespace sf::store {

util::Result<std::vector<StoredLayer>> LayerStore::list() const
{
    SF_TRY(const auto names, util::names_in(directory_));
    std::vector<StoredLayer> layers;
    for (const auto& name : names) {
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

util::Status LayerStore::sweep_dead() const
{
    return util::sweep_scratch(directory_);
}

util::Status LayerStore::sweep()
{
    SF_TRY(const auto names, util::names_in(directory_));
    for (const auto& name : names)
        if (!util::Digest::parse(name))
            SF_CHECK(util::remove_tree(directory_ / name));
    return {};
}

} // namespace sf::store
