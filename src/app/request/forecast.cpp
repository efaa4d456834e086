#include "app/request/forecast.hpp"

#include "engine/available.hpp"
#include "engine/scheduler.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace sf::app {
namespace {

/// Keys of steps above one that must be built are not known before it is built.
util::Status look_up(store::Database& database, const store::LayerStore& layers, const plan::Plan& plan,
                     std::vector<PackageForecast>& packages)
{
    engine::KeyWalk walk(plan);
    for (std::size_t step = 0; step < packages.size(); ++step) {
        if (!walk.has_key(step))
            continue;
        SF_TRY(packages[step].action, engine::find_built(database, layers, walk.key(step)));
        if (packages[step].action)
            walk.set(step, *packages[step].action);
    }
    return {};
}

util::Status look_back(store::Database& database, std::vector<PackageForecast>& packages)
{
    for (auto& item : packages) {
        SF_TRY(const auto earlier, database.actions_of(item.step->name));
        if (!earlier.empty())
            item.cpu_seconds = earlier.front().cpu_seconds;
    }
    return {};
}

void estimate(const site::Site& site, Forecast& forecast)
{
    std::vector<double> durations;
    double work = 0;
    for (const auto& item : forecast.packages) {
        durations.push_back(item.action ? 0 : item.cpu_seconds.value_or(0));
        work += durations.back();
        forecast.to_build += item.action ? 0 : 1;
        forecast.unknown += !item.action && !item.cpu_seconds ? 1 : 0;
    }
    const auto jobs = static_cast<double>(site.effective_jobs());
    double chain = 0;
    // A package's own make is spread over the jobs as far as it goes; half of them is what most reach.
    for (const auto remaining : engine::remaining_paths(forecast.plan, durations))
        chain = std::max(chain, remaining / std::max(1.0, jobs / 2));
    forecast.seconds = std::max(chain, work / jobs);
}

} // namespace

const PackageForecast* Forecast::find(std::string_view package) const
{
    for (const auto& item : packages)
        if (item.step->name == package)
            return &item;
    return nullptr;
}

util::Status require_built(const Forecast& forecast)
{
    std::vector<std::string> missing;
    for (const auto& item : forecast.packages)
        if (!item.action)
            missing.push_back(item.step->id());
    if (missing.empty())
        return {};
    return util::fail(util::ErrorCode::failure,
                      fmt::format("{} of {} packages are not in the store: {}", missing.size(),
                                  forecast.packages.size(), util::join(missing, ", ")),
                      "'slurm-factory build' with the same options makes them");
}

util::Result<Forecast> make_forecast(const Session& session, const SolvedRequest& solved)
{
    // Without the image the keys are not known, and nothing below asks for them.
    SF_TRY(auto plan, plan_request(session, solved, solved.image ? solved.image->digest : util::sha256("")));
    Forecast forecast{std::move(plan), solved.image.has_value(), {}, 0, 0, 0};
    forecast.packages.resize(forecast.plan.steps.size());
    for (std::size_t place = 0; place < forecast.packages.size(); ++place) {
        forecast.packages[place].step = &forecast.plan.steps[place];
        forecast.packages[place].solved = &solved.solution.packages[place];
    }
    for (const auto place : forecast.plan.run_closure())
        forecast.packages[place].ships = true;
    SF_TRY(auto* const database, session.find_database());
    if (database != nullptr) {
        if (forecast.image_made)
            SF_CHECK(look_up(*database, session.layers(), forecast.plan, forecast.packages));
        SF_CHECK(look_back(*database, forecast.packages));
    }
    estimate(session.site, forecast);
    return forecast;
}

util::Result<std::vector<store::Action>> claim_built(const Forecast& forecast, const store::LayerStore& layers)
{
    SF_CHECK(require_built(forecast));
    std::vector<store::Action> actions;
    actions.reserve(forecast.packages.size());
    for (const auto& item : forecast.packages) {
        SF_TRY(const bool stays, layers.claim(item.action->layers.all()));
        if (!stays)
            return util::fail(util::ErrorCode::failure,
                              fmt::format("{} was removed from the store just now", item.step->id()),
                              "'slurm-factory build' with the same options makes it again");
        actions.push_back(*item.action);
    }
    return actions;
}

} // namespace sf::app
