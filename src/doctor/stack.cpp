// What is known of the packages that a build without further words would take.
#include "doctor/checks.hpp"

#include "app/workbench.hpp"

namespace sf::doctor {

Findings look_at_stack(const app::Context& context)
{
    event::NullSink silent; // what there is to say becomes findings
    const auto planned = app::solve_request({context.site, silent, context.stop}, {});
    const std::string subject = "stack";
    if (!planned)
        return {{State::warning, subject, planned.error().message, fix_for(planned.error(), "")}};
    Findings findings;
    for (auto& fault : app::faults_of(planned->solution, planned->standings))
        findings.push_back({State::warning, subject, std::move(fault), "build another version, where there is one"});
    if (!findings.empty())
        return findings;
    const auto& root = planned->root();
    auto text = app::support_text(root, planned->standings);
    if (text.empty())
        text = fmt::format("{} {} would be built", root.name, root.version.to_string());
    return {{State::ok, subject, text + ", and no package has known holes", {}}};
}

} // namespace sf::doctor
