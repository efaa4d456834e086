// Short ways to ask the solver.
#pragma once

#include "solve/solve.hpp"
#include "support/recipes.hpp"

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace sf::test {

/// "gcc" or "cmake@3.25.1".
inline solve::SolveRequest request(const std::string& spec, const std::vector<std::string>& externals = {})
{
    solve::SolveRequest request{*spec::Spec::parse(spec), {}, {}, {}, {}, {}};
    for (const auto& external : externals) {
        const auto parsed = *spec::Spec::parse(external);
        request.externals.push_back({parsed.name, std::nullopt});
        if (parsed.versions)
            request.externals.back().version = *spec::Version::parse(parsed.versions->to_string());
    }
    return request;
}

/// What no recipe brings or provides stands for the base image's.
inline std::vector<solve::External> tools_of(const recipe::RecipeSet& recipes)
{
    std::set<std::string> needed;
    std::set<std::string> there;
    for (const auto& name : recipes.names()) {
        const auto& recipe = *recipes.find(name);
        there.insert(name);
        for (const auto& provision : recipe.provides)
            there.insert(provision.name);
        for (const auto& dependency : recipe.dependencies)
            needed.insert(dependency.spec.name);
    }
    std::vector<solve::External> tools;
    for (const auto& name : needed)
        if (there.count(name) == 0)
            tools.push_back({name, std::nullopt});
    return tools;
}

/// "lib@1.10 +x", with the variants a package has.
inline std::vector<std::string> specs(const solve::Solution& solution)
{
    std::vector<std::string> texts;
    for (const auto& package : solution.packages) {
        spec::Spec spec;
        spec.variants = package.variants;
        const auto variants = spec.to_string();
        texts.push_back(package.name + "@" + package.version.to_string() + (variants.empty() ? "" : " ") + variants);
    }
    return texts;
}

inline solve::Solution solved(const solve::SolveRequest& request, const recipe::RecipeSet& recipes)
{
    auto answer = solve::solve(request, recipes);
    if (!answer)
        throw std::runtime_error(util::to_string(answer.error()));
    if (const auto* unsolvable = std::get_if<solve::Unsolvable>(&*answer))
        throw std::runtime_error(unsolvable->explanation);
    return std::get<solve::Solution>(*answer);
}

/// The explanation or the error.
inline std::string refused(const solve::SolveRequest& request, const recipe::RecipeSet& recipes)
{
    const auto answer = solve::solve(request, recipes);
    if (!answer)
        return util::to_string(answer.error());
    const auto* unsolvable = std::get_if<solve::Unsolvable>(&*answer);
    return unsolvable == nullptr ? "it was solved" : unsolvable->explanation;
}

} // namespace sf::test
