// Reading and relocating ELF files (System V gABI; https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html).
#pragma once

#include "util/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::relocate {

/// What makes an attack on a program or shared object harder (https://wiki.debian.org/Hardening).
struct Hardening {
    bool relro = false;    ///< what the loader has relocated is read-only afterwards (PT_GNU_RELRO)
    bool bind_now = false; ///< all symbols are bound at start: with relro, the procedure linkage table is read-only too
    bool executable_stack = false;     ///< PT_GNU_STACK says so, or is missing, which on x86_64 means the same
    bool text_relocations = false;     ///< the loader writes to code
    bool position_independent = false; ///< a shared object, or a program that may be loaded anywhere
};

/// What the dynamic section and notes of one ELF file say.
struct ElfInfo {
    bool dynamic = false;    ///< has a dynamic section
    std::string machine;     ///< "x86_64"
    std::string interpreter; ///< PT_INTERP, empty for a library
    std::string soname;
    std::vector<std::string> needed;  ///< DT_NEEDED, in order
    std::vector<std::string> runpath; ///< DT_RUNPATH or DT_RPATH, split at ':'
    bool uses_rpath = false;          ///< DT_RPATH rather than DT_RUNPATH
    std::string highest_glibc;        ///< "2.34": the highest GLIBC_x.y version it needs, empty for none
    std::string build_id;             ///< hexadecimal, empty for none
    bool loadable = false;            ///< a program or shared object, not an object file
    /// What the processor must have, by the GNU_PROPERTY_X86_ISA_1_NEEDED property; 0 for none or no such property.
    std::uint32_t isa_needed = 0;
    std::optional<Hardening> hardening; ///< of a loadable 64-bit little-endian file
};

/// nullopt when the file is no ELF file. A truncated or malformed one is an error that names the file.
[[nodiscard]] util::Result<std::optional<ElfInfo>> read_elf(const std::filesystem::path& file);

/// Whether the dotted number `left` is lower than `right`; the empty text is lower than any other.
[[nodiscard]] bool is_older_version(std::string_view left, std::string_view right);

/// Rewrites DT_RUNPATH or DT_RPATH in place: every entry below `prefix` becomes $ORIGIN-relative as seen from
/// `relative` (the file's place below the prefix), other entries and doubles are removed. It becomes DT_RPATH, which is
/// searched before LD_LIBRARY_PATH; if the file links libpam, DT_RUNPATH, which does not apply to modules it loads.
/// The new string must fit where the old one lies (link with -rpath PREFIX/lib to be sure of that) and nothing else may
/// share those bytes; both are checked. The file's other bytes do not change. Returns whether it changed anything.
[[nodiscard]] util::Result<bool> relocate_runpath(const std::filesystem::path& file, const std::string& prefix,
                                                  const std::filesystem::path& relative);

} // namespace sf::relocate
