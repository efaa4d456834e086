// recipe.yaml of a package.
#include "recipe/recipe.hpp"

#include "fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    static const std::filesystem::path directory = SF_SOURCE_DIR "/recipes/zlib";
    const auto recipe = sf::recipe::parse_recipe(sf::fuzz::text_of(bytes, size), "recipe.yaml", directory);
    if (!recipe)
        return 0;
    sf::fuzz::require(recipe->name == directory.filename(), "a recipe has its directory's name");
    for (const auto& version : recipe->versions)
        sf::fuzz::require(recipe->find_version(version.version) != nullptr, "a version is found");
    for (const auto& variant : recipe->variants)
        sf::fuzz::require(recipe->find_variant(variant.name) != nullptr, "a variant is found");
    return 0;
}
