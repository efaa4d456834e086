// Variants: defaults, conditions, values that somebody asks for.
#include "unit/solve/helpers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using test::refused;
using test::request;
using test::solved;
using test::specs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

test::RecipeDirectory with_presets()
{
    test::RecipeDirectory directory;
    directory
        .add("app", "1.0 2.0",
             "variants:\n"
             "  gpu: {default: false, description: d}\n"
             "  minimal: {default: false, description: d}\n"
             "  json: {default: true, description: d, defaults: [{value: false, when: +minimal}]}\n"
             "  kafka: {default: true, description: d, when: \"@2:\", defaults: [{value: false, when: +minimal}]}\n"
             "dependencies:\n"
             "  - {spec: json-c, type: link, when: +json}\n"
             "conflicts:\n"
             "  - {spec: +gpu, when: +minimal, reason: \"the GPU plugins are no core plugins\"}\n")
        .add("json-c", "1");
    return directory;
}

TEST(SolveVariants, ADefaultHoldsUnderItsCondition)
{
    const auto recipes = with_presets().load();
    EXPECT_THAT(specs(solved(request("app"), recipes)), ElementsAre("json-c@1", "app@2.0 ~gpu +json +kafka ~minimal"));
    EXPECT_THAT(specs(solved(request("app +minimal"), recipes)), ElementsAre("app@2.0 ~gpu ~json ~kafka +minimal"));
}

TEST(SolveVariants, AConditionFailsWhereItsVariantDoesNotExist)
{
    test::RecipeDirectory directory;
    directory.add("app", "1.0 2.0",
                  "variants:\n"
                  "  a: {default: true, description: d, when: \"@2:\"}\n"
                  "  b: {default: true, description: d, defaults: [{value: false, when: +a}]}\n");
    const auto recipes = directory.load();
    EXPECT_THAT(specs(solved(request("app@1"), recipes)), ElementsAre("app@1.0 +b"));
    EXPECT_THAT(specs(solved(request("app@2"), recipes)), ElementsAre("app@2.0 +a ~b"));
    EXPECT_THAT(specs(solved(request("app@2 ~a"), recipes)), ElementsAre("app@2.0 ~a +b"));
}

TEST(SolveVariants, WhoAsksGoesBeforeAConditionalDefault)
{
    const auto recipes = with_presets().load();
    EXPECT_THAT(specs(solved(request("app +minimal +json"), recipes)),
                ElementsAre("json-c@1", "app@2.0 ~gpu +json ~kafka +minimal"));
}

TEST(SolveVariants, AVariantExistsForItsVersionsOnly)
{
    const auto recipes = with_presets().load();
    EXPECT_THAT(specs(solved(request("app@1"), recipes)), ElementsAre("json-c@1", "app@1.0 ~gpu +json ~minimal"));
    const auto text = refused(request("app@1 +kafka"), recipes);
    EXPECT_THAT(text, HasSubstr("the request wants app@1 +kafka"));
    EXPECT_THAT(text, HasSubstr("app's variant 'kafka' exists for @2: only"));
}

TEST(SolveVariants, AConflictIsRefusedWithItsReason)
{
    const auto text = refused(request("app +gpu +minimal"), with_presets().load());
    EXPECT_THAT(text, HasSubstr("do not go together: the GPU plugins are no core plugins"));
    EXPECT_THAT(text, HasSubstr("recipe.yaml:"));
}

TEST(SolveVariants, NoneIsChangedToMakeARequestFit)
{
    // Without x everything would fit, but nobody asked for that.
    test::RecipeDirectory directory;
    directory
        .add("app", "1",
             "variants:\n  x: {default: true, description: d}\n"
             "dependencies:\n  - {spec: \"lib@2:\", type: link, when: +x}\n")
        .add("lib", "1.0 2.0");
    const auto text = refused(request("app ^lib@1"), directory.load());
    EXPECT_THAT(text, HasSubstr("app wants lib@2:"));
    EXPECT_THAT(text, HasSubstr("the request wants lib@1"));
}

TEST(SolveVariants, ADependentMayAskForAValue)
{
    test::RecipeDirectory directory;
    directory
        .add("app", "1",
             "variants:\n  tls: {default: false, description: d}\n"
             "dependencies:\n  - {spec: \"lib backend=fast\", type: link, when: +tls}\n  - {spec: lib, type: link}\n")
        .add("lib", "1", "variants:\n  backend: {default: safe, values: [fast, safe], description: d}\n");
    const auto recipes = directory.load();
    EXPECT_THAT(specs(solved(request("app"), recipes)), ElementsAre("lib@1 backend=safe", "app@1 ~tls"));
    EXPECT_THAT(specs(solved(request("app +tls"), recipes)), ElementsAre("lib@1 backend=fast", "app@1 +tls"));
}

TEST(SolveVariants, TwoValuesAtOnceAreExplainedWithBothSides)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: a, type: link}\n  - {spec: lib +x, type: link}\n")
        .add("a", "1", "dependencies:\n  - {spec: lib ~x, type: link}\n")
        .add("lib", "1", "variants:\n  x: {default: true, description: d}\n");
    const auto text = refused(request("app"), directory.load());
    EXPECT_THAT(text, HasSubstr("a wants lib ~x"));
    EXPECT_THAT(text, HasSubstr("app wants lib +x"));
    EXPECT_THAT(text, HasSubstr("lib's variant 'x' can have one value only"));
}

TEST(SolveVariants, UnknownValuesListTheKnownOnes)
{
    const auto recipes = with_presets().load();
    EXPECT_THAT(refused(request("app json=maybe"), recipes), HasSubstr("its values: true, false"));
    EXPECT_THAT(refused(request("app +kafak"), recipes), HasSubstr("did you mean 'kafka'?"));
    EXPECT_THAT(refused(request("app ^json-c +x"), recipes), HasSubstr("json-c has no variant 'x'"));
}

TEST(SolveVariants, ARecipeThatAsksForAnUnknownValueIsAtFault)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: lib +y, type: link}\n")
        .add("lib", "1", "variants:\n  x: {default: true, description: d}\n");
    const auto answer = solve::solve(request("app"), directory.load());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, util::ErrorCode::recipe);
    EXPECT_THAT(answer.error().message, HasSubstr("app needs lib +y: lib has no variant 'y'"));
}

} // namespace
