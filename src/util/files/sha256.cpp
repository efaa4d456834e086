#include "util/files/sha256.hpp"

#include "util/files/fs.hpp"

#include <openssl/evp.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace sf::util {
namespace {

int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

EVP_MD_CTX* context_of(void* p)
{
    return static_cast<EVP_MD_CTX*>(p);
}

} // namespace

Result<Digest> Digest::parse(std::string_view hex)
{
    constexpr std::string_view scheme = "sha256:";
    if (hex.starts_with(scheme))
        hex.remove_prefix(scheme.size());
    if (hex.size() != 2 * size)
        return fail(ErrorCode::usage, fmt::format("'{}' is not a sha256: it has {} digits, not 64", hex, hex.size()));
    std::array<std::uint8_t, size> bytes{};
    for (std::size_t i = 0; i < size; ++i) {
        const int high = nibble(hex[2 * i]);
        const int low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return fail(ErrorCode::usage, fmt::format("'{}' is not a sha256: not all of it is hexadecimal", hex));
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return Digest(bytes);
}

std::string Digest::to_hex() const
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * size);
    for (const auto byte : bytes_) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return hex;
}

void Sha256::Free::operator()(void* context) const
{
    EVP_MD_CTX_free(context_of(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new())
{
    EVP_DigestInit_ex(context_of(context_.get()), EVP_sha256(), nullptr);
}

void Sha256::update(std::string_view bytes)
{
    EVP_DigestUpdate(context_of(context_.get()), bytes.data(), bytes.size());
}

void Sha256::update(std::span<const std::uint8_t> bytes)
{
    EVP_DigestUpdate(context_of(context_.get()), bytes.data(), bytes.size());
}

Digest Sha256::finish()
{
    std::array<std::uint8_t, Digest::size> bytes{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(context_of(context_.get()), bytes.data(), &length);
    return Digest(bytes);
}

Digest sha256(std::string_view bytes)
{
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

Result<Digest> sha256_file(const std::filesystem::path& path)
{
    SF_TRY(auto file, open_file(path, O_RDONLY));
    std::vector<std::uint8_t> buffer(std::size_t{1} << 18U);
    Sha256 hash;
    for (;;) {
        const auto count = ::read(file.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_errno(errno, fmt::format("cannot read {}", path.string()));
        if (count == 0)
            return hash.finish();
        hash.update(std::span<const std::uint8_t>(buffer.data(), static_cast<std::size_t>(count)));
    }
}

} // namespace sf::util
