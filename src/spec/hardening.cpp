#include "spec/hardening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace sf::spec {
namespace {

/// A flag of the compiler, and the starts of options which say that a command wants something else.
struct CompilerFlag {
    std::optional<Protection> protection; ///< nullopt: it has none of its own
    std::string flag;
    std::vector<std::string> unless; ///< options, without '-'; a final '*' stands for any rest
    bool optimised = false;          ///< means something only to optimised code
};

std::vector<CompilerFlag> compiler_flags(HardeningLevel level)
{
    const bool strict = level == HardeningLevel::strict;
    std::vector<CompilerFlag> flags = {
        {Protection::stack_protector, "-fstack-protector-strong", {"fstack-protector*", "fno-stack-protector"}},
        {Protection::fortify,
         fmt::format("-D_FORTIFY_SOURCE={}", strict ? 3 : 2),
         {"D_FORTIFY_SOURCE*", "U_FORTIFY_SOURCE"},
         true},
        {Protection::stack_clash, "-fstack-clash-protection", {"fno-stack-clash-protection"}},
        {Protection::control_flow, "-fcf-protection", {"fcf-protection*"}},
        {Protection::pie, "-fPIE", {"fpie", "fPIE", "fpic", "fPIC", "fno-pie", "fno-PIE", "fno-pic", "fno-PIC"}},
    };
    if (strict) {
        flags.push_back({std::nullopt, "-ftrivial-auto-var-init=zero", {"ftrivial-auto-var-init*"}});
        flags.push_back({std::nullopt, "-D_GLIBCXX_ASSERTIONS", {"D_GLIBCXX_ASSERTIONS*", "U_GLIBCXX_ASSERTIONS"}});
    }
    return flags;
}

bool is_left_out(const CompilerFlag& flag, const std::set<Protection>& without)
{
    return flag.protection && without.contains(*flag.protection);
}

/// %{!a:%{!b:FLAG}}
std::string conditional_spec(const std::vector<std::string>& unless, const std::string& flag)
{
    std::string open;
    std::string close;
    for (const auto& option : unless) {
        open += fmt::format("%{{!{}:", option);
        close += '}';
    }
    return open + flag + close;
}

std::string linker_flags(HardeningLevel level, const std::set<Protection>& without)
{
    std::string flags;
    if (!without.contains(Protection::relro))
        flags += " -z relro";
    flags += without.contains(Protection::bind_now) ? " %{shared:-z lazy;:-z now}" : " -z now";
    if (level == HardeningLevel::strict)
        flags += " -z noexecstack";
    return flags;
}

/// The test of one flag in compiler_wrapper().
std::string conditional_shell(const CompilerFlag& flag)
{
    std::string patterns;
    for (const auto& option : flag.unless)
        patterns += fmt::format("{}*' -{}{}", patterns.empty() ? "" : " | ", option.substr(0, option.find('*')),
                                option.ends_with('*') ? "'*" : " '*");
    // Optimised is what has an option that starts so, and does not take it back.
    const std::string also = flag.optimised ? "*' -O0 '*) ;;\n*' -O'*" : "*";
    return fmt::format("case \" $* \" in\n{}) ;;\n{}) set -- \"$@\" {} ;;\nesac\n", patterns, also, flag.flag);
}

} // namespace

std::string_view to_string(Protection protection)
{
    constexpr std::array<std::string_view, all_protections.size()> names{
        "stack-protector", "fortify", "stack-clash", "control-flow", "pie", "relro", "bind-now"};
    return names.at(static_cast<std::size_t>(protection));
}

std::string_view to_string(HardeningLevel level)
{
    constexpr std::array<std::string_view, all_hardening_levels.size()> names{"none", "default", "strict"};
    return names.at(static_cast<std::size_t>(level));
}

util::Result<HardeningLevel> parse_hardening_level(std::string_view text)
{
    for (const auto level : all_hardening_levels)
        if (to_string(level) == text)
            return level;
    return util::fail(util::ErrorCode::usage, fmt::format("there is no hardening level '{}'", text),
                      known_hardening_levels);
}

std::string_view least_gcc(HardeningLevel level)
{
    constexpr std::array<std::string_view, all_hardening_levels.size()> versions{"", "8", "12"};
    return versions.at(static_cast<std::size_t>(level));
}

std::string compiler_specs(HardeningLevel level, const std::set<Protection>& without)
{
    if (level == HardeningLevel::none)
        return {};
    // The compiler takes what *self_spec adds as if the command had it, so that preprocessed assembler sees it too.
    std::string text = "*self_spec:\n+";
    for (const auto& flag : compiler_flags(level)) {
        if (is_left_out(flag, without))
            continue;
        auto spec = conditional_spec(flag.unless, flag.flag);
        text += " " + (flag.optimised ? fmt::format("%{{O*:%{{!O0:{}}}}}", spec) : std::move(spec));
    }
    if (!without.contains(Protection::pie))
        text += " " + conditional_spec({"shared", "static", "static-pie", "r", "no-pie"}, "-pie");
    return text + fmt::format("\n\n*link:\n+ %{{!r:{}}}\n\n", linker_flags(level, without));
}

std::string compiler_wrapper(HardeningLevel level, const std::set<Protection>& without, std::string_view prefix)
{
    std::string text = "#!/bin/sh\n# The compilers of other machines do not read the specs that lie here.\n";
    for (const auto& flag : compiler_flags(level))
        if (level != HardeningLevel::none && !is_left_out(flag, without))
            text += conditional_shell(flag);
    return text + fmt::format("exec {} \"$@\"\n", prefix);
}

} // namespace sf::spec
