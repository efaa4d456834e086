#include "solve/lock.hpp"
#include "unit/solve/helpers.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using test::request;
using test::solved;
using test::specs;
using ::testing::HasSubstr;

constexpr const char* lib_rest = "variants:\n  x: {default: true, description: d}\n";

test::RecipeDirectory recipes_with(const std::string& lib_versions)
{
    test::RecipeDirectory directory;
    directory
        .add("app", "1",
             "dependencies:\n  - {spec: \"lib@1: +x\", type: [build, link]}\n  - {spec: cmake, type: build}\n")
        .add("lib", lib_versions, lib_rest);
    return directory;
}

std::string lock_of(const recipe::RecipeSet& recipes)
{
    return solve::lock_text({"app", "x86_64", "bookworm", solved(request("app", {"cmake@3.25.1"}), recipes)}, recipes);
}

TEST(Lock, ReadsWhatItWrote)
{
    const auto directory = recipes_with("1.0 2.0");
    const auto recipes = directory.load();
    const auto text = lock_of(recipes);
    const auto lock = solve::read_lock(text, "app.lock", recipes);
    ASSERT_TRUE(lock) << util::to_string(lock.error());
    EXPECT_EQ(specs(lock->solution), (std::vector<std::string>{"lib@2.0 +x", "app@1"}));
    EXPECT_EQ(lock->solution.packages.back().link_dependencies, std::vector<std::string>{"lib"});
    EXPECT_EQ(lock->solution.packages.back().external_build_tools, std::vector<std::string>{"cmake"});
    EXPECT_EQ(solve::lock_text(*lock, recipes), text);
}

TEST(Lock, IsWrittenWhateverBytesTheRequestHas)
{
    const auto directory = recipes_with("1.0");
    const auto recipes = directory.load();
    const solve::Lock lock{"app\xff", "x86_64", "bookworm", solved(request("app", {"cmake@3.25.1"}), recipes)};
    EXPECT_NE(solve::lock_text(lock, recipes).find("\"app\xef\xbf\xbd\""), std::string::npos);
}

TEST(Lock, OfManyNamesIsReadInTime)
{
    const auto recipes = recipes_with("1.0").load();
    std::string text = R"({"format": "slurm-factory lock 1", "request": "", "target": "", "image": "", "packages": [],
        "externals": {)";
    constexpr int names = 100'000; // looked for among each other, they took minutes
    for (int i = 0; i < names; ++i)
        text += fmt::format("{}\"n{}\": \"1\"", i == 0 ? "" : ", ", i);
    const auto lock = solve::read_lock(text + "}}", "app.lock", recipes);
    ASSERT_FALSE(lock);
    EXPECT_THAT(util::to_string(lock.error()), HasSubstr("it names no package"));
}

TEST(Lock, KeepsAVersionWhenANewerOneCame)
{
    const auto text = lock_of(recipes_with("1.0").load());
    const auto lock = solve::read_lock(text, "app.lock", recipes_with("1.0 2.0").load());
    ASSERT_TRUE(lock) << util::to_string(lock.error());
    EXPECT_EQ(specs(lock->solution).front(), "lib@1.0 +x");
}

TEST(Lock, ThatDoesNotFitTheRecipesNamesEachDifference)
{
    const auto text = lock_of(recipes_with("2.0").load());
    const auto lock = solve::read_lock(text, "app.lock", recipes_with("1.0").load());
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().code, util::ErrorCode::conflict);
    EXPECT_THAT(lock.error().message, HasSubstr("app.lock does not fit the recipes:\n    lib@2.0: its recipe has no"));
    const auto other = util::replace_all(text, "lib@1: +x", "lib@3:");
    const auto edges = solve::read_lock(other, "app.lock", recipes_with("2.0").load());
    ASSERT_FALSE(edges);
    EXPECT_THAT(edges.error().message, HasSubstr("its recipe needs lib@1: +x, which is not in the file"));
    EXPECT_THAT(edges.error().message, HasSubstr("its recipe does not need lib@3: that way"));
}

TEST(Lock, ThatIsDamagedIsSaid)
{
    const auto recipes = recipes_with("2.0").load();
    const auto text = lock_of(recipes);
    for (const auto& damaged :
         {std::string("hello"), text.substr(0, text.size() / 2), util::replace_all(text, "lock 1", "lock 9"),
          util::replace_all(text, "\"2.0\"", "7"), util::replace_all(text, "\"dependencies\"", "\"depends\"")}) {
        const auto lock = solve::read_lock(damaged, "app.lock", recipes);
        ASSERT_FALSE(lock) << damaged;
        EXPECT_THAT(lock.error().message, HasSubstr("app.lock: "));
    }
}

} // namespace
