#include "verify/hardening.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace sf::verify {
namespace {

using spec::HardeningLevel;
using spec::Protection;

/// Less code than this may have no function with an array, and so nothing that a stack protector protects.
constexpr std::uint64_t little_code = std::uint64_t{16} << 10U;

Relro relro_of(const relocate::Hardening& hardening)
{
    if (!hardening.relro)
        return Relro::none;
    return hardening.bind_now ? Relro::full : Relro::partial;
}

bool has_control_flow(const relocate::Protections& protections)
{
    return protections.control_flow_marked || (protections.has_entries && protections.open_entry.empty());
}

void count(const relocate::Hardening& hardening, const relocate::Protections& protections, HardeningCount& counts)
{
    ++counts.files;
    counts.full_relro += relro_of(hardening) == Relro::full ? 1 : 0;
    counts.partial_relro += relro_of(hardening) == Relro::partial ? 1 : 0;
    counts.position_independent += hardening.position_independent ? 1 : 0;
    counts.bind_now += hardening.bind_now ? 1 : 0;
    counts.stack_protector += protections.stack_protector ? 1 : 0;
    counts.fortified += protections.fortified ? 1 : 0;
    counts.control_flow += has_control_flow(protections) ? 1 : 0;
}

/// That of the policy, else that of the manifest. A tree that says nothing is held to what builds do by default.
HardeningLevel level_of(const Policy& policy, const manifest::Manifest* manifest)
{
    if (policy.hardening)
        return *policy.hardening;
    const auto said = spec::parse_hardening_level(manifest == nullptr ? "" : manifest->hardening);
    return said.value_or(HardeningLevel::standard);
}

} // namespace

/// One file under audit, and what has been found.
struct HardeningCheck::File {
    const HardeningCheck& check;
    std::string name;
    const relocate::Hardening& hardening;
    const relocate::Protections& protections;
    VerifyReport& report;
    bool weak = false;
    bool excused = false;

    /// `protection` is what a recipe may make an exception of; nullopt: no recipe may.
    void add(std::optional<Protection> protection, std::string detail)
    {
        const auto* note = protection ? check.find_note(*protection, name) : nullptr;
        (note == nullptr ? weak : excused) = true;
        if (note == nullptr)
            report.violations.push_back({Finding::Kind::weak_hardening, name, std::move(detail)});
        else
            report.accepted.push_back(
                {Finding::Kind::weak_hardening, name, fmt::format("{} ({})", note->reason, detail)});
    }
};

HardeningCheck::HardeningCheck(const Policy& policy, const manifest::Manifest* manifest) :
    policy_(policy), manifest_(manifest), level_(level_of(policy, manifest))
{
}

const manifest::HardeningNote* HardeningCheck::find_note(Protection what, std::string_view file) const
{
    if (manifest_ == nullptr || !policy_.hardening_exceptions)
        return nullptr;
    for (const auto& package : manifest_->packages)
        for (const auto& note : package.hardening)
            if (note.what == spec::to_string(what) && util::glob_match(note.path, file))
                return &note;
    return nullptr;
}

void HardeningCheck::check_binding(File& file) const
{
    const bool all = level_ != HardeningLevel::none;
    const auto relro = relro_of(file.hardening);
    const auto least = policy_.least_relro.value_or(all ? Relro::full : Relro::partial);
    if (relro < least)
        file.add(relro == Relro::none ? Protection::relro : Protection::bind_now,
                 fmt::format("RELRO is {}, and must be {}", to_string(relro), to_string(least)));
    // What is not bound at start has no full RELRO either, which one finding says.
    const bool said = relro == Relro::partial && relro < least;
    if (policy_.bind_now.value_or(all) && !file.hardening.bind_now && !said)
        file.add(Protection::bind_now, "symbols are not all bound at start (BIND_NOW)");
}

void HardeningCheck::check_code(File& file) const
{
    const bool all = level_ != HardeningLevel::none;
    const auto& protections = file.protections;
    if (policy_.position_independent.value_or(all) && !file.hardening.position_independent)
        file.add(Protection::pie, "it is no position-independent program (PIE)");
    if (policy_.stack_protector.value_or(all) && !protections.stack_protector && protections.code_bytes >= little_code)
        file.add(Protection::stack_protector, fmt::format("none of its functions has a stack protector ({} of code)",
                                                          util::human_bytes(protections.code_bytes)));
    if (policy_.fortify.value_or(all) && !protections.fortified && !protections.unchecked.empty())
        file.add(Protection::fortify, fmt::format("it calls {}, and no function that checks sizes (_FORTIFY_SOURCE)",
                                                  protections.unchecked));
    if (policy_.control_flow.value_or(all) && !protections.control_flow_marked && !protections.open_entry.empty())
        file.add(Protection::control_flow,
                 fmt::format("its function {} does not begin with endbr64 (control-flow protection)",
                             protections.open_entry));
}

void HardeningCheck::check(const std::filesystem::path& relative, const relocate::ElfInfo& info,
                           const relocate::Protections& protections, VerifyReport& report) const
{
    if (!info.hardening)
        return;
    count(*info.hardening, protections, report.hardening);
    File file{*this, relative.string(), *info.hardening, protections, report};
    check_binding(file);
    check_code(file);
    if (info.hardening->executable_stack && !policy_.executable_stack)
        file.add(std::nullopt, "its stack is executable");
    if (info.hardening->text_relocations && !policy_.text_relocations)
        file.add(std::nullopt, "its code has relocations (TEXTREL)");
    if (info.uses_rpath && !policy_.rpath)
        file.add(std::nullopt, "it has an RPATH, which users cannot override");
    report.hardening.weak += file.weak ? 1 : 0;
    report.hardening.excused += file.excused && !file.weak ? 1 : 0;
}

} // namespace sf::verify
