#include "solve/explain.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sf::solve {
namespace {

/// What the rules of a problem say, by what it is about.
struct Findings {
    std::map<std::string, std::vector<Demand>> demands; ///< by the package of whom something is asked
    std::set<std::string> unmet;                        ///< packages of which something is asked that none provides
    std::vector<std::string> conflicts;
    std::set<std::pair<std::string, std::string>> contested_variants; ///< package, variant
    std::set<std::string> contested_packages;
};

void add_demand(Findings& findings, const Demand& demand)
{
    auto& list = findings.demands[demand.package];
    const bool known = std::any_of(list.begin(), list.end(), [&demand](const Demand& other) {
        return other.who == demand.who && other.text == demand.text;
    });
    if (!known)
        list.push_back(demand);
}

void add_contested(const Problem& problem, const solv::Rule& rule, Findings& findings)
{
    if (const auto* value = problem.value_of(rule.from))
        findings.contested_variants.emplace(value->package, value->variant);
    else if (const auto package = problem.package_of(rule.from))
        findings.contested_packages.insert(package->first);
}

Findings sort_out(const Problem& problem, const std::vector<solv::Rule>& rules)
{
    Findings findings;
    for (const auto& rule : rules) {
        if (const auto* demand = problem.demand_of(rule.from, rule.need)) {
            add_demand(findings, *demand);
            if (rule.kind == solv::Rule::Kind::nothing_provides)
                findings.unmet.insert(demand->package);
        }
        if (const auto* conflict = problem.conflict_of(rule.from, rule.need))
            if (std::find(findings.conflicts.begin(), findings.conflicts.end(), *conflict) == findings.conflicts.end())
                findings.conflicts.push_back(*conflict);
        if (rule.kind == solv::Rule::Kind::same_name)
            add_contested(problem, rule, findings);
    }
    return findings;
}

std::string wishes(const std::vector<Demand>& demands)
{
    std::string text;
    for (const auto& demand : demands)
        text += fmt::format("\n    {} wants {}", demand.who, demand.text);
    return text;
}

bool nobody_has(const Problem& problem, const std::string& package)
{
    if (problem.is_virtual(package))
        return false;
    return !problem.knows(package) ||
           (problem.choice(package).recipe == nullptr && problem.choice(package).options.empty());
}

/// What there is of a package: versions to build, the base image's.
std::string supply(const Problem& problem, const std::string& package)
{
    if (nobody_has(problem, package))
        return fmt::format("\n    {0} has no recipe, and the base image has no {0}", package);
    const auto& choice = problem.choice(package);
    std::string text;
    bool buildable = false;
    for (const auto& option : choice.options) {
        buildable = buildable || !option.external;
        if (option.external)
            text += fmt::format("\n    the base image has {} {}", package,
                                option.version ? option.version->to_string() : "of a version not known yet");
    }
    if (choice.recipe != nullptr && buildable)
        text += "\n    known versions: " + known_versions(*choice.recipe);
    else if (choice.recipe != nullptr)
        text += fmt::format("\n    the site's configuration forbids building {} (buildable: false)", package);
    else
        text += fmt::format("\n    {} has no recipe, so it cannot be linked against or shipped", package);
    return text;
}

std::string about_variant(const Findings& findings, const std::string& package, const std::string& variant)
{
    std::string text;
    const auto found = findings.demands.find(package);
    if (found == findings.demands.end())
        return text;
    std::vector<std::string> sides;
    for (const auto& demand : found->second)
        if (const auto spec = spec::Spec::parse(demand.text); spec && spec->variants.contains(variant))
            sides.push_back(fmt::format("{} wants {}", demand.who, demand.text));
    if (sides.empty())
        return text;
    if (sides.size() == 1)
        return fmt::format("{}, but the chosen version of {} cannot have that value of '{}'", sides.front(), package,
                           variant);
    return fmt::format("{}: {}'s variant '{}' can have one value only", util::join(sides, " and "), package, variant);
}

/// A demand for a variant that the chosen version does not have.
std::string about_missing_variants(const Problem& problem, const Findings& findings)
{
    std::vector<std::string> lines;
    for (const auto& [package, demands] : findings.demands) {
        if (!problem.knows(package) || problem.choice(package).recipe == nullptr)
            continue;
        for (const auto& demand : demands) {
            const auto spec = spec::Spec::parse(demand.text);
            if (!spec)
                continue;
            for (const auto& [name, value] : spec->variants)
                if (const auto* variant = problem.choice(package).recipe->find_variant(name);
                    variant != nullptr && variant->condition.when)
                    lines.push_back(fmt::format("    {}'s variant '{}' exists for {} only", package, name,
                                                variant->condition.when->to_string()));
        }
    }
    return lines.empty() ? "" : "\n" + util::join(lines, "\n");
}

/// Packages without any provider. Conditional demands are not among the unmet.
std::string about_what_nobody_has(const Problem& problem, const Findings& findings)
{
    std::string text;
    for (const auto& [package, demands] : findings.demands)
        if (nobody_has(problem, package))
            text += fmt::format("{}nothing provides {}:{}{}", text.empty() ? "" : "\n", package, wishes(demands),
                                supply(problem, package));
    return text;
}

} // namespace

std::string explain(const Problem& problem, const std::vector<solv::Rule>& rules)
{
    const auto findings = sort_out(problem, rules);
    if (!findings.conflicts.empty()) {
        auto text = util::join(findings.conflicts, "\n");
        for (const auto& [package, demands] : findings.demands)
            text += wishes(demands);
        return text;
    }
    if (auto text = about_what_nobody_has(problem, findings); !text.empty())
        return text;
    for (const auto& [package, variant] : findings.contested_variants)
        if (auto text = about_variant(findings, package, variant); !text.empty())
            return text + about_missing_variants(problem, findings);
    // The package at fault is one of which something impossible is asked, or two things at once.
    auto blamed = findings.unmet;
    if (blamed.empty())
        blamed = findings.contested_packages;
    std::string text;
    for (const auto& package : blamed) {
        const auto demands = findings.demands.find(package);
        if (demands == findings.demands.end())
            continue;
        text += fmt::format("{}no version of {} meets all requirements:{}{}", text.empty() ? "" : "\n", package,
                            wishes(demands->second), supply(problem, package));
    }
    if (text.empty())
        text = "no choice of versions and variants meets all of these:";
    for (const auto& [package, demands] : findings.demands)
        if (!blamed.contains(package))
            text += wishes(demands);
    return text + about_missing_variants(problem, findings);
}

} // namespace sf::solve
