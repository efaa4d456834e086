#include "cache/trust.hpp"

#include "util/fs.hpp"

#include <algorithm>
#include <system_error>

namespace sf::cache {

namespace {

std::string signed_line(const util::Digest& manifest)
{
    return "sha256:" + manifest.to_hex() + "\n";
}

} // namespace

util::Result<KeyRing> KeyRing::load(const std::filesystem::path& directory)
{
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
        if (it->path().extension() == ".pub")
            files.push_back(it->path());
    if (error && error != std::errc::no_such_file_or_directory)
        return util::fail_errno(error.value(), fmt::format("cannot read the directory {}", directory.string()));
    std::sort(files.begin(), files.end());
    std::vector<Key> keys;
    for (const auto& file : files) {
        SF_TRY(const auto text, util::read_file(file));
        auto key = PublicKey::parse(text);
        if (!key)
            return util::fail(std::move(key).error(), fmt::format("reading {}", file.string()));
        const auto same = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.key.id() == key->id(); });
        if (same != keys.end() && same->key != *key)
            return util::fail(util::ErrorCode::recipe,
                              fmt::format("{} and {}.pub have the same id and are two keys", file.string(), same->name),
                              "remove the one you do not know");
        keys.push_back({file.stem().string(), *key});
    }
    return KeyRing(std::move(keys));
}

util::Result<KeyRing::Key> KeyRing::verify(std::string_view message, std::string_view signature) const
{
    SF_TRY(const auto parsed, Signature::parse(signature));
    const auto by =
        std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.key.id() == parsed.key_id; });
    if (by == keys_.end())
        return util::fail(
            util::ErrorCode::verify,
            fmt::format("it is signed with key {}, which is not in the key ring", to_string(parsed.key_id)),
            "if you trust whoever has that key, add its .pub file to the key ring");
    if (!verifies(by->key, parsed, message))
        return util::fail(util::ErrorCode::verify,
                          fmt::format("its signature is not one of key {} ({})", to_string(parsed.key_id), by->name),
                          "it was altered: find out by whom");
    return *by;
}

util::Result<std::string> sign_entry(const SecretKey& key, const Packed& packed)
{
    return key.sign(signed_line(packed.manifest_descriptor.digest),
                    fmt::format("{}: {} {}", entry_format, packed.entry.action.package, packed.entry.action.version));
}

util::Result<KeyRing::Key> verify_entry(Remote& remote, const Found& found, const KeyRing& ring,
                                        const util::StopToken& stop)
{
    const auto doing =
        fmt::format("verifying {} {} from {}", found.entry.action.package, found.entry.action.version, remote.name());
    SF_TRY(const auto signature, remote.find_signature(found.manifest, stop));
    if (!signature)
        return util::fail({util::ErrorCode::verify, "it is not signed", "push it again, with a key", {}}, doing);
    auto key = ring.verify(signed_line(found.manifest), *signature);
    if (!key)
        return util::fail(std::move(key).error(), doing);
    return key;
}

} // namespace sf::cache
