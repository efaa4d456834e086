// Keys and signatures as minisign has them (https://jedisct1.github.io/minisign/), through libsodium.
//
//   public key   untrusted comment: ...        signature   untrusted comment: ...
//                base64("Ed" id key)                       base64("ED" id signature)
//                                                          trusted comment: ...
//   secret key   untrusted comment: ...                    base64(signature of signature and trusted comment)
//                base64("Ed" kdf "B2" salt opslimit memlimit (id key checksum))
//
// id: 8 random bytes; key: Ed25519. Signatures are of the BLAKE2b-512 of the message ("prehashed", which minisign makes
// since 0.11); those of the message itself ("Ed") are refused. kdf is "Sc" (scrypt, whose stream hides id, key and
// checksum) or two zero bytes; the checksum is the BLAKE2b-256 of "Ed", id and key, and counts with a password only.
#pragma once

#include "util/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace sf::cache {

using KeyId = std::array<std::uint8_t, 8>;

/// As minisign prints it: 16 hexadecimal digits.
[[nodiscard]] std::string to_string(const KeyId& id);

class PublicKey {
public:
    static constexpr std::size_t size = 32;

    PublicKey(const KeyId& id, const std::array<std::uint8_t, size>& bytes) : id_(id), bytes_(bytes) {}
    /// A key file's text, or its second line alone. Error recipe.
    [[nodiscard]] static util::Result<PublicKey> parse(std::string_view text);
    /// A key file's text.
    [[nodiscard]] std::string to_text() const;

    [[nodiscard]] const KeyId& id() const { return id_; }
    [[nodiscard]] const std::array<std::uint8_t, size>& bytes() const { return bytes_; }

    auto operator<=>(const PublicKey&) const = default;

private:
    KeyId id_;
    std::array<std::uint8_t, size> bytes_;
};

/// What deriving a key from a password costs: libsodium's opslimit and memlimit for scrypt. The default is minisign's,
/// 1 GiB and about a second.
struct PasswordCost {
    std::uint64_t operations = 33554432;
    std::uint64_t memory_bytes = 1073741824;
};

/// Wiped when it goes.
class SecretKey {
public:
    static constexpr std::size_t size = 64;

    [[nodiscard]] static util::Result<SecretKey> generate();
    /// `password` is used if the key is protected by one. Errors: recipe for what is no key file or needs another
    /// password; nothing of it is in the message.
    [[nodiscard]] static util::Result<SecretKey> load(const std::filesystem::path& file, std::string_view password);
    /// Whether load() needs a password.
    [[nodiscard]] static util::Result<bool> needs_password(const std::filesystem::path& file);
    /// Writes a file of mode 0600; an empty password leaves the key unprotected. Error usage: the file exists.
    [[nodiscard]] util::Status save(const std::filesystem::path& file, std::string_view password,
                                    const PasswordCost& cost = {}) const;

    [[nodiscard]] PublicKey public_key() const;
    /// The text of a signature file. Comments are one line each. Error usage otherwise.
    [[nodiscard]] util::Result<std::string> sign(std::string_view message, std::string_view trusted_comment) const;

    SecretKey(const SecretKey&) = delete;
    SecretKey& operator=(const SecretKey&) = delete;
    SecretKey(SecretKey&& other) noexcept;
    SecretKey& operator=(SecretKey&& other) noexcept;
    ~SecretKey();

private:
    SecretKey() = default;
    void wipe();

    KeyId id_{};
    std::array<std::uint8_t, size> bytes_{};
};

/// A signature file's contents, not verified.
struct Signature {
    static constexpr std::size_t size = 64;

    KeyId key_id{};
    std::array<std::uint8_t, size> of_message{};
    std::string trusted_comment;
    std::array<std::uint8_t, size> of_comment{};

    /// Error verify.
    [[nodiscard]] static util::Result<Signature> parse(std::string_view text);
};

/// Whether both signatures are the key's.
[[nodiscard]] bool verifies(const PublicKey& key, const Signature& signature, std::string_view message);

} // namespace sf::cache
