// Files that have no name and are gone with their last descriptor. Private to this module.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <string_view>

namespace sf::sandbox {

enum class MemoryFile { data, program };

/// A file with these bytes. `name` is for people (memfd_create(2)).
[[nodiscard]] util::Result<util::UniqueFd> memory_file(const char* name, std::string_view bytes, MemoryFile kind);

} // namespace sf::sandbox
