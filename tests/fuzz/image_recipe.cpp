// images/NAME.yaml.
#include "fuzz/scratch.hpp"
#include "image/image.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto recipe = sf::image::load_image_recipe(sf::fuzz::file_with(sf::fuzz::text_of(bytes, size)));
    if (recipe)
        static_cast<void>(recipe->key());
    return 0;
}
