#include "app/request/plan_views.hpp"

#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace sf::app {
namespace {

/// "hwloc@2.12.0 +pci ~libxml2"
std::string spec_text(const solve::SolvedPackage& package)
{
    spec::Spec spec;
    spec.variants = package.variants;
    const auto variants = spec.to_string();
    return fmt::format("{}@{}{}{}", package.name, package.version.to_string(), variants.empty() ? "" : " ", variants);
}

std::string duration(double seconds)
{
    constexpr double minute = 60;
    if (seconds < minute)
        return fmt::format("{:.0f} s", std::max(seconds, 1.0));
    return fmt::format("{:.0f} min {:02.0f} s", std::floor(seconds / minute), std::fmod(seconds, minute));
}

std::string state_of(const PackageForecast& item)
{
    if (item.action)
        return fmt::format("in the store, layer {}", item.action->layers.run.to_short());
    return item.cpu_seconds ? fmt::format("to be built, {} of CPU", duration(*item.cpu_seconds))
                            : std::string("to be built");
}

/// ", 26 patches of slurm-wlm 24.11.5-4+deb13u1"
std::string patches_text(const plan::Step& step)
{
    std::string text;
    for (const auto& set : step.patch_sets)
        text +=
            fmt::format(", {} patch{} of {}", set.series.size(), set.series.size() == 1 ? "" : "es", set.to_string());
    return text;
}

nlohmann::ordered_json patches_json(const recipe::PatchSet& set)
{
    nlohmann::ordered_json json = {{"package", set.package},
                                   {"revision", set.revision},
                                   {"sha256", set.sha256().to_hex()},
                                   {"files", nlohmann::ordered_json::array()}};
    for (const auto& patch : set.series)
        json["files"].push_back({{"name", patch.file}, {"fixes", patch.fixes}});
    return json;
}

nlohmann::ordered_json support_json(const SecurityStatus& status)
{
    return {{"by", status.support->by}, {"until", recipe::to_string(status.support->until)}, {"past", status.past}};
}

std::vector<std::string> types_of(const recipe::DependencyType& type)
{
    std::vector<std::string> words;
    for (const auto& [set, word] : {std::pair(type.build, "build"), {type.link, "link"}, {type.run, "run"}})
        if (set)
            words.emplace_back(word);
    return words;
}

std::string heading(const SolvedRequest& solved, const Forecast& forecast)
{
    return fmt::format("{}\nbase image {} ({}), glibc {}, target {}, hardening {}\n", solved.request,
                       solved.image_recipe.name, forecast.image_made ? "made" : "to be made",
                       solved.floor.is_host() ? "of the image" : solved.floor.to_string(), solved.target.to_string(),
                       spec::to_string(solved.hardening));
}

std::string summary(const Forecast& forecast)
{
    const auto total = forecast.packages.size();
    auto text = fmt::format("{} package{}: {} in the store", total, total == 1 ? "" : "s", total - forecast.to_build);
    if (forecast.to_build > 0)
        text += fmt::format(", {} to be built", forecast.to_build);
    if (forecast.to_build > forecast.unknown)
        text += fmt::format(", about {}", duration(forecast.seconds));
    if (forecast.unknown > 0)
        text += fmt::format("{} {} never built here", forecast.to_build > forecast.unknown ? " and" : ",",
                            forecast.unknown == forecast.to_build ? "all" : std::to_string(forecast.unknown));
    return text + "\n";
}

std::string externals_line(const solve::Solution& solution)
{
    std::vector<std::string> texts;
    for (const auto& external : solution.externals)
        texts.push_back(external.version ? external.name + " " + external.version->to_string() : external.name);
    return texts.empty() ? "" : fmt::format("from the base image: {}\n", util::join(texts, ", "));
}

/// Draws one package and what it needs; what was drawn before is named only.
class Tree {
public:
    Tree(const SolvedRequest& solved, const Forecast& forecast) : solved_(solved), forecast_(forecast) {}

    void draw(const std::string& name, const std::string& before, const std::string& below, const std::string& why)
    {
        const auto& item = *forecast_.find(name);
        const bool first = drawn_.insert(name).second;
        const auto label = before + (first ? spec_text(*item.solved) : item.step->id());
        lines_.push_back(
            {label, first ? state_of(item) + patches_text(*item.step) + (item.ships ? "" : " (build only)") : "above",
             why});
        if (!first)
            return;
        std::vector<solve::Edge> edges;
        for (const auto& edge : item.solved->edges)
            if (solved_.solution.find(edge.package) != nullptr &&
                (edges.empty() || edges.back().package != edge.package))
                edges.push_back(edge);
        for (std::size_t i = 0; i < edges.size(); ++i) {
            const bool last = i + 1 == edges.size();
            draw(edges[i].package, below + (last ? "`- " : "|- "), below + (last ? "   " : "|  "),
                 fmt::format("{} needs {} ({})", name, edges[i].spec, util::join(types_of(edges[i].type), ", ")));
        }
    }

    [[nodiscard]] std::string text() const
    {
        std::string text;
        for (const auto& line : lines_)
            text += fmt::format("{}\n{:>{}}{}; {}\n", line.label, "", indent_of(line.label), line.state, line.why);
        return text;
    }

private:
    struct Line {
        std::string label;
        std::string state;
        std::string why;
    };

    /// States stand below the names, so that long lists of variants do not push them away.
    static std::size_t indent_of(const std::string& label) { return label.find_first_not_of("|`- ") + 4; }

    const SolvedRequest& solved_;
    const Forecast& forecast_;
    std::set<std::string> drawn_;
    std::vector<Line> lines_;
};

} // namespace

std::string plan_list(const SolvedRequest& solved, const Forecast& forecast)
{
    auto text = heading(solved, forecast);
    for (const auto& item : forecast.packages) {
        std::vector<std::string> needs;
        for (const auto place : item.step->dependencies)
            needs.push_back(forecast.packages[place].step->name);
        const auto after = needs.empty() || item.action ? "" : " after " + util::join(needs, ", ");
        text += fmt::format("  {:<28}{}{}{}{}\n", item.step->id(), state_of(item), patches_text(*item.step), after,
                            item.ships ? "" : " (build only)");
    }
    return text + summary(forecast);
}

std::string plan_tree(const SolvedRequest& solved, const Forecast& forecast)
{
    Tree tree(solved, forecast);
    tree.draw(solved.root().name, "", "", "the request");
    return heading(solved, forecast) + "\n" + tree.text() + "\n" + externals_line(solved.solution) + summary(forecast);
}

std::string plan_json(const SolvedRequest& solved, const Forecast& forecast)
{
    nlohmann::ordered_json json = {{"request", solved.request},
                                   {"target", solved.target.to_string()},
                                   {"hardening", spec::to_string(solved.hardening)},
                                   {"glibc", solved.floor.to_string()},
                                   {"image", solved.image_recipe.name},
                                   {"image_made", forecast.image_made},
                                   {"to_build", forecast.to_build},
                                   {"estimated_seconds", std::round(forecast.seconds)},
                                   {"externals", nlohmann::ordered_json::object()},
                                   {"steps", nlohmann::ordered_json::array()}};
    for (const auto& external : solved.solution.externals)
        json["externals"][external.name] = external.version ? external.version->to_string() : "";
    for (const auto& item : forecast.packages) {
        nlohmann::ordered_json step = {{"package", item.step->name},
                                       {"version", item.step->version.to_string()},
                                       {"variants", item.step->variants},
                                       {"ships", item.ships},
                                       {"in_store", item.action.has_value()}};
        for (const auto& set : item.step->patch_sets)
            step["patches"].push_back(patches_json(set));
        const auto& status = solved.statuses.at(item.step->name);
        if (status.support != nullptr)
            step["support"] = support_json(status);
        step["holes"] = status.holes;
        if (item.cpu_seconds)
            step["cpu_seconds"] = *item.cpu_seconds;
        step["dependencies"] = nlohmann::ordered_json::array();
        for (const auto& edge : item.solved->edges)
            step["dependencies"].push_back(
                {{"package", edge.package}, {"spec", edge.spec}, {"type", types_of(edge.type)}});
        if (item.action)
            step["key"] = item.action->key.to_hex();
        json["steps"].push_back(std::move(step));
    }
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string plan_dot(const SolvedRequest& solved, const Forecast& forecast)
{
    std::string text = "digraph slurm_factory {\n  rankdir=LR;\n  node [shape=box];\n";
    for (const auto& item : forecast.packages)
        text += fmt::format("  \"{}\" [label=\"{}\\n{}\"{}];\n", item.step->name, item.step->id(), state_of(item),
                            item.action ? ", style=filled" : "");
    for (const auto& item : forecast.packages)
        for (const auto& edge : item.solved->edges)
            if (solved.solution.find(edge.package) != nullptr)
                text += fmt::format("  \"{}\" -> \"{}\" [label=\"{}\"{}];\n", item.step->name, edge.package, edge.spec,
                                    edge.type.link || edge.type.run ? "" : ", style=dashed");
    return text + "}\n";
}

} // namespace sf::app
