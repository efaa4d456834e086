// Headers of the canonical tar (POSIX.1-2017, "pax Interchange Format"). Private to `store`.
//
// libarchive's writer is not used: its pax headers depend on the locale of whoever runs the tool, and a layer's
// identity must not depend on the version of a library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sf::store {

inline constexpr std::size_t tar_block = 512;

/// Frozen: POSIX's type flags.
enum class TarType : char { file = '0', symlink = '2', directory = '5', extended = 'x' };

/// What of an entry a canonical tar keeps. A directory's path ends in a slash.
struct TarEntry {
    std::string path;
    TarType type = TarType::file;
    bool executable = false;
    std::uint64_t size = 0;
    std::string link_target;
};

/// The entry's ustar header, preceded by a pax header where path, target or size do not fit: whole blocks.
[[nodiscard]] std::string tar_header(const TarEntry& entry);

/// Zero bytes that fill up the last block of `size` bytes.
[[nodiscard]] std::string_view tar_padding(std::uint64_t size);

/// The two zero blocks that end an archive.
[[nodiscard]] std::string_view tar_end();

} // namespace sf::store
