#include "app/request/plan.hpp"

#include "app/request/forecast.hpp"
#include "app/request/plan_views.hpp"
#include "plan/script.hpp"
#include "util/files/fs.hpp"

namespace sf::app {

util::Result<std::string> describe_plan(const Session& session, const BuildRequest& request, PlanFormat format,
                                        const std::optional<std::filesystem::path>& lock_file)
{
    SF_TRY(auto solved, solve_request(session, request));
    if (lock_file)
        SF_CHECK(util::write_file_atomic(*lock_file, lock_text(solved)));
    if (format == PlanFormat::sh) // it runs where the libraries of a floor are not
        solved.floor = spec::Floor::host();
    SF_TRY(const auto forecast, make_forecast(session, solved));
    switch (format) {
    case PlanFormat::list:
        return plan_list(solved, forecast);
    case PlanFormat::tree:
        return plan_tree(solved, forecast);
    case PlanFormat::json:
        return plan_json(solved, forecast);
    case PlanFormat::dot:
        return plan_dot(solved, forecast);
    case PlanFormat::sh:
        return plan::plain_script(forecast.plan);
    }
    return std::string();
}

} // namespace sf::app
