#include "app/audit/security_status.hpp"

#include "app/audit/audited_subject.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::app {
namespace {

std::vector<std::string> holes_of(const advisory::Subject& subject, const advisory::Set& advisories)
{
    std::vector<std::string> holes;
    for (const auto& finding : advisory::assess(advisories, subject))
        if (finding.state == advisory::State::open)
            holes.push_back(finding.advisory->id);
    return holes;
}

/// Of a version that the recipe lists, with its patches.
std::vector<std::string> holes_of(const recipe::Recipe& recipe, const recipe::VersionEntry& entry,
                                  const spec::VariantValues& variants, const advisory::Set& advisories)
{
    if (advisories.of_package(recipe.name).empty())
        return {};
    return holes_of(subject_of(recipe, entry.version, variants, entry.patches), advisories);
}

/// The variants of a version without a request for others; conditional defaults are left out.
spec::VariantValues default_variants(const recipe::Recipe& recipe, const spec::Version& version)
{
    spec::VariantValues variants;
    for (const auto& variant : recipe.variants)
        if (variant.condition.may_hold(version))
            variants[variant.name] = variant.default_value;
    return variants;
}

/// The highest version without holes, of those that are supported if there are any.
std::string best_without_holes(const recipe::Recipe& recipe, const spec::VariantValues& variants,
                               const advisory::Set& advisories, std::chrono::sys_days today)
{
    const recipe::VersionEntry* best = nullptr;
    bool best_supported = false;
    for (const auto& entry : recipe.versions) {
        if (!holes_of(recipe, entry, variants, advisories).empty())
            continue;
        const bool supported = recipe.is_supported(entry.version, today);
        if (best == nullptr || std::pair(supported, entry.version) > std::pair(best_supported, best->version)) {
            best = &entry;
            best_supported = supported;
        }
    }
    return best == nullptr ? "" : best->version.to_string();
}

} // namespace

std::chrono::sys_days today()
{
    return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

solve::Versions vulnerable_versions(const recipe::RecipeSet& recipes, const advisory::Set& advisories)
{
    solve::Versions versions;
    for (const auto& name : recipes.names()) {
        const auto& recipe = *recipes.find(name);
        for (const auto& entry : recipe.versions)
            if (!holes_of(recipe, entry, default_variants(recipe, entry.version), advisories).empty())
                versions[name].push_back(entry.version);
    }
    return versions;
}

SecurityStatuses security_statuses(const solve::Solution& solution, const recipe::RecipeSet& recipes,
                                   const advisory::Set& advisories, const std::vector<std::string>& own_source,
                                   std::chrono::sys_days today)
{
    SecurityStatuses statuses;
    for (const auto& package : solution.packages) {
        const auto& recipe = *recipes.find(package.name);
        const bool own = std::find(own_source.begin(), own_source.end(), package.name) != own_source.end();
        auto& status = statuses[package.name];
        status.support = recipe.support_of(package.version);
        status.past = status.support != nullptr && !recipe.is_supported(package.version, today);
        const auto* listed = recipe.find_version(package.version);
        const auto patch_sets = own || listed == nullptr ? std::vector<recipe::PatchSet>() : listed->patches;
        status.holes = holes_of(subject_of(recipe, package.version, package.variants, patch_sets), advisories);
        if (!status.holes.empty())
            status.without = best_without_holes(recipe, package.variants, advisories, today);
    }
    return statuses;
}

std::vector<std::string> faults_of(const solve::Solution& solution, const SecurityStatuses& statuses)
{
    std::vector<std::string> faults;
    const auto add = [&](const solve::SolvedPackage& package) {
        const auto& status = statuses.at(package.name);
        const auto name = package.name + " " + package.version.to_string();
        if (status.past)
            faults.push_back(fmt::format("{} is past its end: {} supported it until {}", name, status.support->by,
                                         recipe::to_string(status.support->until)));
        if (!status.holes.empty())
            faults.push_back(fmt::format("{} has {} known hole{} that nothing closes: {}{}", name, status.holes.size(),
                                         status.holes.size() == 1 ? "" : "s", util::join(status.holes, ", "),
                                         status.without.empty() ? "" : fmt::format(" ({} has none)", status.without)));
    };
    const auto& root = solution.packages.back();
    add(root);
    for (const auto& package : solution.packages)
        if (&package != &root)
            add(package);
    return faults;
}

std::string support_text(const solve::SolvedPackage& package, const SecurityStatuses& statuses)
{
    const auto& status = statuses.at(package.name);
    if (status.support == nullptr || status.past)
        return "";
    return fmt::format("{} {} is supported by {} until {}", package.name, package.version.to_string(),
                       status.support->by, recipe::to_string(status.support->until));
}

} // namespace sf::app
