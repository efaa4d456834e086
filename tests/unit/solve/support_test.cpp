// Which version where support has ended, versions have holes, or sources cannot be had.
#include "unit/solve/helpers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using test::request;
using test::solved;
using test::specs;
using ::testing::ElementsAre;

spec::Version release(const char* text)
{
    return *spec::Version::parse(text);
}

constexpr const char* support = "support:\n"
                                "  - {series: \"25.11\", until: 2027-05, by: upstream}\n"
                                "  - {series: \"25.05\", until: 2026-11, by: upstream}\n"
                                "  - {series: \"24.11\", until: 2026-05, by: upstream}\n"
                                "  - {series: \"24.11.5\", until: 2028-08, by: distribution}\n";

class SolveSupport : public ::testing::Test {
protected:
    void SetUp() override
    {
        directory_.add("app", "23.11.1 24.11.5 24.11.7 25.05.8 25.11.6 25.11.7", support);
        wanted_.today = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30);
    }
    std::string chosen() { return solved(wanted_, directory_.load()).packages.back().version.to_string(); }

    test::RecipeDirectory directory_;
    solve::SolveRequest wanted_ = request("app");
};

TEST_F(SolveSupport, TheNewestSeriesThatIsSupported)
{
    EXPECT_EQ(chosen(), "25.11.7");
    wanted_.unobtainable["app"] = {release("25.11.6"), release("25.11.7")};
    EXPECT_EQ(chosen(), "25.05.8") << "its last day";
    wanted_.today = *wanted_.today + std::chrono::days(1);
    EXPECT_EQ(chosen(), "24.11.5") << "of a series past its end the one that somebody supports";
    wanted_.unobtainable["app"].push_back(release("24.11.5"));
    EXPECT_EQ(chosen(), "25.05.8") << "where nobody supports any: the newest series";
}

TEST_F(SolveSupport, WithoutADateNothingHasEnded)
{
    wanted_.today = {};
    wanted_.root = *spec::Spec::parse("app@24.11");
    EXPECT_EQ(chosen(), "24.11.7");
}

TEST_F(SolveSupport, InASeriesAVersionWithoutHoles)
{
    wanted_.vulnerable["app"] = {release("25.11.7")};
    EXPECT_EQ(chosen(), "25.11.6");
    wanted_.vulnerable["app"].push_back(release("25.11.6"));
    EXPECT_EQ(chosen(), "25.11.7") << "the series goes before its holes";
    wanted_.today = *wanted_.today - std::chrono::days(730);
    wanted_.root = *spec::Spec::parse("app@24.11");
    wanted_.vulnerable["app"] = {release("24.11.7")};
    EXPECT_EQ(chosen(), "24.11.5");
    wanted_.root = *spec::Spec::parse("app@=24.11.7");
    EXPECT_EQ(chosen(), "24.11.7") << "asked for";
}

TEST_F(SolveSupport, ARecipesOwnPreferenceGoesFirst)
{
    directory_.add("app", "24.11.5! 25.05.8 25.11.7", support);
    EXPECT_EQ(chosen(), "24.11.5");
}

TEST_F(SolveSupport, AStoredDependencyWithHolesIsNotKept)
{
    directory_.add("lib", "1.0 1.1").add("app", "1", "dependencies:\n  - {spec: lib, type: [build, link]}\n");
    wanted_.stored["lib"] = {release("1.0")};
    EXPECT_THAT(specs(solved(wanted_, directory_.load())), ElementsAre("lib@1.0", "app@1"));
    wanted_.vulnerable["lib"] = {release("1.0")};
    EXPECT_THAT(specs(solved(wanted_, directory_.load())), ElementsAre("lib@1.1", "app@1"));
    wanted_.unobtainable["lib"] = {release("1.1")};
    EXPECT_THAT(specs(solved(wanted_, directory_.load())), ElementsAre("lib@1.0", "app@1"));
}

TEST_F(SolveSupport, AVariantIsOnWhereItsPackageCanBeHad)
{
    directory_.add("tls", "1.0")
        .add("app", "1 2",
             "variants:\n"
             "  small: {default: false}\n"
             "  tls: {default: true, only_with: tls, when: \"@2:\",\n"
             "        defaults: [{value: false, when: +small}]}\n"
             "dependencies:\n  - {spec: tls, type: [build, link], when: \"@2: +tls\"}\n");
    EXPECT_THAT(specs(solved(wanted_, directory_.load())), ElementsAre("tls@1.0", "app@2 ~small +tls"));
    wanted_.root = *spec::Spec::parse("app +small");
    EXPECT_THAT(specs(solved(wanted_, directory_.load())), ElementsAre("app@2 +small ~tls"));
    wanted_.root = *spec::Spec::parse("app");
    wanted_.unobtainable["tls"] = {release("1.0")};
    EXPECT_THAT(specs(solved(wanted_, directory_.load())), ElementsAre("app@2 ~small ~tls"));
    wanted_.root = *spec::Spec::parse("app +tls");
    EXPECT_THAT(specs(solved(wanted_, directory_.load())), ElementsAre("tls@1.0", "app@2 ~small +tls")) << "asked for";
    wanted_.root = *spec::Spec::parse("app");
    wanted_.own_source = {"tls"};
    EXPECT_THAT(specs(solved(wanted_, directory_.load())), ElementsAre("tls@1.0", "app@2 ~small +tls"));
}

} // namespace
