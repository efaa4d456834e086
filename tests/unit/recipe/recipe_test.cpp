#include "recipe/recipe.hpp"

#include "full_recipe.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sf::recipe {
namespace {

using Words = std::vector<std::string>;

spec::Version version(std::string_view text)
{
    return spec::Version::parse(text).value();
}

class RecipeTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto parsed = parse_recipe(test::full_recipe, "recipe.yaml", directory_.path());
        ASSERT_TRUE(parsed) << util::to_string(parsed.error());
        recipe_ = std::move(*parsed);
    }
    test::DemoDirectory directory_;
    Recipe recipe_;
};

TEST_F(RecipeTest, ReadsWhatThePackageIs)
{
    EXPECT_EQ(recipe_.name, "demo");
    EXPECT_EQ(recipe_.description, "One line.");
    EXPECT_EQ(recipe_.homepage, "https://demo.example.org/");
    EXPECT_EQ(recipe_.license, "GPL-3.0-or-later");
    EXPECT_EQ(recipe_.directory, directory_.path());
}

TEST_F(RecipeTest, ReadsSupport)
{
    auto text = test::full_recipe;
    text.insert(text.find("variants:"), "support:\n"
                                        "  - {series: \"24\", until: 2028-02, by: upstream}\n"
                                        "  - {series: 24.10, until: 2030-06-15, by: Debian 13}\n"
                                        "  - {series: 22.05rc1, until: 1999-12-31, by: nobody}\n");
    const auto recipe = parse_recipe(text, "recipe.yaml", directory_.path());
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    ASSERT_EQ(recipe->support.size(), 3U);
    EXPECT_EQ(to_string(recipe->support[0].until), "2028-02-29") << "the month's last day";
    EXPECT_EQ(recipe->support_of(version("24.10"))->by, "Debian 13") << "the longest";
    EXPECT_EQ(to_string(recipe->support_of(version("24.10"))->until), "2030-06-15");
    EXPECT_EQ(recipe->support_of(version("24.09"))->by, "upstream");
    EXPECT_EQ(recipe->support_of(version("25.01")), nullptr);
    EXPECT_EQ(recipe->series_of(version("24.10"))->to_string(), "24") << "the widest";
    EXPECT_EQ(recipe->series_of(version("25.01")), std::nullopt);
    EXPECT_EQ(recipe_.support_of(version("24.10")), nullptr);
}

TEST_F(RecipeTest, ReadsVersionsAndSources)
{
    ASSERT_EQ(recipe_.versions.size(), 2U);
    EXPECT_EQ(recipe_.versions[0].version.to_string(), "24.10") << "not the number 24.1";
    EXPECT_TRUE(recipe_.versions[0].preferred);
    EXPECT_FALSE(recipe_.versions[1].preferred);
    ASSERT_EQ(recipe_.versions[0].sources.size(), 2U);
    const Source& apt = recipe_.versions[0].sources[0];
    const auto& from = std::get<AptSource>(apt.from);
    EXPECT_EQ(from.package, "demo-src");
    EXPECT_EQ(from.version, "24.10");
    EXPECT_EQ(apt.file_name(), "demo_24.10.orig.tar.gz");
    EXPECT_EQ(apt.to_string(), "apt:demo-src=24.10");
    EXPECT_EQ(apt.sha256.to_hex(), std::string(64, 'a'));
    EXPECT_EQ(apt.where.to_string(), "recipe.yaml:9:9");
    const Source& url = recipe_.versions[0].sources[1];
    EXPECT_EQ(url.file_name(), "demo-24.10.tar.gz");
    EXPECT_EQ(url.to_string(), "https://demo.example.org/get/demo-24.10.tar.gz?x=1");
    EXPECT_NE(recipe_.find_version(version("22.05rc1")), nullptr);
    EXPECT_EQ(recipe_.find_version(version("22.05")), nullptr);
}

TEST_F(RecipeTest, ReadsVariants)
{
    ASSERT_EQ(recipe_.variants.size(), 2U);
    const Variant* json = recipe_.find_variant("json");
    ASSERT_NE(json, nullptr);
    EXPECT_EQ(json->default_value, "true");
    EXPECT_EQ(json->values, (Words{"true", "false"}));
    EXPECT_EQ(json->description, "Read JSON.");
    const Variant* auth = recipe_.find_variant("auth");
    ASSERT_NE(auth, nullptr);
    EXPECT_EQ(auth->default_value, "munge");
    EXPECT_EQ(auth->values, (Words{"munge", "none"}));
    EXPECT_EQ(auth->where.to_string(), "recipe.yaml:16:3");
    EXPECT_EQ(recipe_.find_variant("none"), nullptr);
}

TEST_F(RecipeTest, ReadsDependencies)
{
    ASSERT_EQ(recipe_.dependencies.size(), 3U);
    const auto& openssl = recipe_.dependencies[0];
    EXPECT_EQ(openssl.spec.to_string(), "openssl@3:");
    EXPECT_TRUE(openssl.type.build && openssl.type.link && !openssl.type.run);
    EXPECT_TRUE(openssl.condition.holds(version("1"), {}));
    const auto& json = recipe_.dependencies[1];
    EXPECT_TRUE(json.type.build && json.type.link && !json.type.run) << "the default";
    EXPECT_TRUE(json.condition.holds(version("1"), {{"json", "true"}}));
    EXPECT_FALSE(json.condition.holds(version("1"), {{"json", "false"}}));
    const auto& cmake = recipe_.dependencies[2];
    EXPECT_TRUE(cmake.type.build && !cmake.type.link && !cmake.type.run);
    EXPECT_EQ(cmake.where.to_string(), "recipe.yaml:20:5");
}

TEST_F(RecipeTest, ReadsTheBuild)
{
    const Build& build = recipe_.build;
    EXPECT_EQ(build.system, BuildSystem::autotools);
    EXPECT_EQ(build.directory, "src/top");
    EXPECT_EQ(build.environment, (std::map<std::string, std::string>{{"KEY", "{prefix}/x"}, {"NUMBER", "1"}}));
    ASSERT_EQ(build.configure.size(), 3U);
    EXPECT_EQ(build.configure[0].values, (Words{"--plain={prefix}"}));
    EXPECT_EQ(build.configure[1].values, (Words{"--with-json={prefix}", "--both"}));
    EXPECT_TRUE(build.configure[1].condition.holds(version("23"), {{"json", "true"}}));
    EXPECT_FALSE(build.configure[1].condition.holds(version("22.9"), {{"json", "true"}}));
    EXPECT_EQ(build.configure[2].values, (Words{"-j{jobs}"}));
    ASSERT_EQ(build.make.size(), 1U);
    ASSERT_EQ(build.install.size(), 2U);
    EXPECT_EQ(build.steps, (std::map<Phase, std::string>{{Phase::prepare, "autoreconf -fi"}, {Phase::finish, "true"}}));
}

TEST_F(RecipeTest, ReadsPatchesSlicesAndRelocation)
{
    ASSERT_EQ(recipe_.patches.size(), 2U);
    EXPECT_EQ(recipe_.patches[0].file, directory_.path() / "x.patch");
    EXPECT_EQ(recipe_.patches[0].strip, 0);
    EXPECT_FALSE(recipe_.patches[0].condition.holds(version("22.05rc1"), {}));
    EXPECT_EQ(recipe_.patches[1].file, directory_.path() / "more/y.patch");
    EXPECT_EQ(recipe_.patches[1].strip, 1);
    EXPECT_EQ(recipe_.slices.run, (Words{"bin/**"}));
    EXPECT_EQ(recipe_.slices.dev, (Words{"include/**"}));
    EXPECT_EQ(recipe_.slices.drop, (Words{"share/doc/**"}));
    ASSERT_EQ(recipe_.relocation.size(), 1U);
    EXPECT_EQ(recipe_.relocation[0].path, "lib/libdemo.so.*");
    EXPECT_EQ(recipe_.relocation[0].reason, "Only printed by --help.");
}

TEST_F(RecipeTest, ReadsExceptionsFromHardening)
{
    EXPECT_EQ(recipe_.hardening.without, (std::set{spec::Protection::bind_now}));
    ASSERT_EQ(recipe_.hardening.allow.size(), 1U);
    EXPECT_EQ(recipe_.hardening.allow[0].what, spec::Protection::bind_now);
    EXPECT_EQ(recipe_.hardening.allow[0].path, "lib/demo/**");
    EXPECT_EQ(recipe_.hardening.allow[0].reason, "plugins");
}

TEST(Recipe, AnExceptionMayNameSeveralProtectionsAndFiles)
{
    const test::DemoDirectory directory;
    const std::string one = R"({what: bind-now, path: "lib/demo/**", reason: "plugins"})";
    const auto read = [&](const char* text) {
        return parse_recipe(test::changed(test::full_recipe, one, text), "r", directory.path());
    };
    const auto recipe = read("{what: [bind-now, fortify], path: [lib/a.so, lib/b.so], reason: copies}");
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    Words all;
    for (const auto& exception : recipe->hardening.allow)
        all.push_back(fmt::format("{} {} {}", spec::to_string(exception.what), exception.path, exception.reason));
    EXPECT_EQ(all, (Words{"bind-now lib/a.so copies", "fortify lib/a.so copies", "bind-now lib/b.so copies",
                          "fortify lib/b.so copies"}));
    for (const auto* text : {"{what: [], path: lib/a.so, reason: r}", "{what: bind-now, path: [], reason: r}"}) {
        const auto refused = read(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_NE(refused.error().message.find("the list is empty"), std::string::npos);
    }
}

TEST(Recipe, ADependencyMayBeItsSpecAlone)
{
    const test::DemoDirectory directory;
    const auto text =
        test::changed(test::full_recipe, R"(- {spec: "openssl@3:", type: [build, link]})", R"(- "openssl@3:")");
    const auto recipe = parse_recipe(text, "recipe.yaml", directory.path());
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    const auto& openssl = recipe->dependencies.front();
    EXPECT_EQ(openssl.spec.to_string(), "openssl@3:");
    EXPECT_EQ(openssl.type, (DependencyType{true, true, false}));
    EXPECT_TRUE(openssl.condition.holds(version("1"), {}));
    EXPECT_EQ(openssl.where.to_string(), "recipe.yaml:18:5");
}

TEST(Recipe, AnArgumentHasATwinForWhenTheVariantIsTheOtherWay)
{
    const test::DemoDirectory directory;
    const auto arguments = [&](const char* item) {
        const auto text = test::changed(test::full_recipe, R"({arg: "-j{jobs}", when: "auth=none"})", item);
        auto recipe = parse_recipe(text, "recipe.yaml", directory.path());
        EXPECT_TRUE(recipe) << item;
        return recipe ? recipe->build.configure : std::vector<Arguments>(4);
    };
    const spec::VariantValues on = {{"json", "true"}};
    const spec::VariantValues off = {{"json", "false"}};
    auto found = arguments(R"({arg: --with-json, else: --without-json, when: +json})");
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[2].values, (Words{"--with-json"}));
    EXPECT_EQ(found[3].values, (Words{"--without-json"}));
    EXPECT_TRUE(found[2].condition.holds(version("1"), on) && !found[2].condition.holds(version("1"), off));
    EXPECT_TRUE(found[3].condition.holds(version("1"), off) && !found[3].condition.holds(version("1"), on));
    EXPECT_FALSE(found[3].condition.holds(version("1"), {})) << "a version without the variant";

    found = arguments(R"({args: [--a, --b], else: [--c, "{prefix}"], when: "@23: ~json"})");
    EXPECT_EQ(found[2].values, (Words{"--a", "--b"}));
    EXPECT_EQ(found[3].values, (Words{"--c", "{prefix}"}));
    EXPECT_TRUE(found[3].condition.holds(version("23"), on));
    EXPECT_FALSE(found[3].condition.holds(version("22"), on)) << "the versions count for both";
    EXPECT_FALSE(found[3].condition.holds(version("23"), off));
}

TEST(Recipe, AVariantTurnsOthersOnAndOff)
{
    const test::DemoDirectory directory;
    const auto text = test::changed(test::full_recipe, "  auth:",
                                    "  minimal: {default: false, turns_off: [json, web]}\n"
                                    "  fabric: {default: false, turns_on: [web]}\n"
                                    "  web: {default: true, defaults: [{value: true, when: \"@24:\"}]}\n"
                                    "  auth:");
    const auto recipe = parse_recipe(text, "recipe.yaml", directory.path());
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    const auto defaults = [&](const char* variant) {
        Words words;
        for (const auto& one : recipe->find_variant(variant)->defaults)
            words.push_back(one.value + " " + one.condition.when->to_string());
        return words;
    };
    EXPECT_EQ(defaults("json"), (Words{"false +minimal"}));
    EXPECT_EQ(defaults("web"), (Words{"true @24:", "true +fabric", "false +minimal"}))
        << "its own first, and what turns on before what turns off";
    EXPECT_TRUE(defaults("minimal").empty());
}

TEST(Recipe, NeedsOnlyFiveKeys)
{
    const std::string text = "name: demo\ndescription: d\nlicense: MIT\nversions:\n  - version: 1\n    sources:\n"
                             "      - {url: https://h/a.tar.gz, sha256: " +
                             std::string(64, '0') + "}\nbuild: {system: make}\n";
    const auto recipe = parse_recipe(text, "r", "/nowhere/demo/");
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    EXPECT_TRUE(recipe->variants.empty() && recipe->dependencies.empty() && recipe->patches.empty());
    EXPECT_EQ(recipe->directory, "/nowhere/demo");
    for (const char* line : {"name: demo\n", "description: d\n", "license: MIT\n", "build: {system: make}\n"}) {
        const auto lacking = parse_recipe(test::changed(text, line, ""), "r", "/nowhere/demo");
        ASSERT_FALSE(lacking);
        const std::string key = std::string(line).substr(0, std::string(line).find(':'));
        EXPECT_EQ(lacking.error().message, "r:1:1: the file lacks the key '" + key + "'");
    }
}

TEST(Recipe, NamesItsEnums)
{
    EXPECT_EQ(to_string(BuildSystem::autotools), "autotools");
    EXPECT_EQ(to_string(BuildSystem::custom), "custom");
    EXPECT_EQ(to_string(Phase::unpack), "unpack");
    EXPECT_EQ(to_string(Phase::finish), "finish");
}

TEST(Recipe, AMissingFileIsNamed)
{
    const auto recipe = load_recipe("/nonexistent/demo");
    ASSERT_FALSE(recipe);
    EXPECT_NE(recipe.error().message.find("/nonexistent/demo/recipe.yaml"), std::string::npos);
}

} // namespace
} // namespace sf::recipe
