// Which slice a file belongs to. Private to `relocate`.
#pragma once

#include "relocate/normalise.hpp"
#include "util/files/fs.hpp"

#include <string>

namespace sf::relocate {

enum class Slice { run, dev, debug, drop };

/// Where the build's strip step leaves debug information, by the path of the file it was split from.
inline constexpr const char* split_debug_directory = ".debug";

/// `is_elf` tells a library from a linker script of the same name.
[[nodiscard]] Slice slice_of(const util::TreeEntry& entry, bool is_elf, const SliceRules& rules);

} // namespace sf::relocate
