// packages.yaml, Spack's or ours.
#include "fuzz/scratch.hpp"
#include "preference/preference.hpp"
#include "preference/spack_spec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const auto reduced = sf::preference::reduce_spec(text.substr(0, text.find('\n')));
    sf::fuzz::require(reduced.text.size() == text.substr(0, text.find('\n')).size(),
                      "a reduced spec keeps its columns");
    auto lower = sf::preference::load_packages_file(sf::fuzz::file_with(text));
    if (!lower)
        return 0;
    auto upper = *lower;
    lower->overlay(std::move(upper));
    std::vector<sf::preference::External> externals;
    for (const auto& [name, package] : lower->packages)
        if (name != "all")
            externals.insert(externals.end(), package.externals.begin(), package.externals.end());
    if (externals.empty())
        return 0;
    const auto again =
        sf::preference::load_packages_file(sf::fuzz::file_with(sf::preference::externals_yaml(externals)));
    sf::fuzz::require(again.has_value(), "what is written of externals can be read");
    return 0;
}
