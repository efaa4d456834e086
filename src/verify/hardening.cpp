#include "verify/hardening.hpp"

#include <fmt/format.h>

#include <utility>

namespace sf::verify {
namespace {

Relro relro_of(const relocate::Hardening& hardening)
{
    if (!hardening.relro)
        return Relro::none;
    return hardening.bind_now ? Relro::full : Relro::partial;
}

void count(const relocate::Hardening& hardening, HardeningCount& counts)
{
    ++counts.files;
    counts.full_relro += relro_of(hardening) == Relro::full ? 1 : 0;
    counts.partial_relro += relro_of(hardening) == Relro::partial ? 1 : 0;
    counts.position_independent += hardening.position_independent ? 1 : 0;
    counts.bind_now += hardening.bind_now ? 1 : 0;
}

} // namespace

void check_hardening(const std::filesystem::path& relative, const relocate::ElfInfo& info, const Policy& policy,
                     Report& report)
{
    if (!info.hardening)
        return;
    const auto& hardening = *info.hardening;
    count(hardening, report.hardening);
    const auto weak = [&](bool is, std::string detail) {
        if (is)
            report.violations.push_back({Finding::Kind::weak_hardening, relative.string(), std::move(detail)});
    };
    const auto relro = relro_of(hardening);
    weak(relro < policy.least_relro,
         fmt::format("RELRO is {}, and must be {}", to_string(relro), to_string(policy.least_relro)));
    weak(hardening.executable_stack && !policy.executable_stack, "its stack is executable");
    weak(hardening.text_relocations && !policy.text_relocations, "its code has relocations (TEXTREL)");
    weak(info.uses_rpath && !policy.rpath, "it has an RPATH, which users cannot override");
    weak(policy.position_independent && !hardening.position_independent, "it is no position-independent program (PIE)");
    weak(policy.bind_now && !hardening.bind_now, "symbols are not all bound at start (BIND_NOW)");
}

} // namespace sf::verify
