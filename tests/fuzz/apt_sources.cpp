// sources.list and *.sources, of the host and in images.
#include "image/apt_sources.hpp"

#include "fuzz/scratch.hpp"
#include "source/apt_config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    for (auto* parse : {&sf::image::parse_one_line_sources, &sf::image::parse_deb822_sources}) {
        auto sources = parse(text);
        const auto again = sf::image::parse_deb822_sources(sf::image::to_deb822(sources));
        sf::fuzz::require(again == sources, "sources that were written read the same");
        static_cast<void>(sf::image::all_local(sources));
        static_cast<void>(sf::image::select_sources(sources, "trixie", "bookworm"));
        sf::image::accept_expired(sources);
    }
    for (auto* parse : {&sf::source::parse_one_line_sources, &sf::source::parse_deb822_sources})
        if (const auto archive = sf::source::choose_archive(parse(text), "bookworm"))
            static_cast<void>(sf::source::private_sources(*archive, "trixie"));
    static_cast<void>(sf::source::read_codename(sf::fuzz::file_with(text)));
    return 0;
}
