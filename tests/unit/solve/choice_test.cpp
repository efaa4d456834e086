// Which of several packages and versions: virtual packages, externals, preferences, reuse.
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

spec::Version version(const char* text)
{
    return *spec::Version::parse(text);
}

preference::Requirement requirement(const char* spec)
{
    return {preference::Requirement::Mode::one_of, {*spec::Spec::parse(spec)}, {}, {}, {"packages.yaml", 3, 5}};
}

test::RecipeDirectory with_virtual()
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: zlib-api, type: [build, link]}\n")
        .add("zlib", "1.3", "provides: [zlib-api]\n")
        .add("fast-zlib", "2.0 2.2", "provides:\n  - {virtual: zlib-api, when: \"@2.2:\"}\n");
    return directory;
}

TEST(SolveChoice, AVirtualPackageIsProvidedByThePreferredOne)
{
    const auto recipes = with_virtual().load();
    auto wanted = request("app");
    EXPECT_THAT(specs(solved(wanted, recipes)), ElementsAre("fast-zlib@2.2", "app@1"));
    wanted.preferences.providers["zlib-api"] = {"zlib", "fast-zlib"};
    const auto solution = solved(wanted, recipes);
    EXPECT_THAT(specs(solution), ElementsAre("zlib@1.3", "app@1"));
    EXPECT_EQ(solution.find("app")->edges.front().spec, "zlib-api");
    // The other provider, when it is asked for.
    EXPECT_THAT(specs(solved(request("app ^zlib"), recipes)), ElementsAre("zlib@1.3", "app@1"));
}

TEST(SolveChoice, AProviderOfTheWrongVersionDoesNotProvide)
{
    EXPECT_THAT(specs(solved(request("app ^fast-zlib"), with_virtual().load())), ElementsAre("fast-zlib@2.2", "app@1"));
    EXPECT_THAT(refused(request("app ^fast-zlib@2.0"), with_virtual().load()),
                HasSubstr("nothing in this build of app needs fast-zlib"));
}

TEST(SolveChoice, AVirtualPackageWithoutProviderIsNamed)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: mpi, type: link}\n");
    EXPECT_THAT(refused(request("app"), directory.load()), HasSubstr("app needs 'mpi', which has no recipe"));
}

TEST(SolveChoice, AnExternalHasTheVersionItHas)
{
    test::RecipeDirectory directory;
    directory.add("app", "1 2",
                  "dependencies:\n  - {spec: \"cmake@3.30:\", type: build, when: \"@2\"}\n"
                  "  - {spec: cmake, type: build}\n");
    const auto recipes = directory.load();
    // The newest version of app needs a newer cmake than there is.
    const auto solution = solved(request("app", {"cmake@3.25.1"}), recipes);
    EXPECT_THAT(specs(solution), ElementsAre("app@1"));
    EXPECT_EQ(solution.externals.front().version, version("3.25.1"));
    EXPECT_THAT(specs(solved(request("app", {"cmake@3.31"}), recipes)), ElementsAre("app@2"));
    const auto text = refused(request("app@2", {"cmake@3.25.1"}), recipes);
    EXPECT_THAT(text, HasSubstr("app wants cmake@3.30:"));
    EXPECT_THAT(text, HasSubstr("the base image has cmake 3.25.1"));
    // A version that is not known yet is no obstacle.
    EXPECT_THAT(specs(solved(request("app", {"cmake"}), recipes)), ElementsAre("app@2"));
}

TEST(SolveChoice, WhatIsLinkedIsBuiltAndNotTakenFromTheBaseImage)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: xz, type: link}\n")
        .add("tool", "1", "dependencies:\n  - {spec: xz, type: build}\n")
        .add("xz", "5.4");
    const auto recipes = directory.load();
    EXPECT_THAT(specs(solved(request("app", {"xz@5.2"}), recipes)), ElementsAre("xz@5.4", "app@1"));
    EXPECT_THAT(specs(solved(request("tool", {"xz@5.2"}), recipes)), ElementsAre("tool@1"));
}

TEST(SolveChoice, WhatMayNotBeBuiltMustBeExternal)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: xz, type: link}\n").add("xz", "5.4");
    auto wanted = request("app", {"xz@5.2"});
    wanted.preferences.packages["xz"].buildable = false;
    EXPECT_THAT(refused(wanted, directory.load()), HasSubstr("forbids building xz (buildable: false)"));
}

TEST(SolveChoice, TheSitePrefersVersionsAndVariants)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: lib, type: link}\n")
        .add("lib", "1.0 2.0 3.0", "variants:\n  x: {default: true, description: d}\n");
    const auto recipes = directory.load();
    auto wanted = request("app");
    wanted.preferences.packages["lib"].versions = {*spec::VersionRange::parse("2")};
    wanted.preferences.packages["all"].variants["x"] = "false";
    EXPECT_THAT(specs(solved(wanted, recipes)), ElementsAre("lib@2.0 ~x", "app@1"));
    // What is asked for goes before what is preferred.
    wanted.root = *spec::Spec::parse("app ^lib@3 +x");
    EXPECT_THAT(specs(solved(wanted, recipes)), ElementsAre("lib@3.0 +x", "app@1"));
}

TEST(SolveChoice, ARequirementHoldsAndSaysWhereItStands)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: lib, type: link}\n")
        .add("lib", "1.0 2.0", "variants:\n  x: {default: true, description: d}\n");
    const auto recipes = directory.load();
    auto wanted = request("app");
    wanted.preferences.packages["lib"].require = {requirement("@1 ~x")};
    EXPECT_THAT(specs(solved(wanted, recipes)), ElementsAre("lib@1.0 ~x", "app@1"));
    wanted.root = *spec::Spec::parse("app ^lib@2");
    const auto text = refused(wanted, recipes);
    EXPECT_THAT(text, HasSubstr("packages.yaml:3:5 wants lib@1 ~x"));
    EXPECT_THAT(text, HasSubstr("the request wants lib@2"));
}

TEST(SolveChoice, AConflictOfTheSiteExcludes)
{
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: lib, type: link}\n").add("lib", "1.0 2.0");
    auto wanted = request("app");
    wanted.preferences.packages["lib"].conflict = {requirement("@2")};
    EXPECT_THAT(specs(solved(wanted, directory.load())), ElementsAre("lib@1.0", "app@1"));
}

TEST(SolveChoice, StoredVersionsAreReusedButNotForTheRoot)
{
    test::RecipeDirectory directory;
    directory.add("app", "1.0 2.0", "dependencies:\n  - {spec: lib, type: link}\n").add("lib", "1.0 2.0");
    auto wanted = request("app");
    wanted.stored = {{"lib", {version("1.0")}}, {"app", {version("1.0")}}};
    EXPECT_THAT(specs(solved(wanted, directory.load())), ElementsAre("lib@1.0", "app@2.0"));
    wanted.root = *spec::Spec::parse("app ^lib@2:");
    EXPECT_THAT(specs(solved(wanted, directory.load())), ElementsAre("lib@2.0", "app@2.0"));
}

TEST(SolveChoice, WhatCannotBeHadIsTheLastChoice)
{
    test::RecipeDirectory directory;
    directory.add("app", "24.11.5 24.11.6");
    auto wanted = request("app@24.11");
    EXPECT_THAT(specs(solved(wanted, directory.load())), ElementsAre("app@24.11.6"));
    wanted.unobtainable = {{"app", {version("24.11.6")}}};
    EXPECT_THAT(specs(solved(wanted, directory.load())), ElementsAre("app@24.11.5"));
    wanted.root = *spec::Spec::parse("app@=24.11.6");
    EXPECT_THAT(specs(solved(wanted, directory.load())), ElementsAre("app@24.11.6"));
}

TEST(SolveChoice, PackagesNearTheRootGetTheirBestVersionFirst)
{
    // Taking lib 2 for the deeper package would force the nearer one to an older version.
    test::RecipeDirectory directory;
    directory.add("app", "1", "dependencies:\n  - {spec: deep, type: link}\n  - {spec: near, type: link}\n")
        .add("deep", "1.0 2.0",
             "dependencies:\n  - {spec: \"lib@2\", type: link, when: \"@2\"}\n"
             "  - {spec: lib, type: link}\n")
        .add("near", "1.0 2.0",
             "dependencies:\n  - {spec: deep, type: link}\n"
             "  - {spec: \"lib@1\", type: link, when: \"@2\"}\n")
        .add("lib", "1.0 2.0");
    EXPECT_THAT(specs(solved(request("app"), directory.load())),
                ElementsAre("lib@1.0", "deep@1.0", "near@2.0", "app@1"));
}

} // namespace
