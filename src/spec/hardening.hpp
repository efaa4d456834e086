// How much what is built is protected against attacks on its memory (docs/hardening.md).
#pragma once

#include "util/error.hpp"

#include <array>
#include <set>
#include <string>
#include <string_view>

namespace sf::spec {

/// One protection that the compiler or the linker adds.
enum class Protection {
    stack_protector, ///< -fstack-protector-strong
    fortify,         ///< _FORTIFY_SOURCE
    stack_clash,     ///< -fstack-clash-protection
    control_flow,    ///< -fcf-protection
    pie,             ///< -fPIE -pie
    relro,           ///< -z relro
    bind_now,        ///< -z now; with relro it makes RELRO full
};
inline constexpr std::array all_protections = {
    Protection::stack_protector, Protection::fortify, Protection::stack_clash,
    Protection::control_flow,    Protection::pie,     Protection::relro,
    Protection::bind_now};
/// "stack-protector", "bind-now"
[[nodiscard]] std::string_view to_string(Protection protection);

/// How many of them, and how strong. `standard` is "default".
enum class HardeningLevel { none, standard, strict };
inline constexpr std::array all_hardening_levels = {HardeningLevel::none, HardeningLevel::standard,
                                                    HardeningLevel::strict};
/// "none", "default", "strict"
[[nodiscard]] std::string_view to_string(HardeningLevel level);
/// Error (code usage): there is no such level.
[[nodiscard]] util::Result<HardeningLevel> parse_hardening_level(std::string_view text);
/// What to write, for errors.
inline constexpr const char* known_hardening_levels = "write none, default or strict";

/// The first GCC that knows all flags of a level: "8", "12"; empty for none.
[[nodiscard]] std::string_view least_gcc(HardeningLevel level);

/// The specs that make GCC add a level's flags to every command that does not say otherwise itself, but for those of
/// `without` (https://gcc.gnu.org/onlinedocs/gcc/Spec-Files.html); empty for none. Without bind_now shared objects
/// bind lazily, and programs still at start: what a program lacks cannot come from what loads it.
[[nodiscard]] std::string compiler_specs(HardeningLevel level, const std::set<Protection>& without);

/// A shell script for compilers that read no such specs, because they run on another machine: it runs `prefix`, a
/// command, with its arguments and the flags added that decide the code of one object file.
[[nodiscard]] std::string compiler_wrapper(HardeningLevel level, const std::set<Protection>& without,
                                           std::string_view prefix);

} // namespace sf::spec
