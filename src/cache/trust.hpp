// Whose entries are taken.
//
// What is signed is one line, "sha256:MANIFEST\n". The manifest names the key and every layer by its sha256, so the
// signature is of all that is used. `printf 'sha256:MANIFEST\n' >m && minisign -Vm m -x MANIFEST.minisig -p KEY.pub`,
// or `gpg --verify MANIFEST.asc m`, checks one by hand.
#pragma once

#include "cache/remote/remote.hpp"
#include "cache/signature/minisign.hpp"
#include "cache/signature/openpgp.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sf::cache {

/// Public keys, by the files they came from.
class KeyRing {
public:
    struct Key {
        std::string name; ///< of its file, without ".pub" or ".asc"
        std::string id;   ///< minisign's, 16 hexadecimal digits, or an OpenPGP fingerprint
        Scheme scheme = Scheme::minisign;
        std::optional<PublicKey> key{}; ///< minisign's
    };

    KeyRing() = default;
    /// Public keys of a directory, minisign's (*.pub) and OpenPGP's (*.asc); none when there is no directory. Errors:
    /// recipe, with the file, for what is no key; two keys with one id.
    [[nodiscard]] static util::Result<KeyRing> load(const std::filesystem::path& directory);

    /// By file name, minisign's first.
    [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }
    /// The key that made the signature, of whatever scheme. Error verify: none of these did.
    [[nodiscard]] util::Result<Key> verify(std::string_view message, std::string_view signature) const;

private:
    [[nodiscard]] util::Status add_minisign(const std::filesystem::path& file);

    std::vector<Key> keys_;
    OpenPgpKeys openpgp_;
};

[[nodiscard]] Signer minisign_signer(SecretKey key);
/// The text of an entry's signature.
[[nodiscard]] util::Result<std::string> sign_entry(const Signer& signer, const Packed& packed);

/// The text of a manifest's signature.
[[nodiscard]] util::Result<std::string> sign_manifest(const Signer& signer, const util::Digest& manifest,
                                                      std::string_view comment);
/// Whether the remote has a good signature of the manifest by this signer. What is damaged there, or something else in
/// the signature's place, is none.
[[nodiscard]] util::Result<bool> is_signed_by(const Signer& signer, Remote& remote, const util::Digest& manifest,
                                              const util::StopToken& stop);
/// The signer of the manifest that is `what`; one valid signature of any scheme is enough. Errors: verify if it is
/// unsigned, altered, or signed with a key that is not in the ring; the remote's own.
[[nodiscard]] util::Result<KeyRing::Key> verify_manifest(Remote& remote, const util::Digest& manifest,
                                                         const std::string& what, const KeyRing& ring,
                                                         const util::StopToken& stop);

/// verify_manifest() for an entry.
[[nodiscard]] util::Result<KeyRing::Key> verify_entry(Remote& remote, const Found& found, const KeyRing& ring,
                                                      const util::StopToken& stop);

} // namespace sf::cache
