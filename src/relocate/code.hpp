// What the code of an ELF file takes from others while it runs, and gives them, and which protections it was compiled
// with (System V gABI, "Symbol Table"; https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html).
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sf::relocate {

/// Of the dynamic symbol table; empty for a file without one, also for what is no 64-bit ELF file.
struct Symbols {
    std::vector<std::string> defined; ///< global and weak ones
    /// Those that must come from elsewhere, and may come from anywhere: used, not weak, and of no version. A version,
    /// such as all of glibc's have, binds a symbol to the library that was there when the file was linked.
    std::vector<std::string> wanted;
};

/// What compilers and C library leave in a program or shared object for x86_64; of any other file nothing. Nothing of
/// it says that a file is safe: only that a protection left its traces, or should have and did not.
struct Protections {
    std::uint64_t code_bytes = 0; ///< of machine code
    /// Calls __stack_chk_fail, as functions with arrays do that were compiled with a stack protector.
    bool stack_protector = false;
    bool fortified = false; ///< calls functions of glibc that check sizes: __printf_chk, __memcpy_chk
    /// A function of glibc that it calls, in whose place _FORTIFY_SOURCE=2 would have put one that checks, whatever
    /// the arguments; empty for none.
    std::string unchecked;
    /// The notes of all its objects say that they have IBT and shadow stacks (GNU_PROPERTY_X86_FEATURE_1_AND).
    bool control_flow_marked = false;
    bool has_entries = false; ///< other files or the loader may jump to functions: those that it exports, and main()
    std::string open_entry;   ///< the first of them that does not begin with endbr64; empty for none
};

struct Code {
    Symbols symbols;
    Protections protections;
};

/// A symbol that a file takes from others in a certain version.
struct BoundSymbol {
    std::string name;
    std::string version; ///< "GLIBC_2.34"
};

/// Those that are used; none for a file without dynamic symbols or what is no 64-bit ELF file. A malformed file is an
/// error that names it.
[[nodiscard]] util::Result<std::vector<BoundSymbol>> read_bound_symbols(const std::filesystem::path& file);

/// A malformed file is an error that names it; so is one whose sections do not say what its code is like.
[[nodiscard]] util::Result<Code> read_code(const std::filesystem::path& file);

} // namespace sf::relocate
