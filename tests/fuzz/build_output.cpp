// What builds write: logs, .pc and CMake files, scripts, answers of configure; and texts for terminals.
#include "engine/package/diagnosis.hpp"
#include "fuzz/scratch.hpp"
#include "image/configure_cache.hpp"
#include "relocate/text_files.hpp"
#include "util/terminal_text.hpp"
#include "verify/contents.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const std::string prefix = "/opt/slurm/software";
    static_cast<void>(sf::engine::diagnose(text));
    static_cast<void>(sf::relocate::relocate_pkgconfig(text, prefix, "lib/pkgconfig/a.pc"));
    static_cast<void>(sf::relocate::relocate_cmake(text, prefix, "lib/cmake/a.cmake"));
    static_cast<void>(sf::relocate::interpreter_of(text));
    static_cast<void>(sf::image::is_site_file(text));
    static_cast<void>(sf::verify::forbidden_texts(text, {"/opt/slurm", "secret"}));
    constexpr unsigned most = 20;
    const auto line = sf::util::fit_columns(text, most);
    sf::fuzz::require(sf::util::columns_of(line) <= most, "a line fits");
    for (const unsigned char c : line)
        sf::fuzz::require(c >= ' ' && c != 0x7f, "no byte moves the cursor");
    return 0;
}
