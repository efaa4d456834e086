#include "doctor/doctor.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int findings_schema = 1; ///< docs/user-guide.md

using FindingState = doctor::Finding::State;

const char* word_for(FindingState state)
{
    switch (state) {
    case FindingState::ok:
        return "ok";
    case FindingState::note:
        return "note";
    case FindingState::warning:
        return "warning";
    case FindingState::fault:
        break;
    }
    return "fault";
}

void print_findings(const std::vector<doctor::Finding>& findings)
{
    for (const auto& finding : findings) {
        print("{:<8} {}: {}\n", word_for(finding.state), finding.subject, Lines{finding.text});
        if (!finding.fix.empty())
            print("{:<8} fix: {}\n", "", Lines{finding.fix});
    }
}

void print_findings_json(const std::vector<doctor::Finding>& findings)
{
    auto json = Json::array();
    for (const auto& finding : findings)
        json.push_back({{"state", word_for(finding.state)},
                        {"subject", finding.subject},
                        {"text", finding.text},
                        {"fix", finding.fix}});
    cli::print_json(Json{{"schema", findings_schema}, {"findings", json}});
}

void define_doctor(CLI::App& command, Invocation& invocation)
{
    auto json = std::make_shared<bool>(false);
    command.add_flag("--json", *json, "Print a JSON document");
    command.callback([&invocation, json] {
        invocation.action = [json](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto findings, doctor::examine(session));
            if (*json)
                print_findings_json(findings);
            else
                print_findings(findings);
            const bool sound = std::none_of(findings.begin(), findings.end(),
                                            [](const auto& finding) { return finding.state == FindingState::fault; });
            return sound ? 0 : static_cast<int>(util::ErrorCode::verify);
        };
    });
}

const Registration registered_doctor({
    .place = {HelpGroup::site, 2},
    .path = "doctor",
    .description = "Find what prevents builds on this host",
    .examples = "slurm-factory doctor\n  slurm-factory doctor --json",
    .needs = Needs::builder,
    .define = define_doctor,
});

} // namespace
} // namespace sf::cli
