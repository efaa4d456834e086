#include "deploy/blake2b.hpp"

#include <sodium.h>

#include <array>
#include <cstddef>

namespace sf::deploy {

std::string blake2b(const std::vector<std::string_view>& pieces)
{
    // Chooses what is fastest here; without it the hash is the same.
    [[maybe_unused]] static const int ready = ::sodium_init();
    std::array<unsigned char, crypto_generichash_blake2b_BYTES_MAX> sum{};
    crypto_generichash_blake2b_state state;
    ::crypto_generichash_blake2b_init(&state, nullptr, 0, sum.size());
    for (const auto piece : pieces)
        ::crypto_generichash_blake2b_update(&state, reinterpret_cast<const unsigned char*>(piece.data()), // NOLINT
                                            piece.size());
    ::crypto_generichash_blake2b_final(&state, sum.data(), sum.size());
    std::array<char, 2 * crypto_generichash_blake2b_BYTES_MAX + 1> digits{};
    ::sodium_bin2hex(digits.data(), digits.size(), sum.data(), sum.size());
    return digits.data();
}

} // namespace sf::deploy
