#include "recipe/recipe_set.hpp"

#include "full_recipe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sf::recipe {
namespace {

std::string minimal(const std::string& name, const std::string& description, const std::string& more = {})
{
    return "name: " + name + "\ndescription: " + description +
           "\nlicense: MIT\nversions:\n  - version: 1\n    sources:\n      - {url: https://h/a.tar.gz, sha256: " +
           std::string(64, '0') + "}\nbuild: {system: make}\n" + more;
}

class RecipeSetTest : public ::testing::Test {
protected:
    std::filesystem::path write(const std::string& set, const std::string& package, const std::string& text)
    {
        auto directory = temporary_.root() / set / package;
        EXPECT_TRUE(util::make_directories(directory));
        EXPECT_TRUE(util::write_file_atomic(directory / "recipe.yaml", text));
        return directory;
    }
    [[nodiscard]] std::filesystem::path set(const std::string& name) const { return temporary_.root() / name; }

private:
    test::DemoDirectory temporary_;
};

TEST_F(RecipeSetTest, LaterDirectoriesReplace)
{
    write("low", "zlib", minimal("zlib", "low"));
    write("low", "munge", minimal("munge", "low"));
    write("high", "zlib", minimal("zlib", "high"));
    EXPECT_TRUE(util::make_directories(set("low") / "notes"));
    EXPECT_TRUE(util::write_file_atomic(set("low") / "README", "no recipe"));
    const auto recipes = RecipeSet::load({set("low"), set("high")});
    ASSERT_TRUE(recipes) << util::to_string(recipes.error());
    EXPECT_EQ(recipes->names(), (std::vector<std::string>{"munge", "zlib"}));
    ASSERT_NE(recipes->find("zlib"), nullptr);
    EXPECT_EQ(recipes->find("zlib")->description, "high");
    EXPECT_EQ(recipes->find("munge")->description, "low");
    EXPECT_EQ(recipes->find("openssl"), nullptr);
}

TEST_F(RecipeSetTest, TheFirstBadRecipeIsTheError)
{
    write("low", "bad", minimal("other", "x"));
    const auto recipes = RecipeSet::load({set("low")});
    ASSERT_FALSE(recipes);
    EXPECT_EQ(recipes.error().message, (set("low") / "bad/recipe.yaml").string() +
                                           ":1:7: the name is 'other', but the recipe's directory is 'bad'");
}

TEST_F(RecipeSetTest, AMissingDirectoryIsAnError)
{
    const auto recipes = RecipeSet::load({set("nowhere")});
    ASSERT_FALSE(recipes);
    EXPECT_EQ(recipes.error().code, util::ErrorCode::recipe);
    EXPECT_NE(recipes.error().message.find(set("nowhere").string()), std::string::npos);
    EXPECT_FALSE(check_recipes(set("nowhere"), {}, {}));
}

TEST_F(RecipeSetTest, CheckFindsEveryFault)
{
    write("low", "openssl", minimal("openssl", "x"));
    const std::string dependencies = "dependencies:\n  - {spec: openssl}\n  - {spec: cmake, type: build}\n"
                                     "  - {spec: zlip}\n  - {spec: broken}\n  - {spec: whatever}\n";
    const auto zlib = write("set", "zlib", minimal("zlib", "x", dependencies));
    const auto broken = write("set", "broken", "name: broken\nverions: []\n");
    EXPECT_TRUE(util::make_directories(set("set") / "hollow"));
    const auto result = check_recipes(set("set"), {set("low")}, {"cmake"});
    ASSERT_TRUE(result) << util::to_string(result.error());
    EXPECT_EQ(result->checked, 3U);
    ASSERT_EQ(result->faults.size(), 4U);
    EXPECT_EQ(result->faults[0].message, (broken / "recipe.yaml").string() + ":2:1: unknown key 'verions' in the file");
    EXPECT_EQ(result->faults[1].message, (set("set") / "hollow").string() + " has no recipe.yaml");
    EXPECT_EQ(result->faults[2].message,
              (zlib / "recipe.yaml").string() +
                  ":12:5: there is no recipe 'zlip', and no base image has such a build tool");
    EXPECT_EQ(result->faults[2].hint, "did you mean 'zlib'?");
    EXPECT_NE(result->faults[3].message.find(":14:5: there is no recipe 'whatever'"), std::string::npos);
}

TEST_F(RecipeSetTest, TheDocumentedExampleIsGood)
{
    const auto document = util::read_file(std::filesystem::path(SF_SOURCE_DIR) / "docs/recipes.md");
    ASSERT_TRUE(document);
    const std::string fence = "```yaml\n";
    const auto start = document->find(fence) + fence.size();
    const auto directory = write("docs", "demo", document->substr(start, document->find("```\n", start) - start));
    EXPECT_TRUE(util::write_file_atomic(directory / "no-rpath.patch", "x"));
    const auto recipe = load_recipe(directory);
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    EXPECT_EQ(recipe->versions.size(), 1U);
    EXPECT_EQ(recipe->build.configure.size(), 4U);
}

TEST_F(RecipeSetTest, TheShippedRecipesAreGood)
{
    const auto recipes = RecipeSet::load({std::filesystem::path(SF_SOURCE_DIR) / "recipes"});
    ASSERT_TRUE(recipes) << util::to_string(recipes.error());
    const auto names = recipes->names();
    EXPECT_NE(std::find(names.begin(), names.end(), "slurm"), names.end());
    for (const auto& name : names) {
        const auto text = util::read_file(recipes->find(name)->directory / "recipe.yaml");
        ASSERT_TRUE(text);
        const std::string key = "preferred: true";
        for (auto at = text->find(key); at != std::string::npos; at = text->find(key, at + 1))
            EXPECT_EQ(text->substr(at + key.size(), 3), " # ") << name << " should say why newer versions do not work";
    }
}

TEST_F(RecipeSetTest, WhatIsRequiredAndMissingIsNamedWithTheLikeliest)
{
    write("low", "zlib", minimal("zlib", "low"));
    write("low", "munge", minimal("munge", "low"));
    const auto recipes = RecipeSet::load({set("low")});
    ASSERT_TRUE(recipes);
    EXPECT_EQ(*recipes->require("zlib"), recipes->find("zlib"));
    const auto slip = recipes->require("mugne").error();
    EXPECT_EQ(slip.code, util::ErrorCode::usage);
    EXPECT_EQ(slip.message, "there is no recipe for 'mugne'");
    EXPECT_EQ(slip.hint, "did you mean 'munge'?");
    EXPECT_EQ(recipes->require("openssl").error().hint, "known packages: munge, zlib");
}

} // namespace
} // namespace sf::recipe
