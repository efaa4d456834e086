#include "unit/solve/helpers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using test::refused;
using test::request;
using test::solved;

std::vector<std::string> ids(const solve::Solution& solution)
{
    std::vector<std::string> texts;
    for (const auto& package : solution.packages)
        texts.push_back(package.name + "@" + package.version.to_string());
    return texts;
}

TEST(Solve, DependenciesComeFirstAndTheHighestVersionWins)
{
    test::RecipeDirectory directory;
    directory.add("app", "1.0 2.0", "dependencies:\n  - {spec: lib, type: link}\n").add("lib", "1.9 1.10");
    EXPECT_THAT(ids(solved(request("app"), directory.load())), ElementsAre("lib@1.10", "app@2.0"));
}

TEST(Solve, PreferredBeatsHigherWithinASeries)
{
    test::RecipeDirectory directory;
    directory.add("app", "24.11.5! 24.11.6 25.05.8");
    const auto recipes = directory.load();
    EXPECT_THAT(ids(solved(request("app@24.11"), recipes)), ElementsAre("app@24.11.5"));
    EXPECT_THAT(ids(solved(request("app@24.11.6"), recipes)), ElementsAre("app@24.11.6"));
    EXPECT_THAT(ids(solved(request("app@25.05"), recipes)), ElementsAre("app@25.05.8"));
}

TEST(Solve, AConstraintFoundLateStillCounts)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: a, type: link}\n  - {spec: b, type: link}\n")
        .add("a", "1", "dependencies:\n  - {spec: lib, type: link}\n")
        .add("b", "1", "dependencies:\n  - {spec: \"lib@:1\", type: link}\n")
        .add("lib", "1.5 2.0");
    EXPECT_THAT(ids(solved(request("app"), directory.load())), ElementsAre("lib@1.5", "a@1", "b@1", "app@1"));
}

TEST(Solve, VariantsDecideDependencies)
{
    test::RecipeDirectory directory;
    directory
        .add("app", "1",
             "variants:\n  json: {default: true, description: d}\n"
             "dependencies:\n  - {spec: json-c, type: link, when: +json}\n")
        .add("json-c", "1");
    const auto recipes = directory.load();
    EXPECT_THAT(ids(solved(request("app"), recipes)), ElementsAre("json-c@1", "app@1"));
    EXPECT_THAT(ids(solved(request("app ~json"), recipes)), ElementsAre("app@1"));
}

TEST(Solve, ExternalsAreNotBuilt)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: gcc, type: build}\n");
    const auto recipes = directory.load();
    const auto solution = solved(request("app", {"gcc"}), recipes);
    EXPECT_THAT(solution.find("app")->external_build_tools, ElementsAre("gcc"));
    EXPECT_THAT(refused(request("app"), recipes), HasSubstr("app needs 'gcc', which has no recipe"));
}

TEST(Solve, WhatTheBaseImageLacksIsMissedByTheVariantThatNeedsIt)
{
    test::RecipeDirectory directory;
    directory.add("app", "1",
                  "variants:\n  gpu: {default: false, description: d}\n"
                  "dependencies:\n  - {spec: nvml, type: build, when: +gpu}\n");
    const auto recipes = directory.load();
    EXPECT_THAT(ids(solved(request("app"), recipes)), ElementsAre("app@1"));
    EXPECT_THAT(ids(solved(request("app +gpu", {"nvml"}), recipes)), ElementsAre("app@1"));
    EXPECT_THAT(refused(request("app +gpu"), recipes),
                AllOf(HasSubstr("app wants nvml"), HasSubstr("nvml has no recipe, and the base image has no nvml")));
}

TEST(Solve, ContradictionIsExplainedWithBothSides)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: a, type: link}\n  - {spec: \"lib@2:\", type: link}\n")
        .add("a", "1", "dependencies:\n  - {spec: \"lib@:1\", type: link}\n")
        .add("lib", "1.5 2.0");
    const auto text = refused(request("app"), directory.load());
    EXPECT_THAT(text, HasSubstr("a wants lib@:1"));
    EXPECT_THAT(text, HasSubstr("app wants lib@2:"));
    EXPECT_THAT(text, HasSubstr("known versions: 1.5, 2.0"));
}

TEST(Solve, AConstraintThatAnotherChoiceTakesBackIsNoContradiction)
{
    // Seen first, a is chosen with x and so wants lib 1; then c forbids that and wants lib 2.
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: c, type: link}\n  - {spec: a, type: link}\n")
        .add("a", "1",
             "variants:\n  x: {default: true, description: d}\n"
             "dependencies:\n  - {spec: \"lib@1\", type: link, when: +x}\n")
        .add("c", "1", "dependencies:\n  - {spec: a ~x, type: link}\n  - {spec: \"lib@2\", type: link}\n")
        .add("lib", "1.5 2.0");
    EXPECT_THAT(ids(solved(request("app"), directory.load())), ElementsAre("a@1", "lib@2.0", "c@1", "app@1"));
}

TEST(Solve, UnknownThingsListTheKnownOnes)
{
    test::RecipeDirectory directory;
    directory.add("slurm", "24.11.5 26.05.5", "variants:\n  json: {default: true, description: d}\n");
    const auto recipes = directory.load();
    EXPECT_THAT(refused(request("slurm@99.01"), recipes), HasSubstr("known versions: 24.11.5, 26.05.5"));
    EXPECT_THAT(refused(request("slurm +jsn"), recipes), HasSubstr("its variants: json"));
    EXPECT_THAT(refused(request("slurn"), recipes), HasSubstr("did you mean 'slurm'?"));
}

TEST(Solve, ARingIsNamed)
{
    test::RecipeDirectory directory;
    directory.add("a", "1", "dependencies:\n  - {spec: b, type: link}\n")
        .add("b", "1", "dependencies:\n  - {spec: a, type: link}\n");
    EXPECT_THAT(refused(request("a"), directory.load()), HasSubstr("a -> b -> a"));
}

TEST(Solve, AnOwnSourceMayBeOfAnUnknownVersion)
{
    test::RecipeDirectory directory;
    directory.add("slurm", "24.11.5");
    auto wanted = request("slurm@24.11.7");
    wanted.own_source = {"slurm"};
    EXPECT_THAT(ids(solved(wanted, directory.load())), ElementsAre("slurm@24.11.7"));
}

} // namespace
