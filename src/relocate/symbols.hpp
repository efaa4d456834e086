// What an ELF file takes from others while it runs, and gives them (System V gABI, "Symbol Table";
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html).
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::relocate {

struct Symbols {
    std::vector<std::string> defined; ///< global and weak ones
    /// Those that must come from elsewhere, and may come from anywhere: used, not weak, and of no version. A version,
    /// such as all of glibc's have, binds a symbol to the library that was there when the file was linked.
    std::vector<std::string> wanted;
};

/// Of the dynamic symbol table; empty for a file without one, also for what is no 64-bit ELF file. A malformed one is
/// an error that names the file.
[[nodiscard]] util::Result<Symbols> read_symbols(const std::filesystem::path& file);

} // namespace sf::relocate
