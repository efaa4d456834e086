#include "app/keys.hpp"

#include "cache/trust.hpp"
#include "util/fs.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::ErrorCode;
using util::Result;
using util::Status;

constexpr const char* public_suffix = ".pub";

/// A name that is a file's and nothing else.
Status check_name(const std::string& name)
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-";
    if (!name.empty() && name.front() != '.' && name.front() != '-' &&
        name.find_first_not_of(allowed) == std::string::npos)
        return {};
    return util::fail(ErrorCode::usage, fmt::format("'{}' is no name for a key", name),
                      "letters, digits and . _ @ - make one");
}

RingKey describe(std::string name, const cache::PublicKey& key)
{
    return {std::move(name), cache::to_string(key.id())};
}

Result<RingKey> put_into_ring(const Context& context, const std::string& name, const cache::PublicKey& key)
{
    SF_CHECK(util::make_directories(context.site.keys()));
    SF_CHECK(util::write_file_atomic(context.site.keys() / (name + public_suffix), key.to_text()));
    return describe(name, key);
}

} // namespace

Result<std::string> read_password(const fs::path& file)
{
    if (file.empty())
        return std::string();
    SF_TRY(const auto text, util::read_file(file));
    return text.substr(0, text.find('\n'));
}

Result<std::vector<RingKey>> list_keys(const Context& context)
{
    SF_TRY(const auto ring, cache::KeyRing::load(context.site.keys()));
    std::vector<RingKey> keys;
    for (const auto& key : ring.keys())
        keys.push_back(describe(key.name, key.key));
    return keys;
}

Result<RingKey> generate_key(const Context& context, const std::string& name, const fs::path& directory,
                             const fs::path& password_file)
{
    SF_CHECK(check_name(name));
    const auto secret_file = directory / (name + ".key");
    const auto public_file = directory / (name + public_suffix);
    for (const auto& file : {secret_file, public_file, context.site.keys() / (name + public_suffix)})
        if (util::path_exists(file))
            return util::fail(ErrorCode::usage, fmt::format("{} exists", file.string()), "choose another name");
    SF_TRY(const auto password, read_password(password_file));
    SF_TRY(const auto key, cache::SecretKey::generate());
    SF_CHECK(util::make_directories(directory));
    SF_CHECK(key.save(secret_file, password));
    SF_CHECK(util::write_file_atomic(public_file, key.public_key().to_text()));
    return put_into_ring(context, name, key.public_key());
}

Result<RingKey> add_key(const Context& context, const fs::path& file)
{
    SF_TRY(const auto text, util::read_file(file));
    auto key = cache::PublicKey::parse(text);
    if (!key)
        return util::fail(ErrorCode::recipe, fmt::format("{}: {}", file.string(), key.error().message),
                          "a public key of minisign or of 'cache keys generate' is wanted");
    const auto name = file.extension() == public_suffix ? file.stem().string() : file.filename().string();
    SF_CHECK(check_name(name));
    return put_into_ring(context, name, *key);
}

Status remove_key(const Context& context, const std::string& name)
{
    SF_TRY(const auto ring, cache::KeyRing::load(context.site.keys()));
    std::vector<std::string> names;
    for (const auto& key : ring.keys())
        names.push_back(key.name);
    if (std::find(names.begin(), names.end(), name) != names.end())
        return util::remove_tree(context.site.keys() / (name + public_suffix));
    return util::fail(ErrorCode::usage, fmt::format("the ring has no key '{}'", name),
                      names.empty() ? "it is empty" : "its keys: " + util::join(names, ", "));
}

} // namespace sf::app
