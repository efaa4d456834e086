#include "app/plan.hpp"

#include "build/package_builder.hpp"
#include "plan/key.hpp"
#include "plan/script.hpp"
#include "util/fs.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

namespace sf::app {
namespace {

using util::Result;

/// One line of the plan.
struct Line {
    const plan::Step* step = nullptr;
    bool ships = false;
    std::optional<store::Action> action; ///< set when the store has its layers
};

/// Keys of steps above one that must be built are not known before it is built.
Result<std::vector<Line>> look_up(const Context& context, const plan::Plan& plan, bool image_known)
{
    std::vector<Line> lines(plan.steps.size());
    for (std::size_t place = 0; place < plan.steps.size(); ++place)
        lines[place].step = &plan.steps[place];
    for (const auto place : plan.run_closure())
        lines[place].ships = true;
    if (!image_known || !util::path_exists(context.site.database()))
        return lines;
    SF_TRY(auto database, store::Database::open(context.site.database()));
    const store::LayerStore layers(context.site.layers());
    for (auto& line : lines) {
        std::vector<plan::InputLayers> inputs;
        for (const auto input : line.step->inputs)
            if (const auto& action = lines[input].action)
                inputs.push_back({action->package, action->layers.run, action->layers.dev});
        if (inputs.size() < line.step->inputs.size())
            continue;
        const auto key = plan::key_inputs(plan, *line.step, inputs).digest();
        SF_TRY(line.action, build::find_built(database, layers, key));
    }
    return lines;
}

std::string as_text(const std::vector<Line>& lines, const plan::Plan& plan, bool image_known)
{
    auto text = fmt::format("base image {} ({}), target {}\n", plan.image_name, image_known ? "made" : "to be made",
                            plan.target.to_string());
    for (const auto& line : lines) {
        std::vector<std::string> needs;
        for (const auto place : line.step->dependencies)
            needs.push_back(lines[place].step->name);
        const auto after = needs.empty() ? std::string() : " after " + util::join(needs, ", ");
        const auto state = line.action ? fmt::format("in the store, layer {}", line.action->layers.run.to_short())
                                       : "to be built" + after;
        text += fmt::format("  {:<24}{}{}\n", line.step->id(), state, line.ships ? "" : " (build only)");
    }
    return text;
}

std::string as_json(const std::vector<Line>& lines, const plan::Plan& plan, bool image_known)
{
    nlohmann::ordered_json json = {{"image", plan.image_name},
                                   {"image_made", image_known},
                                   {"target", plan.target.to_string()},
                                   {"steps", nlohmann::ordered_json::array()}};
    for (const auto& line : lines) {
        nlohmann::ordered_json step = {{"package", line.step->name},
                                       {"version", line.step->version.to_string()},
                                       {"variants", line.step->variants},
                                       {"ships", line.ships},
                                       {"in_store", line.action.has_value()}};
        for (const auto place : line.step->dependencies)
            step["dependencies"].push_back(lines[place].step->name);
        if (line.action)
            step["key"] = line.action->key.to_hex();
        json["steps"].push_back(std::move(step));
    }
    return json.dump(2) + "\n";
}

} // namespace

Result<std::string> describe_plan(const Context& context, const BuildRequest& request, PlanFormat format)
{
    SF_TRY(const auto planned, solve_request(context, request));
    std::optional<image::Image> image;
    if (util::path_exists(context.site.database())) {
        SF_TRY(auto database, store::Database::open(context.site.database()));
        SF_TRY(image, image::ImageStore(context.site, database, context.events).find(planned.image_recipe));
    }
    // Without the image the keys are not known, and nothing below asks for them.
    SF_TRY(const auto plan, plan_request(context, planned, image ? image->digest : util::sha256("")));
    if (format == PlanFormat::sh)
        return plan::plain_script(plan);
    SF_TRY(const auto lines, look_up(context, plan, image.has_value()));
    return format == PlanFormat::json ? as_json(lines, plan, image.has_value())
                                      : as_text(lines, plan, image.has_value());
}

} // namespace sf::app
