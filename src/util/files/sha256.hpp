// SHA-256 (FIPS 180-4) through OpenSSL's libcrypto.
#pragma once

#include "util/error.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sf::util {

/// A SHA-256 value. Prints as 64 lower-case hexadecimal digits; parse(to_hex(x)) == x.
class Digest {
public:
    static constexpr std::size_t size = 32;

    explicit Digest(const std::array<std::uint8_t, size>& bytes) : bytes_(bytes) {}
    /// Accepts 64 hexadecimal digits of either case, with or without a leading "sha256:".
    [[nodiscard]] static Result<Digest> parse(std::string_view hex);

    [[nodiscard]] std::string to_hex() const;
    /// The first 12 digits, for people.
    [[nodiscard]] std::string to_short() const { return to_hex().substr(0, 12); }

    auto operator<=>(const Digest&) const = default;

private:
    std::array<std::uint8_t, size> bytes_;
};

/// Incremental hash. finish() may be called once.
class Sha256 {
public:
    Sha256();
    void update(std::string_view bytes);
    void update(std::span<const std::uint8_t> bytes);
    [[nodiscard]] Digest finish();

private:
    struct Free {
        void operator()(void* context) const;
    };
    std::unique_ptr<void, Free> context_;
};

[[nodiscard]] Digest sha256(std::string_view bytes);
/// Hash of a regular file's bytes.
[[nodiscard]] Result<Digest> sha256_file(const std::filesystem::path& path);

} // namespace sf::util
