// What a recipe says of others and of its own variants: provides, conflicts, conditional defaults, no sources.
#include "recipe/recipe.hpp"

#include <gtest/gtest.h>

namespace {

using namespace sf;

util::Result<recipe::Recipe> parse(const std::string& rest)
{
    return recipe::parse_recipe("name: demo\ndescription: d\nlicense: MIT\n"
                                "versions: [{version: 1.0, sources: []}, {version: 2.0, sources: []}]\n"
                                "build: {system: custom, steps: {install: \"true\"}}\n" +
                                    rest,
                                "r", "/nowhere/demo");
}

std::string fault(const std::string& rest)
{
    const auto recipe = parse(rest);
    return recipe ? "none" : recipe.error().message;
}

TEST(RecipeRelations, AreRead)
{
    const auto recipe = parse("variants:\n"
                              "  small: {default: false}\n"
                              "  json: {default: true, when: \"@2:\", defaults: [{value: false, when: +small}]}\n"
                              "provides:\n  - zlib-api\n  - {virtual: fast-zlib-api, when: \"@2:\"}\n"
                              "conflicts:\n  - {spec: \"hwloc@:1\", when: +json, reason: old}\n");
    ASSERT_TRUE(recipe) << recipe.error().message;
    EXPECT_TRUE(recipe->versions.front().sources.empty());
    const auto& json = recipe->variants.back();
    EXPECT_FALSE(json.condition.may_hold(*spec::Version::parse("1.0")));
    EXPECT_TRUE(json.condition.may_hold(*spec::Version::parse("2.0")));
    EXPECT_EQ(json.defaults.front().value, "false");
    EXPECT_EQ(json.defaults.front().condition.when->variants.at("small"), "true");
    EXPECT_EQ(recipe->provides.at(0).name, "zlib-api");
    EXPECT_FALSE(recipe->provides.at(1).condition.may_hold(*spec::Version::parse("1.0")));
    EXPECT_EQ(recipe->conflicts.front().spec.to_string(), "hwloc@:1");
    EXPECT_EQ(recipe->conflicts.front().reason, "old");
}

TEST(RecipeRelations, FaultsSayWhereTheyAre)
{
    EXPECT_EQ(fault("variants:\n  a: {default: true, when: +b}\n  b: {default: true}\n"),
              "r:7:28: a variant exists for versions, and not for other variants' values");
    EXPECT_EQ(fault("variants:\n  a: {default: true, defaults: [{value: maybe, when: +a}]}\n"),
              "r:7:41: 'maybe' is not a value of variant 'a'");
    EXPECT_EQ(fault("variants:\n  a: {default: true, defaults: [{value: false, when: +a}]}\n"),
              "r:7:33: the default of variant 'a' depends on itself");
    EXPECT_EQ(fault("provides: [demo]\n"), "r:6:12: 'demo' cannot be the name of a virtual package");
    EXPECT_EQ(fault("variants:\n  a: {default: true}\nprovides: [{virtual: b, when: +a}]\n"),
              "r:8:12: a package provides by version, whatever its variants are");
    EXPECT_EQ(fault("conflicts: [{spec: +x, reason: r}]\n"), "r:6:20: the variant 'x' is not declared");
    EXPECT_EQ(fault("conflicts: [{spec: b, reason: \"\"}]\n"), "r:6:31: the reason is empty");
    EXPECT_EQ(fault("conflicts: [{spec: b}]\n"), "r:6:13: an item of 'conflicts' lacks the key 'reason'");
}

} // namespace
