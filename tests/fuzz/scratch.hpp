// What fuzz targets share: properties, and files for parsers that want a path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

/// libFuzzer's entry point, which each target defines. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace sf::fuzz {

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size)
{
    return {reinterpret_cast<const char*>(bytes), size};
}

/// Ends the process, as a sanitizer does, when a property of the parser does not hold.
void require(bool holds, const char* property);

/// A file of this process with these contents; the next call replaces it.
[[nodiscard]] const std::filesystem::path& file_with(std::string_view bytes);

/// An empty directory of this process; the next call empties it again. It lies alone in its parent, which is made for
/// it: require_confined() sees what a parser wrote outside.
[[nodiscard]] const std::filesystem::path& empty_directory();
void require_confined();

} // namespace sf::fuzz
