// Where a server says that the next page of a list is.
#include "http/link.hpp"
#include "http/url.hpp"

#include "fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const auto reference = sf::http::next_reference(text);
    if (!reference)
        return 0;
    sf::fuzz::require(text.find("<" + *reference + ">") != std::string_view::npos, "it stands in the header");
    const auto again = sf::http::next_reference("<" + *reference + ">;rel=\"next\"");
    sf::fuzz::require(again && *again == *reference, "a link that was written reads the same");
    const auto url = sf::http::resolve_reference("https://registry.example.org/v2/x/tags/list?n=1000", *reference);
    if (url)
        sf::fuzz::require(url->starts_with("http://") || url->starts_with("https://"), "no other protocols");
    return 0;
}
