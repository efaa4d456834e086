// A software tarball as `deploy` and `bundle diff` read it.
#include "bundle/contents.hpp"
#include "deploy/archive.hpp"
#include "fuzz/scratch.hpp"

#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using sf::fuzz::require;
    const auto& file = sf::fuzz::file_with(sf::fuzz::text_of(bytes, size));
    static_cast<void>(sf::bundle::read_contents(file, sf::util::StopToken()));
    auto contents = sf::deploy::open_bundle(file);
    require(contents.has_value(), "a file can be opened");
    const auto archive = sf::deploy::read_archive(file, std::move(*contents));
    if (!archive)
        return 0;
    require(archive->id().find('/') == std::string::npos, "an archive's id is one name");
    for (const auto& part : archive->parts)
        require(part.offset <= size && part.bytes <= size - part.offset, "a part lies in the tarball");
    require(archive->parts.empty() || archive->tail_offset <= size, "the tail lies in the tarball");
    return 0;
}
