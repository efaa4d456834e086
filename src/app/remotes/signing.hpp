// Signatures of files that ship.
#pragma once

#include "app/session/session.hpp"
#include "cache/signature/signature.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sf::app {

/// Which key signs.
struct SigningOptions {
    std::filesystem::path key;           ///< a secret key of minisign; empty: the site's, if it has one
    std::filesystem::path password_file; ///< its first line unlocks the key; empty: the key has no password
    std::string gpg_key;                 ///< a key of the user's gpg instead; empty: no
};

/// nullopt: neither the options nor the site name a key. Errors: the key cannot be read or unlocked.
[[nodiscard]] util::Result<std::optional<cache::Signer>> find_signer(const Session& session,
                                                                     const SigningOptions& options);

/// Writes the detached signature beside the file, FILE.minisig or FILE.asc: what `minisign -Vm FILE -p KEY.pub` and
/// `gpg --verify FILE.asc FILE` check.
[[nodiscard]] util::Status sign_file(const cache::Signer& signer, const std::filesystem::path& file);

/// Name of the ring's key that signed these bytes, by FILE.minisig and FILE.asc as far as they are there; empty:
/// neither is. Errors: verify if a signature is for other bytes, or by a key that is not in the ring.
[[nodiscard]] util::Result<std::string> find_signer_of(const Session& session, const std::filesystem::path& file,
                                                       std::string_view contents);

/// The result of checking a file from elsewhere.
struct CheckedFile {
    std::filesystem::path file;
    std::string sha256;
    bool listed = false; ///< FILE.sha256 is there, and has this sum
    std::string signer;  ///< name of the ring's key that signed it; empty: there is no signature
};

/// Compares a file with FILE.sha256, FILE.minisig and FILE.asc, as far as they are there. Errors: verify if one of
/// them is for other bytes, or a signature is by a key that is not in the ring.
[[nodiscard]] util::Result<CheckedFile> check_file(const Session& session, const std::filesystem::path& file);

} // namespace sf::app
