// What servers answer about releases: listings, tags, files of sums, versions of Debian packages.
#include "releases/listing.hpp"
#include "recipe/recipe.hpp"
#include "spec/debian_version.hpp"

#include "fuzz/scratch.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using sf::fuzz::require;
    const auto text = sf::fuzz::text_of(bytes, size);
    const auto files = sf::releases::parse_listing(text);
    const auto tags = sf::releases::parse_tags(text);
    if (files)
        for (const auto& name : *files)
            require(name.find('/') == std::string::npos, "a file's name is one part of a path");
    for (const auto* names : {&files, &tags}) {
        if (!*names)
            continue;
        for (const auto& name : **names) {
            require(!name.empty(), "a name is not empty");
            require(std::none_of(name.begin(), name.end(), [](char c) { return c == '\n' || c == '\0'; }),
                    "a name is one line");
            for (const auto* pattern : {"slurm-{dashed}-1", "v{version}", "R_{underscored}", "slurm-{version}.tar.bz2"})
                static_cast<void>(sf::recipe::version_in(pattern, name));
        }
    }
    static_cast<void>(sf::releases::parse_checksum(text, "slurm-24.11.8.tar.bz2"));
    const auto release = sf::spec::release_of_debian(text);
    require(release.find_first_not_of("0123456789.") == std::string::npos, "a release is digits and dots");
    require(!sf::spec::follows_revision(text, text), "nothing follows itself");
    return 0;
}
