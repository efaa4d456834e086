// config.yaml and mirrors.yaml.
#include "fuzz/scratch.hpp"
#include "site/mirrors.hpp"
#include "site/site.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto& file = sf::fuzz::file_with(sf::fuzz::text_of(bytes, size));
    static_cast<void>(sf::site::check_file(file));
    const auto mirrors = sf::site::load_mirrors(file);
    if (!mirrors || !sf::site::save_mirrors(file, *mirrors))
        return 0;
    const auto again = sf::site::load_mirrors(file);
    sf::fuzz::require(again && *again == *mirrors, "mirrors that were written read the same");
    return 0;
}
