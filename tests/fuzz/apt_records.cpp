// What apt prints.
#include "source/apt_records.hpp"

#include "fuzz/scratch.hpp"
#include "image/externals.hpp"
#include "image/headers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    for (const auto& record : sf::source::parse_showsrc(text))
        sf::fuzz::require(!record.package.empty() && !record.version.empty(), "a record has a package and a version");
    sf::fuzz::require(sf::source::upstream_version(text).size() <= size, "a version only loses its revision");
    static_cast<void>(sf::source::find_uri(text, sf::util::sha256("")));
    static_cast<void>(sf::source::apt_complaint(text));
    static_cast<void>(sf::image::version_in(text));
    static_cast<void>(sf::image::says_no_such_package(text, text));
    return 0;
}
