// The forms that signatures of entries have.
#pragma once

#include "util/error.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace sf::cache {

enum class Scheme { minisign, openpgp };
inline constexpr std::array<Scheme, 2> all_schemes = {Scheme::minisign, Scheme::openpgp};

/// The longest signature that is read.
inline constexpr std::size_t longest_signature = std::size_t{64} << 10U;

/// The longest file with a key that is read.
inline constexpr std::size_t longest_key = std::size_t{1} << 20U;

/// End of the name of a signature's file and tag: ".minisig" or ".asc".
[[nodiscard]] constexpr std::string_view suffix(Scheme scheme)
{
    return scheme == Scheme::minisign ? ".minisig" : ".asc";
}

/// Media type of a signature in a registry.
[[nodiscard]] constexpr std::string_view media_type(Scheme scheme)
{
    return scheme == Scheme::minisign ? "application/vnd.slurm-factory.minisign" : "application/pgp-signature";
}

/// That of a signature's text: OpenPGP's are armored (RFC 9580, 6.2), everything else is taken for minisign's.
[[nodiscard]] constexpr Scheme scheme_of(std::string_view signature)
{
    return signature.starts_with("-----BEGIN PGP ") ? Scheme::openpgp : Scheme::minisign;
}

/// Who signs. The comment is one line, and covered by the signature where the scheme has such.
struct Signer {
    Scheme scheme = Scheme::minisign;
    std::function<util::Result<std::string>(std::string_view message, std::string_view comment)> sign;
    /// Whether a signature need not be made again.
    std::function<bool(std::string_view message, std::string_view signature)> is_good{};
};

} // namespace sf::cache
