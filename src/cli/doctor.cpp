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

using State = doctor::Finding::State;

const char* word_for(State state)
{
    switch (state) {
    case State::ok:
        return "ok";
    case State::note:
        return "note";
    case State::warning:
        return "warning";
    case State::fault:
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

} // namespace

void add_doctor(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "doctor", "Look for what stands in the way of builds on this host",
                                "slurm-factory doctor\n  slurm-factory doctor --json");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "Print a JSON document");
    command->callback([&chosen, json] {
        chosen = [json](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto findings, doctor::examine(session));
            if (*json)
                print_findings_json(findings);
            else
                print_findings(findings);
            const bool sound = std::none_of(findings.begin(), findings.end(),
                                            [](const auto& finding) { return finding.state == State::fault; });
            return sound ? 0 : static_cast<int>(util::ErrorCode::verify);
        };
    });
}

} // namespace sf::cli
