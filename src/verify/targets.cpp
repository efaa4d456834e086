#include "verify/targets.hpp"

#include "manifest/manifest.hpp"

#include <fmt/format.h>

#include <iterator>

namespace sf::verify {

Targets::Targets(const std::string& manifest_target, std::optional<spec::Target> limit) : limit_(limit)
{
    if (manifest_target.empty())
        return;
    if (auto target = spec::Target::parse(manifest_target))
        promised_ = *target;
    else
        findings_.push_back({Finding::Kind::wrong_target, manifest::place, target.error().message});
}

void Targets::add_file(const std::filesystem::path& relative, const relocate::ElfInfo& info)
{
    // Object files carry marks as well, but nothing loads them.
    if (!info.loadable || info.machine != "x86_64")
        return;
    const auto needed = spec::Target::of_isa_needed(info.isa_needed);
    if (!needed) {
        findings_.push_back({Finding::Kind::wrong_target, relative.string(),
                             fmt::format("asks for a processor that is not known (bits {:#x})", info.isa_needed)});
        return;
    }
    if (!highest_ || !highest_->includes(*needed)) {
        highest_ = needed;
        highest_file_ = *needed == spec::Target::generic() ? "" : relative.string();
    }
    check(relative.string(), *needed);
}

void Targets::check(const std::string& file, const spec::Target& needed)
{
    if (limit_ && !limit_->includes(needed))
        findings_.push_back(
            {Finding::Kind::wrong_target, file,
             fmt::format("asks for {}, but the policy allows {} at most", needed.to_string(), limit_->to_string())});
    if (!promised_ || needed == *promised_)
        return;
    const bool too_high = needed.includes(*promised_);
    findings_.push_back(
        {Finding::Kind::wrong_target, file,
         too_high ? fmt::format("asks for {}, but the tree is for {}", needed.to_string(), promised_->to_string())
                  : fmt::format("is not marked as needing {}, so lesser processors would start it",
                                promised_->to_string())});
}

void Targets::finish(VerifyReport& report) &&
{
    if (highest_)
        report.target = highest_->to_string();
    report.target_file = std::move(highest_file_);
    report.violations.insert(report.violations.end(), std::make_move_iterator(findings_.begin()),
                             std::make_move_iterator(findings_.end()));
}

} // namespace sf::verify
