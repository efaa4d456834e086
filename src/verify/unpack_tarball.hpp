// Unpacking a software tarball that need not be trusted. Private to `verify`.
#pragma once

#include "util/error.hpp"
#include "verify/verify.hpp"

#include <filesystem>
#include <vector>

namespace sf::verify {

/// Unpacks below `directory`, never outside of it. What must not be made here (devices, setuid bits) is a finding
/// instead, setuid bits only where they are not `setuid_allowed`. The tree is then in directory/software.
[[nodiscard]] util::Result<std::vector<Finding>> unpack(const std::filesystem::path& tarball,
                                                        const std::filesystem::path& directory, bool setuid_allowed);

} // namespace sf::verify
