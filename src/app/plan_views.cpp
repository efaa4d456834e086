#include "app/plan_views.hpp"

#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace sf::app {
namespace {

/// "hwloc@2.12.0 +pci ~libxml2"
std::string spec_text(const solve::Package& package)
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

std::string state_of(const Prospect& prospect)
{
    if (prospect.action)
        return fmt::format("in the store, layer {}", prospect.action->layers.run.to_short());
    return prospect.cpu_seconds ? fmt::format("to be built, {} of CPU", duration(*prospect.cpu_seconds))
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

nlohmann::ordered_json support_json(const Standing& standing)
{
    return {
        {"by", standing.support->by}, {"until", recipe::to_string(standing.support->until)}, {"past", standing.past}};
}

std::vector<std::string> types_of(const recipe::DependencyType& type)
{
    std::vector<std::string> words;
    for (const auto& [set, word] : {std::pair(type.build, "build"), {type.link, "link"}, {type.run, "run"}})
        if (set)
            words.emplace_back(word);
    return words;
}

std::string heading(const Planned& planned, const Outlook& outlook)
{
    return fmt::format("{}\nbase image {} ({}), glibc {}, target {}, hardening {}\n", planned.request,
                       planned.image_recipe.name, outlook.image_made ? "made" : "to be made",
                       planned.floor.is_host() ? "of the image" : planned.floor.to_string(), planned.target.to_string(),
                       spec::to_string(planned.hardening));
}

std::string summary(const Outlook& outlook)
{
    const auto total = outlook.prospects.size();
    auto text = fmt::format("{} package{}: {} in the store", total, total == 1 ? "" : "s", total - outlook.to_build);
    if (outlook.to_build > 0)
        text += fmt::format(", {} to be built", outlook.to_build);
    if (outlook.to_build > outlook.unknown)
        text += fmt::format(", about {}", duration(outlook.seconds));
    if (outlook.unknown > 0)
        text += fmt::format("{} {} never built here", outlook.to_build > outlook.unknown ? " and" : ",",
                            outlook.unknown == outlook.to_build ? "all" : std::to_string(outlook.unknown));
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
    Tree(const Planned& planned, const Outlook& outlook) : planned_(planned), outlook_(outlook) {}

    void draw(const std::string& name, const std::string& before, const std::string& below, const std::string& why)
    {
        const auto& prospect = *outlook_.find(name);
        const bool first = drawn_.insert(name).second;
        const auto label = before + (first ? spec_text(*prospect.package) : prospect.step->id());
        lines_.push_back(
            {label,
             first ? state_of(prospect) + patches_text(*prospect.step) + (prospect.ships ? "" : " (build only)")
                   : "above",
             why});
        if (!first)
            return;
        std::vector<solve::Edge> edges;
        for (const auto& edge : prospect.package->edges)
            if (planned_.solution.find(edge.package) != nullptr &&
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

    const Planned& planned_;
    const Outlook& outlook_;
    std::set<std::string> drawn_;
    std::vector<Line> lines_;
};

} // namespace

std::string plan_list(const Planned& planned, const Outlook& outlook)
{
    auto text = heading(planned, outlook);
    for (const auto& prospect : outlook.prospects) {
        std::vector<std::string> needs;
        for (const auto place : prospect.step->dependencies)
            needs.push_back(outlook.prospects[place].step->name);
        const auto after = needs.empty() || prospect.action ? "" : " after " + util::join(needs, ", ");
        text += fmt::format("  {:<28}{}{}{}{}\n", prospect.step->id(), state_of(prospect), patches_text(*prospect.step),
                            after, prospect.ships ? "" : " (build only)");
    }
    return text + summary(outlook);
}

std::string plan_tree(const Planned& planned, const Outlook& outlook)
{
    Tree tree(planned, outlook);
    tree.draw(planned.root().name, "", "", "the request");
    return heading(planned, outlook) + "\n" + tree.text() + "\n" + externals_line(planned.solution) + summary(outlook);
}

std::string plan_json(const Planned& planned, const Outlook& outlook)
{
    nlohmann::ordered_json json = {{"request", planned.request},
                                   {"target", planned.target.to_string()},
                                   {"hardening", spec::to_string(planned.hardening)},
                                   {"glibc", planned.floor.to_string()},
                                   {"image", planned.image_recipe.name},
                                   {"image_made", outlook.image_made},
                                   {"to_build", outlook.to_build},
                                   {"estimated_seconds", std::round(outlook.seconds)},
                                   {"externals", nlohmann::ordered_json::object()},
                                   {"steps", nlohmann::ordered_json::array()}};
    for (const auto& external : planned.solution.externals)
        json["externals"][external.name] = external.version ? external.version->to_string() : "";
    for (const auto& prospect : outlook.prospects) {
        nlohmann::ordered_json step = {{"package", prospect.step->name},
                                       {"version", prospect.step->version.to_string()},
                                       {"variants", prospect.step->variants},
                                       {"ships", prospect.ships},
                                       {"in_store", prospect.action.has_value()}};
        for (const auto& set : prospect.step->patch_sets)
            step["patches"].push_back(patches_json(set));
        const auto& standing = planned.standings.at(prospect.step->name);
        if (standing.support != nullptr)
            step["support"] = support_json(standing);
        step["holes"] = standing.holes;
        if (prospect.cpu_seconds)
            step["cpu_seconds"] = *prospect.cpu_seconds;
        step["dependencies"] = nlohmann::ordered_json::array();
        for (const auto& edge : prospect.package->edges)
            step["dependencies"].push_back(
                {{"package", edge.package}, {"spec", edge.spec}, {"type", types_of(edge.type)}});
        if (prospect.action)
            step["key"] = prospect.action->key.to_hex();
        json["steps"].push_back(std::move(step));
    }
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string plan_dot(const Planned& planned, const Outlook& outlook)
{
    std::string text = "digraph slurm_factory {\n  rankdir=LR;\n  node [shape=box];\n";
    for (const auto& prospect : outlook.prospects)
        text += fmt::format("  \"{}\" [label=\"{}\\n{}\"{}];\n", prospect.step->name, prospect.step->id(),
                            state_of(prospect), prospect.action ? ", style=filled" : "");
    for (const auto& prospect : outlook.prospects)
        for (const auto& edge : prospect.package->edges)
            if (planned.solution.find(edge.package) != nullptr)
                text += fmt::format("  \"{}\" -> \"{}\" [label=\"{}\"{}];\n", prospect.step->name, edge.package,
                                    edge.spec, edge.type.link || edge.type.run ? "" : ", style=dashed");
    return text + "}\n";
}

} // namespace sf::app
