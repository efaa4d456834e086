#include "app/explain.hpp"

#include "app/outlook.hpp"
#include "build/reason.hpp"
#include "util/fs.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace sf::app {
namespace {

util::Result<const Prospect*> find_package(const Outlook& outlook, const std::string& package)
{
    if (const auto* found = outlook.find(package))
        return found;
    std::vector<std::string> names;
    for (const auto& prospect : outlook.prospects)
        names.push_back(prospect.step->name);
    const auto near = util::nearest(package, names);
    return util::fail(util::ErrorCode::usage, fmt::format("this build has no package '{}'", package),
                      near ? fmt::format("did you mean '{}'?", *near) : "its packages: " + util::join(names, ", "));
}

/// The inputs of the key, as far as they are known.
plan::KeyInputs inputs_of(const Outlook& outlook, const plan::Step& step)
{
    const util::Digest nothing({});
    std::vector<plan::InputLayers> layers;
    for (const auto place : step.inputs) {
        const auto& prospect = outlook.prospects[place];
        const auto& known = prospect.action;
        layers.push_back(
            {prospect.step->name, known ? known->layers.run : nothing, known ? known->layers.dev : nothing});
    }
    auto inputs = plan::key_inputs(outlook.plan, step, layers);
    for (const auto place : step.inputs)
        if (const auto& prospect = outlook.prospects[place]; !prospect.action)
            for (auto& [name, value] : inputs.fields)
                if (name == "dependency " + prospect.step->name)
                    value = "to be built first";
    return inputs;
}

} // namespace

util::Result<Explanation> explain(const Context& context, const BuildRequest& request, const std::string& package)
{
    SF_TRY(const auto planned, solve_request(context, request));
    SF_TRY(const auto outlook, look_ahead(context, planned));
    SF_TRY(const auto* prospect, find_package(outlook, package));
    if (!outlook.image_made)
        return util::fail(
            util::ErrorCode::failure,
            fmt::format("base image {} is not made yet, so everything is to be built", planned.image_recipe.name),
            "'slurm-factory build' makes it");
    const auto& step = *prospect->step;
    Explanation explanation;
    explanation.id = step.id();
    explanation.in_store = prospect->action.has_value();
    for (const auto place : step.inputs)
        if (!outlook.prospects[place].action)
            explanation.waits_for.push_back(outlook.prospects[place].step->id());
    explanation.inputs = inputs_of(outlook, step);
    if (explanation.waits_for.empty())
        explanation.key = explanation.inputs.digest();
    if (explanation.in_store) {
        explanation.other = prospect->action;
        return explanation;
    }
    SF_TRY(auto database, store::Database::open(context.site.database()));
    SF_TRY(const auto earlier, database.actions_of(step.name));
    auto nearest = build::nearest_build(earlier, explanation.inputs);
    explanation.other = std::move(nearest.action);
    explanation.changes = std::move(nearest.changes);
    explanation.layers_gone = explanation.other && explanation.key && explanation.other->key == *explanation.key;
    return explanation;
}

} // namespace sf::app
