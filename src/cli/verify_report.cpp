#include "cli/verify_report.hpp"

#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int schema = 1;
/// Lines that the cluster wrote must not pass for ours.
constexpr std::size_t log_indent = 4;

void add_hardening(const verify::VerifyReport& report, std::string& text)
{
    const auto& count = report.hardening;
    if (count.files == 0)
        return;
    text += fmt::format("hardening {}: {} of {} programs and libraries have it{}\n",
                        spec::to_string(report.hardening_level), count.files - count.weak, count.files,
                        count.excused == 0 ? "" : fmt::format(", {} with accepted exceptions", count.excused));
    text += fmt::format("RELRO full {}, partial {}, none {}; PIE {}; BIND_NOW {}; stack protector {}; fortified {}; "
                        "control flow {}\n",
                        count.full_relro, count.partial_relro, count.files - count.full_relro - count.partial_relro,
                        count.position_independent, count.bind_now, count.stack_protector, count.fortified,
                        count.control_flow);
}

/// One line for all files of which the same is accepted.
void add_accepted(const std::vector<verify::Finding>& findings, std::string& text)
{
    std::map<std::pair<verify::Finding::Kind, std::string>, std::vector<std::string>> groups;
    for (const auto& finding : findings)
        groups[{finding.kind, finding.detail}].push_back(finding.file);
    for (const auto& [what, files] : groups)
        text += cli::text("accepted  {}: {}{}: {}\n", verify::to_string(what.first), files.front(),
                          files.size() == 1 ? "" : fmt::format(" and {} more", files.size() - 1), what.second);
}

void add_needs(const verify::VerifyReport& report, std::string& text)
{
    text += cli::text("from the system: {}\n", util::join(report.system_libraries, " "));
    if (!report.highest_glibc.empty())
        text += cli::text("needs glibc {} or newer ({})\n", report.highest_glibc, report.highest_glibc_file);
    if (!report.target.empty())
        text +=
            cli::text("needs a processor with {}{}\n", report.target,
                      report.target_file.empty() ? ": any of the family" : fmt::format(" ({})", report.target_file));
}

void add_systems(const verify::VerifyReport& report, std::string& text)
{
    if (report.systems.empty())
        return;
    const auto runs = verify::list_systems(report.systems, true);
    text += cli::text("runs on: {}\n", runs.empty() ? "no known distribution" : runs);
    if (const auto others = verify::list_systems(report.systems, false); !others.empty())
        text += cli::text("not on: {}\n", others);
    const bool any = std::all_of(report.systems.begin(), report.systems.end(),
                                 [](const verify::SystemVerdict& verdict) { return verdict.any_processor; });
    if (!any)
        text += cli::text("there only with a processor that has {}\n", report.target);
    if (const auto doubtful = verify::libraries_in_doubt(report.system_libraries); !doubtful.empty())
        text += cli::text("there only with {}, which they may lack\n", util::join(doubtful, ", "));
}

void add_run(const app::SmokeRun& run, std::string& text)
{
    text += cli::text("cluster on {} ({}):\n", run.image, run.backend);
    for (const auto& step : run.steps)
        text += cli::text("  {:<6}  {:<14}  {:>5.1f} s  {}\n", step.passed ? "ok" : "FAILED", step.name, step.seconds,
                          step.detail);
    if (!run.passed && !run.log.empty())
        text += util::visible_lines("    " + run.log, log_indent) + "\n";
}

Json findings_json(const std::vector<verify::Finding>& findings)
{
    auto list = Json::array();
    for (const auto& finding : findings)
        list.push_back(
            {{"kind", verify::identifier(finding.kind)}, {"file", finding.file}, {"detail", finding.detail}});
    return list;
}

Json hardening_json(const verify::VerifyReport& report)
{
    const auto& count = report.hardening;
    return {{"level", spec::to_string(report.hardening_level)},
            {"files", count.files},
            {"weak", count.weak},
            {"excused", count.excused},
            {"relro",
             {{"full", count.full_relro},
              {"partial", count.partial_relro},
              {"none", count.files - count.full_relro - count.partial_relro}}},
            {"pie", count.position_independent},
            {"bind_now", count.bind_now},
            {"stack_protector", count.stack_protector},
            {"fortified", count.fortified},
            {"control_flow", count.control_flow}};
}

Json needs_json(const verify::VerifyReport& report)
{
    return {{"glibc", report.highest_glibc},
            {"glibc_file", report.highest_glibc_file},
            {"target", report.target},
            {"target_file", report.target_file},
            {"libraries", report.system_libraries},
            {"libraries_in_doubt", verify::libraries_in_doubt(report.system_libraries)}};
}

Json systems_json(const std::vector<verify::SystemVerdict>& systems)
{
    auto list = Json::array();
    for (const auto& system : systems)
        list.push_back({{"distribution", system.family},
                        {"release", system.release},
                        {"glibc", system.glibc},
                        {"runs", system.runs},
                        {"any_processor", system.any_processor},
                        {"reason", system.reason}});
    return list;
}

Json runs_json(const std::vector<app::SmokeRun>& runs)
{
    auto list = Json::array();
    for (const auto& run : runs) {
        auto steps = Json::array();
        for (const auto& step : run.steps)
            steps.push_back(
                {{"name", step.name}, {"passed", step.passed}, {"seconds", step.seconds}, {"detail", step.detail}});
        list.push_back({{"image", run.image},
                        {"backend", run.backend},
                        {"passed", run.passed},
                        {"steps", std::move(steps)},
                        {"log", run.log}});
    }
    return list;
}

} // namespace

bool Verification::passed() const
{
    return report.violations.empty() &&
           std::all_of(runs.begin(), runs.end(), [](const app::SmokeRun& run) { return run.passed; });
}

std::string verification_text(const Verification& verification)
{
    const auto& report = verification.report;
    std::string text;
    for (const auto& finding : report.violations)
        text += cli::text("VIOLATION {}: {}: {}\n", verify::to_string(finding.kind), finding.file, finding.detail);
    add_accepted(report.accepted, text);
    text +=
        fmt::format("{} files, {}, {} of them ELF\n", report.files, util::human_bytes(report.bytes), report.elf_files);
    add_hardening(report, text);
    add_needs(report, text);
    add_systems(report, text);
    for (const auto& run : verification.runs)
        add_run(run, text);
    const auto failed = std::count_if(verification.runs.begin(), verification.runs.end(),
                                      [](const app::SmokeRun& run) { return !run.passed; });
    text += fmt::format("{} violations{}\n", report.violations.size(),
                        failed == 0 ? "" : fmt::format(", {} of {} clusters failed", failed, verification.runs.size()));
    return text;
}

std::string verification_json(const Verification& verification)
{
    const auto& report = verification.report;
    const Json json = {{"schema", schema},
                       {"path", verification.path},
                       {"name", report.name},
                       {"policy", verification.policy},
                       {"passed", verification.passed()},
                       {"violations", findings_json(report.violations)},
                       {"accepted", findings_json(report.accepted)},
                       {"files", report.files},
                       {"elf_files", report.elf_files},
                       {"bytes", report.bytes},
                       {"hardening", hardening_json(report)},
                       {"needs", needs_json(report)},
                       {"systems", systems_json(report.systems)},
                       {"runs", runs_json(verification.runs)}};
    return json_text(json);
}

} // namespace sf::cli
