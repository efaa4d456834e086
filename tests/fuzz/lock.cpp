// Lock files, against the recipes of this repository.
#include "solve/lock.hpp"

#include "fuzz/scratch.hpp"
#include "recipe/recipe_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    static const auto recipes = sf::recipe::RecipeSet::load({SF_SOURCE_DIR "/recipes"});
    sf::fuzz::require(recipes.has_value(), "the recipes can be read");
    const auto lock = sf::solve::read_lock(sf::fuzz::text_of(bytes, size), "fuzz.lock", *recipes);
    if (!lock)
        return 0;
    const auto written = sf::solve::lock_text(*lock, *recipes);
    const auto again = sf::solve::read_lock(written, "again.lock", *recipes);
    sf::fuzz::require(again.has_value(), "a lock that was written can be read");
    sf::fuzz::require(sf::solve::lock_text(*again, *recipes) == written, "a lock that was written reads the same");
    return 0;
}
