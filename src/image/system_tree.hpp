// Root file systems from elsewhere: directories and archives that need not be trusted.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>

namespace sf::image {

/// Copies a root file system with owners and modes, without what lies in its dev, proc, sys, run and tmp and without
/// other file systems mounted in it. `rootfs` is an empty directory.
[[nodiscard]] util::Status copy_system(const std::filesystem::path& from, const std::filesystem::path& rootfs,
                                       const util::StopToken& stop);

/// Unpacks a tar (plain, gzip, zstd, xz or bzip2) over what is in `rootfs` already, as one layer of an OCI
/// image: `.wh.NAME` takes NAME of the layers below away, and `.wh..wh..opq` all that they have in its directory
/// (layer.md of the OCI image specification). Owners are kept where this process may act for them. Devices, pipes and
/// sockets are passed over. No byte is written outside of `rootfs`: error verify for a path that leads out, through
/// ".." or a symbolic link.
[[nodiscard]] util::Status unpack_system(const std::filesystem::path& archive, const std::filesystem::path& rootfs,
                                         const util::StopToken& stop);

} // namespace sf::image
