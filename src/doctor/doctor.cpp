#include "doctor/doctor.hpp"

#include "app/session/advice.hpp"
#include "doctor/checks.hpp"

#include <iterator>
#include <utility>

namespace sf::doctor {
namespace {

void append(Findings& findings, Findings more)
{
    findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

std::string fix_for(const util::Error& error, const std::string& otherwise)
{
    const auto hint = app::with_advice(error).hint;
    return hint.empty() ? otherwise : hint;
}

util::Result<std::vector<Finding>> examine(const app::Session& session)
{
    const auto& site = session.site;
    auto findings = look_at_host(site); // makes the root, which the others look into
    findings.push_back(look_at_clock(site));
    append(findings, look_at_locks(site));
    append(findings, look_at_leftovers(site));
    append(findings, look_at_backends(session));
    SF_CHECK(session.stop.check());
    append(findings, look_at_network(session));
    SF_CHECK(session.stop.check());
    append(findings, look_at_stack(session));
    SF_CHECK(session.stop.check());
    return findings;
}

} // namespace sf::doctor
