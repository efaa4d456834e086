// What a registry says of logging in, and its address.
#include "cache/remote/registry.hpp"

#include "cache/remote/authentication.hpp"
#include "fuzz/scratch.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    if (const auto challenge = sf::cache::parse_challenge(text))
        sf::fuzz::require(!challenge->scheme.empty(), "a challenge has a scheme");
    if (const auto token = sf::cache::parse_token(text))
        sf::fuzz::require(std::none_of(token->begin(), token->end(), [](char c) { return c == '\r' || c == '\n'; }),
                          "a token is one line of a header");
    if (const auto address = sf::cache::RegistryAddress::parse(std::string(text)))
        sf::fuzz::require(!address->registry.empty() && !address->repository.empty(), "an address has both parts");
    return 0;
}
