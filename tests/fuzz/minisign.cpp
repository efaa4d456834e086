// Public keys and signatures of minisign's.
#include "cache/signature/minisign.hpp"

#include "fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const auto text = sf::fuzz::text_of(bytes, size);
    static const sf::cache::PublicKey stranger({}, {1, 2, 3});
    if (const auto key = sf::cache::PublicKey::parse(text)) {
        const auto again = sf::cache::PublicKey::parse(key->to_text());
        sf::fuzz::require(again && *again == *key, "a key that was written reads the same");
    }
    if (const auto signature = sf::cache::Signature::parse(text)) {
        sf::fuzz::require(signature->trusted_comment.find('\n') == std::string::npos, "a comment is one line");
        sf::fuzz::require(!sf::cache::verifies(stranger, *signature, "message"), "nobody signs for another");
    }
    const auto& file = sf::fuzz::file_with(text);
    if (const auto needs = sf::cache::SecretKey::needs_password(file); needs && !*needs)
        static_cast<void>(sf::cache::SecretKey::load(file, ""));
    return 0;
}
