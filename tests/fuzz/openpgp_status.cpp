// What gpg says of signatures that strangers made.
#include "cache/signature/openpgp_status.hpp"

#include "fuzz/scratch.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    const auto verdict = sf::cache::read_status(text);
    const auto is_hex = [](const std::string& id) {
        return !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
    };
    for (const auto& key : {verdict.signer, verdict.missing})
        sf::fuzz::require(!key || is_hex(*key), "a key is named by hexadecimal digits");
    const auto good = text.find("[GNUPG:] GOODSIG ");
    sf::fuzz::require(!verdict.signer || (good != std::string_view::npos &&
                                          text.find("[GNUPG:] VALIDSIG ", good) != std::string_view::npos),
                      "nobody signed without a good signature that is valid");
    return 0;
}
