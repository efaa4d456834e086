#include "cache/signature/minisign.hpp"

#include "cache/signature/signature.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <sodium.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace sf::cache {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view untrusted_prefix = "untrusted comment: ";
constexpr std::string_view trusted_prefix = "trusted comment: ";
constexpr std::string_view plain_algorithm = "Ed";
constexpr std::string_view prehashed_algorithm = "ED";
constexpr std::string_view scrypt = "Sc";
constexpr std::string_view no_kdf("\0\0", 2);
constexpr std::string_view checksum_algorithm = "B2";

constexpr std::size_t tag_size = 2;
constexpr std::size_t checksum_size = 32;
constexpr std::size_t salt_size = crypto_pwhash_scryptsalsa208sha256_SALTBYTES;
constexpr std::size_t number_size = 8;
constexpr std::size_t sealed_size = std::tuple_size_v<KeyId> + SecretKey::size + checksum_size;
constexpr std::size_t salt_at = 3 * tag_size;
constexpr std::size_t cost_at = salt_at + salt_size;
constexpr std::size_t sealed_at = cost_at + 2 * number_size;
constexpr std::size_t secret_file_size = sealed_at + sealed_size;

static_assert(crypto_sign_PUBLICKEYBYTES == PublicKey::size && crypto_sign_SECRETKEYBYTES == SecretKey::size &&
              crypto_sign_BYTES == Signature::size);

util::Status start_sodium()
{
    static const bool ready = sodium_init() >= 0;
    if (!ready)
        return util::fail(util::ErrorCode::failure, "libsodium cannot be initialised");
    return {};
}

/// Bytes that are wiped when they go.
class Wiped {
public:
    explicit Wiped(std::size_t size) : bytes_(size) {}
    explicit Wiped(Bytes bytes) : bytes_(std::move(bytes)) {}
    Wiped(Wiped&&) noexcept = default;
    Wiped& operator=(Wiped&&) = delete;
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { sodium_memzero(bytes_.data(), bytes_.size()); }

    [[nodiscard]] Bytes& get() { return bytes_; }
    [[nodiscard]] const Bytes& get() const { return bytes_; }

private:
    Bytes bytes_;
};

std::string to_base64(const Bytes& bytes)
{
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back(); // its terminating zero
    return text;
}

/// Empty when the text is not base64 of just so many bytes.
Bytes from_base64(std::string_view text, std::size_t size)
{
    Bytes bytes(size);
    std::size_t length = 0;
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        length != size)
        return {};
    return bytes;
}

const std::uint8_t* as_bytes(std::string_view text)
{
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

void append(Bytes& bytes, std::string_view text)
{
    bytes.insert(bytes.end(), text.begin(), text.end());
}

template <std::size_t size> void append(Bytes& bytes, const std::array<std::uint8_t, size>& more)
{
    bytes.insert(bytes.end(), more.begin(), more.end());
}

template <std::size_t size> std::array<std::uint8_t, size> part(const Bytes& bytes, std::size_t offset)
{
    std::array<std::uint8_t, size> result{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, result.begin());
    return result;
}

bool has_tag(const Bytes& bytes, std::size_t offset, std::string_view tag)
{
    return std::equal(tag.begin(), tag.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

void append_number(Bytes& bytes, std::uint64_t number)
{
    for (std::size_t i = 0; i < number_size; ++i)
        bytes.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

std::uint64_t number_at(const Bytes& bytes, std::size_t offset)
{
    std::uint64_t number = 0;
    for (std::size_t i = number_size; i > 0; --i)
        number = number << 8U | bytes.at(offset + i - 1);
    return number;
}

std::string_view without_return(std::string_view line)
{
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

Bytes prehash(std::string_view message)
{
    Bytes hash(crypto_generichash_BYTES_MAX);
    crypto_generichash(hash.data(), hash.size(), as_bytes(message), message.size(), nullptr, 0);
    return hash;
}

Bytes checksum(const KeyId& id, const std::array<std::uint8_t, SecretKey::size>& key)
{
    Wiped input(Bytes{});
    input.get().reserve(tag_size + id.size() + key.size());
    append(input.get(), plain_algorithm);
    append(input.get(), id);
    append(input.get(), key);
    Bytes sum(checksum_size);
    crypto_generichash(sum.data(), sum.size(), input.get().data(), input.get().size(), nullptr, 0);
    return sum;
}

/// Hides or shows, by the same operation.
util::Status apply_password(Bytes& bytes, std::string_view password)
{
    const PasswordCost cost{number_at(bytes, cost_at), number_at(bytes, cost_at + number_size)};
    Wiped stream(sealed_size);
    if (crypto_pwhash_scryptsalsa208sha256(stream.get().data(), sealed_size, password.data(), password.size(),
                                           bytes.data() + salt_at, cost.operations,
                                           static_cast<std::size_t>(cost.memory_bytes)) != 0)
        return util::fail(util::ErrorCode::failure,
                          fmt::format("there is not enough memory to derive a key from a password: {} are needed",
                                      util::human_bytes(cost.memory_bytes)));
    for (std::size_t i = 0; i < sealed_size; ++i)
        bytes.at(sealed_at + i) ^= stream.get().at(i);
    return {};
}

util::Result<Wiped> read_secret_file(const std::filesystem::path& file)
{
    SF_CHECK(start_sodium());
    SF_TRY(auto text, util::read_named_file(file, longest_key));
    auto lines = util::split(text, '\n');
    Wiped bytes(lines.size() < 2 ? Bytes() : from_base64(without_return(lines[1]), secret_file_size));
    sodium_memzero(text.data(), text.size());
    for (auto& line : lines)
        sodium_memzero(line.data(), line.size());
    if (bytes.get().empty() || !has_tag(bytes.get(), 0, plain_algorithm) ||
        !has_tag(bytes.get(), 2 * tag_size, checksum_algorithm) ||
        !(has_tag(bytes.get(), tag_size, scrypt) || has_tag(bytes.get(), tag_size, no_kdf)))
        return util::fail(util::ErrorCode::recipe, fmt::format("{} is not a minisign secret key", file.string()),
                          "name the file that was written when the key was made");
    return bytes;
}

} // namespace

std::string to_string(const KeyId& id)
{
    return fmt::format("{:016X}", number_at(Bytes(id.begin(), id.end()), 0));
}

util::Result<PublicKey> PublicKey::parse(std::string_view text)
{
    SF_CHECK(start_sodium());
    const auto lines = util::split(util::trim(text), '\n');
    const auto& line = lines.size() > 1 && lines.front().starts_with(untrusted_prefix) ? lines[1] : lines.front();
    const auto bytes = from_base64(without_return(line), tag_size + std::tuple_size_v<KeyId> + size);
    if (bytes.empty() || !has_tag(bytes, 0, plain_algorithm))
        return util::fail(util::ErrorCode::recipe, "this is not a minisign public key",
                          "it has two lines: an untrusted comment, and 56 characters that begin with RW");
    return PublicKey(part<std::tuple_size_v<KeyId>>(bytes, tag_size),
                     part<size>(bytes, tag_size + std::tuple_size_v<KeyId>));
}

std::string PublicKey::to_text() const
{
    Bytes bytes;
    append(bytes, plain_algorithm);
    append(bytes, id_);
    append(bytes, bytes_);
    return fmt::format("{}minisign public key {}\n{}\n", untrusted_prefix, to_string(id_), to_base64(bytes));
}

SecretKey::SecretKey(SecretKey&& other) noexcept : id_(other.id_), bytes_(other.bytes_)
{
    other.wipe();
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept
{
    if (this != &other) {
        id_ = other.id_;
        bytes_ = other.bytes_;
        other.wipe();
    }
    return *this;
}

SecretKey::~SecretKey()
{
    wipe();
}

void SecretKey::wipe()
{
    sodium_memzero(bytes_.data(), bytes_.size());
}

util::Result<SecretKey> SecretKey::generate()
{
    SF_CHECK(start_sodium());
    SecretKey key;
    randombytes_buf(key.id_.data(), key.id_.size());
    std::array<std::uint8_t, PublicKey::size> unused{};
    crypto_sign_keypair(unused.data(), key.bytes_.data());
    return key;
}

util::Result<bool> SecretKey::needs_password(const std::filesystem::path& file)
{
    SF_TRY(const auto bytes, read_secret_file(file));
    return has_tag(bytes.get(), tag_size, scrypt);
}

util::Result<SecretKey> SecretKey::load(const std::filesystem::path& file, std::string_view password)
{
    SF_TRY(auto bytes, read_secret_file(file));
    const bool is_sealed = has_tag(bytes.get(), tag_size, scrypt);
    if (is_sealed)
        SF_CHECK(apply_password(bytes.get(), password));
    SecretKey key;
    key.id_ = part<std::tuple_size_v<KeyId>>(bytes.get(), sealed_at);
    key.bytes_ = part<size>(bytes.get(), sealed_at + key.id_.size());
    const auto sum = part<checksum_size>(bytes.get(), sealed_at + key.id_.size() + size);
    if (is_sealed && sodium_memcmp(sum.data(), checksum(key.id_, key.bytes_).data(), checksum_size) != 0)
        return util::fail(util::ErrorCode::recipe, fmt::format("this is not the password of {}", file.string()));
    // minisign leaves the checksum out where there is no password; the key's second half can be had from the first.
    std::array<std::uint8_t, PublicKey::size> derived{};
    Wiped again(size);
    crypto_sign_seed_keypair(derived.data(), again.get().data(), key.bytes_.data());
    if (sodium_memcmp(again.get().data(), key.bytes_.data(), size) != 0)
        return util::fail(util::ErrorCode::recipe, fmt::format("the key in {} is damaged", file.string()));
    return key;
}

util::Status SecretKey::save(const std::filesystem::path& file, std::string_view password,
                             const PasswordCost& cost) const
{
    const bool is_sealed = !password.empty();
    Wiped wiped(Bytes{});
    auto& bytes = wiped.get();
    bytes.reserve(secret_file_size);
    append(bytes, plain_algorithm);
    append(bytes, is_sealed ? scrypt : no_kdf);
    append(bytes, checksum_algorithm);
    std::array<std::uint8_t, salt_size> salt{};
    if (is_sealed)
        randombytes_buf(salt.data(), salt.size());
    append(bytes, salt);
    append_number(bytes, is_sealed ? cost.operations : 0);
    append_number(bytes, is_sealed ? cost.memory_bytes : 0);
    append(bytes, id_);
    append(bytes, bytes_);
    const auto sum = checksum(id_, bytes_);
    bytes.insert(bytes.end(), sum.begin(), sum.end());
    if (is_sealed)
        SF_CHECK(apply_password(bytes, password));
    SF_CHECK(util::make_directories(file.parent_path()));
    if (util::path_exists(file))
        return util::fail(util::ErrorCode::usage,
                          fmt::format("{} exists, and a secret key is not replaced", file.string()),
                          "name another file, or move that one away");
    SF_TRY(const auto fd, util::open_file(file, O_WRONLY | O_CREAT | O_EXCL, 0600));
    auto text = fmt::format("{}minisign {} secret key\n{}\n", untrusted_prefix, is_sealed ? "encrypted" : "unencrypted",
                            to_base64(bytes));
    const auto written = util::write_all(fd.get(), text);
    sodium_memzero(text.data(), text.size());
    SF_CHECK(written);
    if (::fsync(fd.get()) != 0)
        return util::fail_errno(errno, fmt::format("cannot sync {}", file.string()));
    return {};
}

PublicKey SecretKey::public_key() const
{
    std::array<std::uint8_t, PublicKey::size> bytes{};
    std::copy(bytes_.end() - PublicKey::size, bytes_.end(), bytes.begin());
    return {id_, bytes};
}

util::Result<std::string> SecretKey::sign(std::string_view message, std::string_view trusted_comment) const
{
    constexpr std::size_t longest_comment = 8000; // minisign reads 8192 bytes with the prefix
    if (trusted_comment.find_first_of("\r\n") != std::string_view::npos || trusted_comment.size() > longest_comment)
        return util::fail(util::ErrorCode::usage, "a signature's comment is one line");
    const auto hash = prehash(message);
    std::array<std::uint8_t, Signature::size> signature{};
    crypto_sign_detached(signature.data(), nullptr, hash.data(), hash.size(), bytes_.data());
    Bytes first;
    append(first, prehashed_algorithm);
    append(first, id_);
    append(first, signature);
    Bytes with_comment;
    append(with_comment, signature);
    append(with_comment, trusted_comment);
    Bytes second(Signature::size);
    crypto_sign_detached(second.data(), nullptr, with_comment.data(), with_comment.size(), bytes_.data());
    return fmt::format("{}signature from minisign secret key\n{}\n{}{}\n{}\n", untrusted_prefix, to_base64(first),
                       trusted_prefix, trusted_comment, to_base64(second));
}

util::Result<Signature> Signature::parse(std::string_view text)
{
    SF_CHECK(start_sodium());
    const auto lines = util::split(text, '\n');
    constexpr std::size_t needed = 4;
    if (lines.size() < needed || !lines[0].starts_with(untrusted_prefix) || !lines[2].starts_with(trusted_prefix))
        return util::fail(util::ErrorCode::verify, "it is not a minisign signature");
    const auto first = from_base64(without_return(lines[1]), tag_size + std::tuple_size_v<KeyId> + size);
    const auto second = from_base64(without_return(lines[3]), size);
    if (first.empty() || second.empty() || !has_tag(first, 0, prehashed_algorithm))
        return util::fail(util::ErrorCode::verify, "it is not a prehashed minisign signature");
    return Signature{
        part<std::tuple_size_v<KeyId>>(first, tag_size), part<size>(first, tag_size + std::tuple_size_v<KeyId>),
        std::string(without_return(std::string_view(lines[2]).substr(trusted_prefix.size()))), part<size>(second, 0)};
}

bool verifies(const PublicKey& key, const Signature& signature, std::string_view message)
{
    if (key.id() != signature.key_id)
        return false;
    const auto hash = prehash(message);
    Bytes with_comment;
    append(with_comment, signature.of_message);
    append(with_comment, signature.trusted_comment);
    return crypto_sign_verify_detached(signature.of_message.data(), hash.data(), hash.size(), key.bytes().data()) ==
               0 &&
           crypto_sign_verify_detached(signature.of_comment.data(), with_comment.data(), with_comment.size(),
                                       key.bytes().data()) == 0;
}

} // namespace sf::cache
