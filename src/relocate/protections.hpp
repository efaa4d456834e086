// What compilers and C library leave in an ELF file of the protections that it was compiled with.
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace sf::relocate {

/// Nothing of it says that a file is safe: only that a protection left its traces, or should have and did not.
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
    /// How many functions other files or the loader may jump to: those that it exports, and main().
    std::uint64_t entries = 0;
    std::string open_entry; ///< the first of them that does not begin with endbr64; empty for none
};

/// Of a program or shared object for x86_64; of any other file nothing. A malformed one is an error that names the
/// file.
[[nodiscard]] util::Result<Protections> read_protections(const std::filesystem::path& file);

} // namespace sf::relocate
