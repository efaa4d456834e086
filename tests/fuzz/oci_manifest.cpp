// Manifests that a cache or a registry gives: entries, base images, other tools' images.
#include "cache/oci/base_image.hpp"
#include "cache/oci/entry.hpp"
#include "cache/remote/foreign_image.hpp"
#include "fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const auto nothing = sf::util::sha256("");
    if (const auto entry = sf::cache::parse_manifest(text)) {
        const auto written = sf::cache::manifest_text(*entry);
        const auto again = sf::cache::parse_manifest(written);
        sf::fuzz::require(again && sf::cache::manifest_text(*again) == written,
                          "an entry that was written reads the same");
        static_cast<void>(sf::cache::config_text(*entry));
    }
    static_cast<void>(sf::cache::parse_entry(text, nothing));
    static_cast<void>(sf::cache::parse_base_image(text, nothing));
    if (const auto found = sf::cache::parse_foreign_manifest(text))
        sf::fuzz::require(found->image.has_value() != found->chosen.has_value(), "it is an image or an index");
    return 0;
}
