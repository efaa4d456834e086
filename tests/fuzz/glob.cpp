// Globs of recipes, policies and foreign manifests: PATTERN, a line feed, PATH.
#include "fuzz/scratch.hpp"
#include "util/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const auto end = text.find('\n');
    const auto pattern = text.substr(0, end);
    const auto path = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    static_cast<void>(sf::util::glob_match(pattern, path));
    sf::fuzz::require(sf::util::glob_match("**", path), "** matches all");
    if (pattern.find_first_of("*?") == std::string_view::npos)
        sf::fuzz::require(sf::util::glob_match(pattern, path) == (pattern == path), "what is no glob matches itself");
    static_cast<void>(sf::util::shell_quote(text));
    static_cast<void>(sf::util::replace_all(std::string(text), "'", "''"));
    return 0;
}
