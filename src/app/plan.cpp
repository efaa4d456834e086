#include "app/plan.hpp"

#include "app/outlook.hpp"
#include "app/plan_views.hpp"
#include "plan/script.hpp"
#include "util/fs.hpp"

namespace sf::app {

util::Result<std::string> describe_plan(const Context& context, const BuildRequest& request, PlanFormat format,
                                        const std::optional<std::filesystem::path>& lock_file)
{
    SF_TRY(auto planned, solve_request(context, request));
    if (lock_file)
        SF_CHECK(util::write_file_atomic(*lock_file, lock_text(planned)));
    if (format == PlanFormat::sh) // it runs where the libraries of a floor are not
        planned.floor = spec::Floor::host();
    SF_TRY(const auto outlook, look_ahead(context, planned));
    switch (format) {
    case PlanFormat::list:
        return plan_list(planned, outlook);
    case PlanFormat::tree:
        return plan_tree(planned, outlook);
    case PlanFormat::json:
        return plan_json(planned, outlook);
    case PlanFormat::dot:
        return plan_dot(planned, outlook);
    case PlanFormat::sh:
        return plan::plain_script(outlook.plan);
    }
    return std::string();
}

} // namespace sf::app
