// `slurm-factory cache keys`
#pragma once

#include "app/session/session.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::app {

struct RingKey {
    std::string name;
    std::string id; ///< minisign's, 16 hexadecimal digits, or an OpenPGP fingerprint
};

/// The first line of the file; empty, for a key without a password, where no file is named.
[[nodiscard]] util::Result<std::string> read_password(const std::filesystem::path& file);

/// The public keys of the ring.
[[nodiscard]] util::Result<std::vector<RingKey>> list_keys(const Session& session);

/// Makes a pair of keys: DIRECTORY/NAME.key, mode 0600, locked with the first line of `password_file` unless that is
/// empty, and DIRECTORY/NAME.pub. The public key also goes into the ring. Errors: usage (the files exist, or the name
/// is no plain one).
[[nodiscard]] util::Result<RingKey> generate_key(const Session& session, const std::string& name,
                                                 const std::filesystem::path& directory,
                                                 const std::filesystem::path& password_file);

/// Puts a public key of minisign or OpenPGP into the ring, under the file's name. Errors: recipe (it is no public key).
[[nodiscard]] util::Result<RingKey> add_key(const Session& session, const std::filesystem::path& file);

/// Takes a key out of the ring. Error (usage): there is none of that name; the message names those that are.
[[nodiscard]] util::Status remove_key(const Session& session, const std::string& name);

} // namespace sf::app
