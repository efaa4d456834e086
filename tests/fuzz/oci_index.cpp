// index.json of a cache's directory.
#include "cache/oci/index.hpp"

#include "fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    auto index = sf::cache::Index::parse(sf::fuzz::text_of(bytes, size));
    if (!index)
        return 0;
    const auto written = index->text();
    const auto again = sf::cache::Index::parse(written);
    sf::fuzz::require(again && again->text() == written, "an index that was written reads the same");
    for (const auto& key : index->keys()) {
        static_cast<void>(index->find(key.to_hex()));
        index->forget(key);
    }
    sf::fuzz::require(index->keys().empty(), "keys can be forgotten");
    static_cast<void>(index->images());
    for (const auto& tag : index->tags())
        static_cast<void>(index->find(tag));
    return 0;
}
