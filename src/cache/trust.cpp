#include "cache/trust.hpp"

#include "util/files/directory.hpp"
#include "util/files/foreign_file.hpp"

#include <algorithm>
#include <memory>
#include <system_error>

namespace sf::cache {

namespace {

std::string signed_line(const util::Digest& manifest)
{
    return "sha256:" + manifest.to_hex() + "\n";
}

/// The files of the directory that end so, sorted.
util::Result<std::vector<std::filesystem::path>> files_ending(const std::filesystem::path& directory,
                                                              std::string_view extension)
{
    SF_TRY(auto files, util::paths_in(directory));
    std::erase_if(files, [&](const auto& file) { return file.extension() != extension; });
    return files;
}

util::Result<KeyRing::Key> verify_minisign(const std::vector<KeyRing::Key>& keys, std::string_view message,
                                           std::string_view signature)
{
    SF_TRY(const auto parsed, Signature::parse(signature));
    const auto by = std::find_if(keys.begin(), keys.end(),
                                 [&](const KeyRing::Key& key) { return key.key && key.key->id() == parsed.key_id; });
    if (by == keys.end())
        return util::fail(
            util::ErrorCode::verify,
            fmt::format("it is signed with key {}, which is not in the key ring", to_string(parsed.key_id)),
            "if you trust the key's owner, add its .pub file to the key ring");
    if (!verifies(*by->key, parsed, message))
        return util::fail(util::ErrorCode::verify,
                          fmt::format("its signature is not one of key {} ({})", by->id, by->name),
                          "it was altered: find out by whom");
    return *by;
}

} // namespace

util::Status KeyRing::add_minisign(const std::filesystem::path& file)
{
    SF_TRY(const auto text, util::read_named_file(file, longest_key));
    auto key = PublicKey::parse(text);
    if (!key)
        return util::fail(std::move(key).error(), fmt::format("reading {}", file.string()));
    const auto same = std::find_if(keys_.begin(), keys_.end(), [&](const Key& k) { return k.key->id() == key->id(); });
    if (same != keys_.end() && same->key != *key)
        return util::fail(util::ErrorCode::recipe,
                          fmt::format("{} and {}.pub have the same id and are two keys", file.string(), same->name),
                          "remove the one you do not know");
    keys_.push_back({file.stem().string(), to_string(key->id()), Scheme::minisign, *key});
    return {};
}

util::Result<KeyRing> KeyRing::load(const std::filesystem::path& directory)
{
    KeyRing ring;
    SF_TRY(const auto minisign, files_ending(directory, ".pub"));
    for (const auto& file : minisign)
        SF_CHECK(ring.add_minisign(file));
    SF_TRY(const auto openpgp, files_ending(directory, ".asc"));
    std::vector<OpenPgpKey> keys;
    for (const auto& file : openpgp) {
        SF_TRY(auto key, OpenPgpKey::load(file));
        ring.keys_.push_back({file.stem().string(), key.fingerprint, Scheme::openpgp});
        keys.push_back(std::move(key));
    }
    ring.openpgp_ = OpenPgpKeys(std::move(keys));
    return ring;
}

util::Result<KeyRing::Key> KeyRing::verify(std::string_view message, std::string_view signature) const
{
    if (scheme_of(signature) == Scheme::minisign)
        return verify_minisign(keys_, message, signature);
    SF_TRY(const auto fingerprint, openpgp_.verify(message, signature));
    const auto by = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == fingerprint; });
    if (by == keys_.end())
        return util::fail(util::ErrorCode::verify, fmt::format("its signer {} is not in the key ring", fingerprint));
    return *by;
}

Signer minisign_signer(SecretKey key)
{
    // A function object must be copyable, and the key is not.
    const auto shared = std::make_shared<const SecretKey>(std::move(key));
    return {Scheme::minisign,
            [shared](std::string_view message, std::string_view comment) { return shared->sign(message, comment); },
            [shared](std::string_view message, std::string_view signature) {
                const auto parsed = Signature::parse(signature);
                return parsed && verifies(shared->public_key(), *parsed, message);
            }};
}

util::Result<std::string> sign_manifest(const Signer& signer, const util::Digest& manifest, std::string_view comment)
{
    return signer.sign(signed_line(manifest), comment);
}

util::Result<std::string> sign_entry(const Signer& signer, const Packed& packed)
{
    return sign_manifest(
        signer, packed.manifest_descriptor.digest,
        fmt::format("{}: {} {}", entry_format, packed.entry.action.package, packed.entry.action.version));
}

util::Result<bool> is_signed_by(const Signer& signer, Remote& remote, const util::Digest& manifest,
                                const util::StopToken& stop)
{
    const auto signature = remote.find_signature(manifest, signer.scheme, stop);
    if (!signature && signature.error().code != util::ErrorCode::verify)
        return tl::unexpected(signature.error());
    return signature && *signature && signer.is_good(signed_line(manifest), **signature);
}

util::Result<KeyRing::Key> verify_manifest(Remote& remote, const util::Digest& manifest, const std::string& what,
                                           const KeyRing& ring, const util::StopToken& stop)
{
    std::optional<util::Error> fault;
    for (const auto scheme : all_schemes) {
        SF_TRY(const auto signature, remote.find_signature(manifest, scheme, stop));
        if (!signature)
            continue;
        auto key = ring.verify(signed_line(manifest), *signature);
        if (key)
            return key;
        if (!fault)
            fault = std::move(key).error();
    }
    if (!fault)
        fault = util::Error{util::ErrorCode::verify, "it is not signed", "push it again, with a key", {}};
    return util::fail(std::move(*fault), fmt::format("verifying {} from {}", what, remote.name()));
}

util::Result<KeyRing::Key> verify_entry(Remote& remote, const Found& found, const KeyRing& ring,
                                        const util::StopToken& stop)
{
    const auto& action = found.entry.action;
    return verify_manifest(remote, found.manifest, action.package + " " + action.version, ring, stop);
}

} // namespace sf::cache
