// The manifest in a tree or tarball.
#include "manifest/manifest.hpp"

#include "deploy/shipped.hpp"
#include "fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    static_cast<void>(sf::manifest::parse(text));
    if (const auto shipped = sf::deploy::read_shipped(text)) // the version becomes the name of a directory
        sf::fuzz::require(shipped->slurm_version.find('/') == std::string::npos && shipped->slurm_version != "..",
                          "a version is one name");
    return 0;
}
