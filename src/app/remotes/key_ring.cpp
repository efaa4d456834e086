#include "app/remotes/key_ring.hpp"

#include "cache/trust.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::ErrorCode;
using util::Result;
using util::Status;

constexpr const char* public_suffix = ".pub";
constexpr const char* openpgp_suffix = ".asc";

/// A name that is a file's and nothing else.
Status check_name(const std::string& name)
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-";
    if (!name.empty() && name.front() != '.' && name.front() != '-' &&
        name.find_first_not_of(allowed) == std::string::npos)
        return {};
    return util::fail(ErrorCode::usage, fmt::format("'{}' is not a name for a key", name),
                      "letters, digits and . _ @ - make one");
}

Result<RingKey> put_into_ring(const Session& session, const std::string& name, const cache::PublicKey& key)
{
    SF_CHECK(util::make_directories(session.site.keys()));
    SF_CHECK(util::write_file_atomic(session.site.keys() / (name + public_suffix), key.to_text()));
    return RingKey{name, cache::to_string(key.id())};
}

/// An armored block, or a packet, whose first byte has the highest bit (RFC 9580, 4.2).
bool is_openpgp(std::string_view text)
{
    constexpr unsigned packet_bit = 0x80;
    return cache::scheme_of(text) == cache::Scheme::openpgp ||
           (!text.empty() && (static_cast<unsigned char>(text.front()) & packet_bit) != 0);
}

} // namespace

Result<std::string> read_password(const fs::path& file)
{
    if (file.empty())
        return std::string();
    constexpr std::size_t longest = std::size_t{64} << 10U;
    SF_TRY(const auto text, util::read_named_file(file, longest));
    return text.substr(0, text.find('\n'));
}

Result<std::vector<RingKey>> list_keys(const Session& session)
{
    SF_TRY(const auto ring, cache::KeyRing::load(session.site.keys()));
    std::vector<RingKey> keys;
    for (const auto& key : ring.keys())
        keys.push_back({key.name, key.id});
    return keys;
}

Result<RingKey> generate_key(const Session& session, const std::string& name, const fs::path& directory,
                             const fs::path& password_file)
{
    SF_CHECK(check_name(name));
    const auto secret_file = directory / (name + ".key");
    const auto public_file = directory / (name + public_suffix);
    for (const auto& file : {secret_file, public_file, session.site.keys() / (name + public_suffix)})
        if (util::path_exists(file))
            return util::fail(ErrorCode::usage, fmt::format("{} exists", file.string()), "choose another name");
    SF_TRY(const auto password, read_password(password_file));
    SF_TRY(const auto key, cache::SecretKey::generate());
    SF_CHECK(util::make_directories(directory));
    SF_CHECK(key.save(secret_file, password));
    SF_CHECK(util::write_file_atomic(public_file, key.public_key().to_text()));
    return put_into_ring(session, name, key.public_key());
}

Result<RingKey> add_key(const Session& session, const fs::path& file)
{
    const auto extension = file.extension().string();
    const bool known = extension == public_suffix || extension == openpgp_suffix || extension == ".gpg";
    const auto name = known ? file.stem().string() : file.filename().string();
    SF_CHECK(check_name(name));
    SF_TRY(const auto text, util::read_named_file(file, cache::longest_key));
    if (is_openpgp(text)) {
        SF_TRY(const auto key, cache::OpenPgpKey::parse(text, file.string()));
        SF_CHECK(util::make_directories(session.site.keys()));
        SF_CHECK(util::write_file_atomic(session.site.keys() / (name + openpgp_suffix), key.text));
        return RingKey{name, key.fingerprint};
    }
    auto key = cache::PublicKey::parse(text);
    if (!key)
        return util::fail(ErrorCode::recipe, fmt::format("{}: {}", file.string(), key.error().message),
                          "a public key of minisign, of 'cache keys generate' or of 'gpg --export' is wanted");
    return put_into_ring(session, name, *key);
}

Status remove_key(const Session& session, const std::string& name)
{
    SF_TRY(const auto ring, cache::KeyRing::load(session.site.keys()));
    std::vector<std::string> names;
    bool found = false;
    for (const auto& key : ring.keys()) {
        names.push_back(key.name);
        if (key.name != name)
            continue;
        found = true;
        const auto* suffix = key.scheme == cache::Scheme::minisign ? public_suffix : openpgp_suffix;
        SF_CHECK(util::remove_tree(session.site.keys() / (name + suffix)));
    }
    if (found)
        return {};
    return util::fail(ErrorCode::usage, fmt::format("the ring has no key '{}'", name),
                      names.empty() ? "it is empty" : "its keys: " + util::join(names, ", "));
}

} // namespace sf::app
