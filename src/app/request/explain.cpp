#include "app/request/explain.hpp"

#include "app/request/forecast.hpp"
#include "engine/reason.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace sf::app {
namespace {

util::Result<const PackageForecast*> find_package(const Forecast& forecast, const std::string& package)
{
    if (const auto* found = forecast.find(package))
        return found;
    std::vector<std::string> names;
    for (const auto& item : forecast.packages)
        names.push_back(item.step->name);
    const auto near = util::nearest(package, names);
    return util::fail(util::ErrorCode::usage, fmt::format("this build has no package '{}'", package),
                      near ? fmt::format("did you mean '{}'?", *near) : "its packages: " + util::join(names, ", "));
}

/// The inputs of the key, as far as they are known.
plan::KeyInputs inputs_of(const Forecast& forecast, const plan::Step& step)
{
    const util::Digest nothing({});
    std::vector<plan::InputLayers> layers;
    for (const auto place : step.inputs) {
        const auto& item = forecast.packages[place];
        const auto& known = item.action;
        layers.push_back({item.step->name, known ? known->layers.run : nothing, known ? known->layers.dev : nothing});
    }
    auto inputs = plan::key_inputs(forecast.plan, step, layers);
    for (const auto place : step.inputs)
        if (const auto& item = forecast.packages[place]; !item.action)
            for (auto& [name, value] : inputs.fields)
                if (name == "dependency " + item.step->name)
                    value = "to be built first";
    return inputs;
}

} // namespace

util::Result<Explanation> explain(const Session& session, const BuildRequest& request, const std::string& package)
{
    SF_TRY(const auto solved, solve_request(session, request));
    SF_TRY(const auto forecast, make_forecast(session, solved));
    SF_TRY(const auto* item, find_package(forecast, package));
    if (!forecast.image_made)
        return util::fail(
            util::ErrorCode::failure,
            fmt::format("base image {} is not made yet, so everything will be built", solved.image_recipe.name),
            "'slurm-factory build' makes it");
    const auto& step = *item->step;
    Explanation explanation;
    explanation.id = step.id();
    explanation.in_store = item->action.has_value();
    for (const auto place : step.inputs)
        if (!forecast.packages[place].action)
            explanation.waits_for.push_back(forecast.packages[place].step->id());
    explanation.inputs = inputs_of(forecast, step);
    if (explanation.waits_for.empty())
        explanation.key = explanation.inputs.digest();
    if (explanation.in_store) {
        explanation.other = item->action;
        return explanation;
    }
    SF_TRY(auto* const database, session.database());
    SF_TRY(const auto earlier, database->actions_of(step.name));
    auto nearest = engine::nearest_build(earlier, explanation.inputs);
    explanation.other = std::move(nearest.action);
    explanation.changes = std::move(nearest.changes);
    explanation.layers_gone = explanation.other && explanation.key && explanation.other->key == *explanation.key;
    return explanation;
}

} // namespace sf::app
