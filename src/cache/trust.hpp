// Whose entries are taken.
//
// What is signed is one line, "sha256:MANIFEST\n". The manifest names the key and every layer by its sha256, so the
// signature is of all that is used. `printf 'sha256:MANIFEST\n' >m && minisign -Vm m -x MANIFEST.minisig -p KEY.pub`
// checks one by hand.
#pragma once

#include "cache/minisign.hpp"
#include "cache/remote.hpp"
#include "util/error.hpp"
#include "util/sha256.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::cache {

/// Public keys, by the files they came from.
class KeyRing {
public:
    struct Key {
        std::string name; ///< of its file, without ".pub"
        PublicKey key;
    };

    KeyRing() = default;
    explicit KeyRing(std::vector<Key> keys) : keys_(std::move(keys)) {}
    /// All *.pub of a directory; none when there is no directory. Errors: recipe, with the file, for what is no key;
    /// two keys with one id.
    [[nodiscard]] static util::Result<KeyRing> load(const std::filesystem::path& directory);

    [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }
    /// The key that made the signature. Error verify: none of these did.
    [[nodiscard]] util::Result<Key> verify(std::string_view message, std::string_view signature) const;

private:
    std::vector<Key> keys_;
};

/// The text of an entry's signature.
[[nodiscard]] util::Result<std::string> sign_entry(const SecretKey& key, const Packed& packed);

/// Who signed the entry. Errors: verify when it is unsigned, altered, or signed by nobody in the ring; the remote's
/// own.
[[nodiscard]] util::Result<KeyRing::Key> verify_entry(Remote& remote, const Found& found, const KeyRing& ring,
                                                      const util::StopToken& stop);

} // namespace sf::cache
