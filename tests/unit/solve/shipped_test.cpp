// The recipes that ship: every series of Slurm can be asked for.
#include "unit/solve/helpers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace {

using namespace sf;

/// What no recipe brings or provides stands for the base image's.
std::vector<solve::External> tools_of(const recipe::RecipeSet& recipes)
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

TEST(SolveShipped, EverySeriesOfSlurm)
{
    const auto recipes = recipe::RecipeSet::load({std::filesystem::path(SF_SOURCE_DIR) / "recipes"});
    ASSERT_TRUE(recipes) << util::to_string(recipes.error());
    const auto tools = tools_of(*recipes);
    for (const auto& entry : recipes->find("slurm")->versions)
        for (const auto* variants : {"", " +minimal", " +gpu"}) {
            auto wanted = test::request("slurm@=" + entry.version.to_string() + variants);
            wanted.externals = tools;
            EXPECT_FALSE(test::solved(wanted, *recipes).packages.empty()) << entry.version.to_string() << variants;
        }
}

} // namespace
