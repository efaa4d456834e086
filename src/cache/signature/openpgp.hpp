// OpenPGP keys and signatures (RFC 9580), through GnuPG's gpg.
//
// Nothing of the user's own key ring is used to verify: each set of keys has a gpg home of its own, made when it is
// first needed. Signing uses the user's gpg with its agent, as `gpg --sign` on the command line would.
#pragma once

#include "cache/signature/signature.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sf::cache {

/// One public key.
struct OpenPgpKey {
    std::string fingerprint; ///< of the primary key, in upper-case hexadecimal digits
    std::string text;        ///< armored

    /// Of the bytes of a file, armored or not; `name` is the file's, for messages. Errors: recipe when it does not hold
    /// exactly one public key, or holds a secret one; failure when there is no gpg.
    [[nodiscard]] static util::Result<OpenPgpKey> parse(std::string_view bytes, const std::string& name);
    /// The same of a file that the user named, of at most longest_key bytes.
    [[nodiscard]] static util::Result<OpenPgpKey> load(const std::filesystem::path& file);
};

/// Public keys that signatures are verified with. May be used from several threads.
class OpenPgpKeys {
public:
    OpenPgpKeys();
    explicit OpenPgpKeys(std::vector<OpenPgpKey> keys);
    OpenPgpKeys(const OpenPgpKeys&) = delete;
    OpenPgpKeys& operator=(const OpenPgpKeys&) = delete;
    OpenPgpKeys(OpenPgpKeys&&) noexcept;
    OpenPgpKeys& operator=(OpenPgpKeys&&) noexcept;
    ~OpenPgpKeys();

    /// The fingerprint of the primary key that made the armored signature. Error verify: none of these did, or it is
    /// expired or revoked.
    [[nodiscard]] util::Result<std::string> verify(std::string_view message, std::string_view signature) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Signs with a secret key of the user's gpg: `user` is a fingerprint, key id or address. `password_file`: its first
/// line unlocks the key; empty: the agent asks or knows. Errors of signing: usage, with gpg's own words.
[[nodiscard]] Signer openpgp_signer(std::string user, std::filesystem::path password_file, util::StopToken stop);

} // namespace sf::cache
