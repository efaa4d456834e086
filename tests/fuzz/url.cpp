// URLs, from configuration and from servers' answers.
#include "http/url.hpp"

#include "fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using sf::fuzz::require;
    const auto text = sf::fuzz::text_of(bytes, size);
    require(sf::http::percent_decode(sf::http::percent_encode(text)) == text, "what was encoded decodes to itself");
    const auto shown = sf::http::without_password(text);
    require(sf::http::without_password(shown) == shown, "a password is hidden once");
    static_cast<void>(sf::http::percent_decode(text));
    static_cast<void>(sf::http::local_path(text));
    static_cast<void>(sf::http::url_host(text));
    if (const auto resolved = sf::http::resolve_reference("https://host/a/b", std::string(text)))
        require(sf::http::is_http(*resolved), "a reference leads to http or https");
    static_cast<void>(sf::http::resolve_reference(std::string(text), "../c"));
    return 0;
}
