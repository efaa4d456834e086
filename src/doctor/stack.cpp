// What is known of the packages that a build without further words would take.
#include "doctor/checks.hpp"

#include "app/request/solving.hpp"

namespace sf::doctor {

Findings look_at_stack(const app::Session& session)
{
    event::NullSink silent; // what there is to say becomes findings
    const auto planned = app::solve_request({session.site, silent, session.stop}, {});
    const std::string subject = "stack";
    if (!planned)
        return {{State::warning, subject, planned.error().message, fix_for(planned.error(), "")}};
    Findings findings;
    for (auto& fault : app::faults_of(planned->solution, planned->statuses))
        findings.push_back({State::warning, subject, std::move(fault), "build another version if there is one"});
    if (!findings.empty())
        return findings;
    const auto& root = planned->root();
    auto text = app::support_text(root, planned->statuses);
    if (text.empty())
        text = fmt::format("{} {} would be built", root.name, root.version.to_string());
    return {{State::ok, subject, text + ", and no package has known holes", {}}};
}

} // namespace sf::doctor
