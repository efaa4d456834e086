#include "image/image.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* small = "name: small\ndescription: a test\nsuite: bookworm\nvariant: essential\n"
                              "packages: [gcc, g++]\nexternals: {gcc: gcc -dumpfullversion}\n";

class ImageRecipeTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "image-recipe-test");
        ASSERT_TRUE(made);
        directory_ = std::make_unique<util::TempDir>(std::move(*made));
    }
    [[nodiscard]] stdfs::path top() const { return directory_->path(); }
    [[nodiscard]] util::Result<ImageRecipe> load(const std::string& text, const std::string& name = "small.yaml") const
    {
        std::ofstream(top() / name) << text;
        return load_image_recipe(top() / name);
    }

private:
    std::unique_ptr<util::TempDir> directory_;
};

TEST_F(ImageRecipeTest, IsRead)
{
    const auto recipe = load(small);
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    EXPECT_EQ(recipe->name, "small");
    EXPECT_EQ(recipe->suite, "bookworm");
    EXPECT_EQ(recipe->variant, "essential");
    EXPECT_EQ(recipe->packages, (std::vector<std::string>{"gcc", "g++"}));
    EXPECT_EQ(recipe->externals.at("gcc"), "gcc -dumpfullversion");
    EXPECT_EQ(recipe->file, top() / "small.yaml");
}

TEST_F(ImageRecipeTest, OfAnotherDistributionIsAnotherImage)
{
    const auto debian = load(small);
    const auto said = load(std::string(small) + "distribution: debian\n");
    const auto ubuntu = load(std::string(small) + "distribution: ubuntu\n");
    ASSERT_TRUE(debian && said && ubuntu);
    EXPECT_EQ(debian->key(), said->key());
    EXPECT_NE(debian->key(), ubuntu->key());
    const auto gentoo_image = load(std::string(small) + "distribution: gentoo\n");
    ASSERT_FALSE(gentoo_image);
    EXPECT_THAT(gentoo_image.error().message, HasSubstr("no images are made of 'gentoo'"));
}

TEST_F(ImageRecipeTest, OfAnImportedImageHasItsDigestInTheKey)
{
    const auto text = [](char digit) {
        return fmt::format("name: small\ndescription: 'Imported from x'\nimported: {}\nanswers: true\n"
                           "externals:\n  gcc: 'gcc -dumpfullversion'\n",
                           std::string(64, digit));
    };
    const auto one = load(text('a'));
    ASSERT_TRUE(one) << util::to_string(one.error());
    ASSERT_TRUE(one->imported);
    EXPECT_EQ(one->imported->to_hex(), std::string(64, 'a'));
    EXPECT_TRUE(one->answers_configure());
    EXPECT_EQ(one->externals.at("gcc"), "gcc -dumpfullversion");
    EXPECT_NE(one->key(), load(text('b'))->key());
    EXPECT_THAT(load(text('x')).error().message, HasSubstr("is not a sha256"));
    EXPECT_FALSE(load(text('a') + "suite: bookworm\n")) << "an imported image is of no suite";
}

TEST_F(ImageRecipeTest, AnExpiredIndexIsRefusedUnlessTheRecipeTakesIt)
{
    EXPECT_TRUE(load(small)->check_valid_until);
    EXPECT_FALSE(load(std::string(small) + "check_valid_until: false\n")->check_valid_until);
}

TEST_F(ImageRecipeTest, TheConfigureCacheIsADirectoryOfItsOwnAndInTheKey)
{
    const auto text = std::string(small) + "configure_cache: probes\n";
    const auto missing = load(text);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("small.yaml:7:18: there is no " + (top() / "probes").string()));

    stdfs::create_directory(top() / "probes");
    std::ofstream(top() / "probes/probe.sh") << "one\n";
    const auto first = load(text);
    ASSERT_TRUE(first) << util::to_string(first.error());
    EXPECT_EQ(first->configure_cache, top() / "probes");
    EXPECT_NE(first->key(), load(small)->key());
    std::ofstream(top() / "probes/probe.sh") << "two\n";
    EXPECT_NE(first->key(), load(text)->key());
    std::ofstream(top() / "probes/probe.sh") << "one\n";
    EXPECT_EQ(first->key(), load(text)->key());
}

constexpr const char* with_headers = "name: small\nsuite: bookworm\npackages: [gcc]\nexternals: {nvml: cat x}\n"
                                     "headers:\n  - package: libnvidia-ml-dev\n    component: non-free\n"
                                     "    files: [/usr/include/nvml.h]\n    external: nvml\n";

TEST_F(ImageRecipeTest, HeaderPackagesAreRead)
{
    const auto recipe = load(with_headers);
    ASSERT_TRUE(recipe) << util::to_string(recipe.error());
    ASSERT_EQ(recipe->headers.size(), 1U);
    const auto& headers = recipe->headers[0];
    EXPECT_EQ(headers.package, "libnvidia-ml-dev");
    EXPECT_EQ(headers.component, "non-free");
    EXPECT_EQ(headers.files, std::vector<stdfs::path>{"/usr/include/nvml.h"});
    EXPECT_EQ(headers.external, "nvml");
}

TEST_F(ImageRecipeTest, FaultsOfHeaderPackages)
{
    const std::string start = "name: small\nsuite: bookworm\npackages: [gcc]\nheaders:\n  - ";
    const std::vector<std::pair<std::string, std::string>> faults = {
        {"{component: main, files: [/usr/include/a.h]}", "package"},
        {"{package: a-dev, files: [/usr/include/a.h]}", "component"},
        {"{package: a-dev, component: ../x, files: [/usr/include/a.h]}", "'../x' is not a name"},
        {"{package: a-dev, component: main}", "files"},
        {"{package: a-dev, component: main, files: []}", "at least one file"},
        {"{package: a-dev, component: main, files: [/lib/a.h]}", "'/lib/a.h' is not a plain path"},
        {"{package: a-dev, component: main, files: [/usr/../etc/a.h]}", "is not a plain path"},
        {"{package: a-dev, component: main, files: [/usr/include/]}", "is not a plain path"},
        {"{package: a-dev, component: main, files: [/usr/a.h], external: nvml}", "'nvml' is not one of 'externals'"},
        {"{package: a-dev, component: main, files: [/usr/a.h], stub: x}", "stub"},
    };
    for (const auto& [text, part] : faults) {
        const auto recipe = load(start + text + "\n");
        ASSERT_FALSE(recipe) << text;
        EXPECT_EQ(recipe.error().code, util::ErrorCode::recipe) << text;
        EXPECT_THAT(recipe.error().message, HasSubstr(part));
        EXPECT_THAT(recipe.error().message, HasSubstr("small.yaml:5:"));
    }
}

TEST_F(ImageRecipeTest, FaultsAreReportedWithTheirPlace)
{
    const std::vector<std::pair<std::string, std::string>> faults = {
        {"name: small\npackages: [a1]\n", "suite"},
        {"name: small\nsuite: bookworm\n", "packages"},
        {"name: small\nsuite: bookworm\npackages: []\n", "at least one package"},
        {"name: small\nsuite: bookworm\npackages: [gcc, 'g cc']\n", "'g cc' is not a package name"},
        {"name: small\nsuite: bookworm\npackages: [--hook=x]\n", "'--hook=x' is not a package name"},
        {"name: small\nsuite: bookworm\npackages: [gcc, gcc]\n", "appears twice here"},
        {"name: small\nsuite: ../x\npackages: [gcc]\n", "'../x' is not a name"},
        {"name: small\nsuite: bookworm\nvariant: tiny\npackages: [gcc]\n", "no variant 'tiny'"},
        {"name: small\nsuite: bookworm\npackages: [gcc]\nexternals: {gcc: ''}\n", "'gcc' needs a command"},
        {"name: small\nsuite: bookworm\npackage: [gcc]\n", "package"},
        {"name: [\n", "small.yaml:"},
    };
    for (const auto& [text, part] : faults) {
        const auto recipe = load(text);
        ASSERT_FALSE(recipe) << text;
        EXPECT_EQ(recipe.error().code, util::ErrorCode::recipe) << text;
        EXPECT_THAT(recipe.error().message, HasSubstr(part));
        EXPECT_THAT(recipe.error().message, HasSubstr("small.yaml:"));
    }
}

TEST_F(ImageRecipeTest, NameAndFileAgree)
{
    const auto recipe = load(small, "other.yaml");
    ASSERT_FALSE(recipe);
    EXPECT_EQ(recipe.error().hint, "rename the file to small.yaml");
}

TEST_F(ImageRecipeTest, KeyCoversWhatDecidesTheResult)
{
    const auto recipe = load(small).value();
    auto other = recipe;
    other.name = "renamed";
    other.description = "said otherwise";
    other.file = "/elsewhere.yaml";
    std::reverse(other.packages.begin(), other.packages.end());
    EXPECT_EQ(other.key(), recipe.key());
    const std::vector<std::function<void(ImageRecipe&)>> changes = {
        [](ImageRecipe& r) { r.suite = "trixie"; },
        [](ImageRecipe& r) { r.variant = "minbase"; },
        [](ImageRecipe& r) { r.packages.emplace_back("make"); },
        [](ImageRecipe& r) { r.packages = {"gccg++"}; },
        [](ImageRecipe& r) { r.externals["gcc"] = "gcc --version"; },
        [](ImageRecipe& r) { r.externals.clear(); },
        [](ImageRecipe& r) {
            r.headers = {{"a-dev", "main", {"/usr/include/a.h"}, ""}};
        },
    };
    for (const auto& change : changes) {
        auto changed = recipe;
        change(changed);
        EXPECT_NE(changed.key(), recipe.key());
    }
}

TEST_F(ImageRecipeTest, KeyCoversHeaderPackages)
{
    const auto recipe = load(with_headers).value();
    const std::vector<std::function<void(HeaderPackage&)>> changes = {
        [](HeaderPackage& h) { h.package = "other-dev"; },
        [](HeaderPackage& h) { h.component = "main"; },
        [](HeaderPackage& h) { h.files.emplace_back("/usr/include/b.h"); },
        [](HeaderPackage& h) { h.external.clear(); },
    };
    for (const auto& change : changes) {
        auto changed = recipe;
        change(changed.headers[0]);
        EXPECT_NE(changed.key(), recipe.key());
    }
}

TEST_F(ImageRecipeTest, AKeyOfBeforeHeaderPackagesStays)
{
    // Or every image of a site's own recipe would be made again, and every layer built on it.
    EXPECT_EQ(load(small)->key().to_hex(), "44a53c5be998395e818d53fd8c76a218871fb0195b005bdbc2915f55b3474d79");
}

TEST_F(ImageRecipeTest, TheLastDirectoryWinsAndUnknownNamesAreAnswered)
{
    stdfs::create_directory(top() / "user");
    ASSERT_TRUE(load(small));
    std::ofstream(top() / "user/small.yaml") << "name: small\nsuite: trixie\npackages: [gcc]\n";
    EXPECT_EQ(find_image_recipe({top(), top() / "user"}, "small")->suite, "trixie");
    EXPECT_EQ(find_image_recipe({top() / "user", top()}, "small")->suite, "bookworm");
    const auto wrong_name = find_image_recipe({top(), top() / "missing"}, "smal");
    ASSERT_FALSE(wrong_name);
    EXPECT_EQ(wrong_name.error().code, util::ErrorCode::usage);
    EXPECT_THAT(wrong_name.error().hint, HasSubstr("did you mean 'small'?"));
    EXPECT_FALSE(find_image_recipe({top()}, "../small"));
    EXPECT_FALSE(find_image_recipe({top()}, ""));
}

TEST_F(ImageRecipeTest, ARecipeSaysOnlyWhatDiffersFromAnother)
{
    ASSERT_TRUE(load(with_headers));
    const auto other =
        load("name: other\nfrom: small\nsuite: jammy\ndistribution: ubuntu\npackages: [mold]\n"
             "externals: {mold: mold --version, nvml: cat y}\n"
             "headers:\n  - {package: libnvidia-ml-dev, component: multiverse, files: [/usr/include/n.h]}\n"
             "  - {package: more, component: main, files: [/usr/include/more.h]}\n",
             "other.yaml");
    const auto whole =
        load("name: whole\nsuite: jammy\ndistribution: ubuntu\npackages: [gcc, mold]\n"
             "externals: {mold: mold --version, nvml: cat y}\n"
             "headers:\n  - {package: libnvidia-ml-dev, component: multiverse, files: [/usr/include/n.h]}\n"
             "  - {package: more, component: main, files: [/usr/include/more.h]}\n",
             "whole.yaml");
    ASSERT_TRUE(other && whole) << util::to_string(other ? whole.error() : other.error());
    EXPECT_EQ(other->key(), whole->key());
    EXPECT_EQ(other->name, "other");
    EXPECT_EQ(other->file, top() / "other.yaml");

    ASSERT_TRUE(load("name: described\ndescription: one\nsuite: sid\npackages: [gcc]\n", "described.yaml"));
    const auto same = load("name: same\nfrom: described\n", "same.yaml");
    ASSERT_TRUE(same) << util::to_string(same.error());
    EXPECT_EQ(same->suite, "sid");
    EXPECT_EQ(same->description, "");
}

TEST_F(ImageRecipeTest, WhatARecipeIsFromLiesInItsDirectoryOrInOneBefore)
{
    stdfs::create_directory(top() / "user");
    ASSERT_TRUE(load(small));
    ASSERT_TRUE(load("name: next\nfrom: small\n", "next.yaml"));
    std::ofstream(top() / "user/small.yaml") << "name: small\nfrom: small\npackages: [mold]\n";
    std::ofstream(top() / "user/mine.yaml") << "name: mine\nfrom: small\n";
    const std::vector<stdfs::path> directories = {top(), top() / "user"};
    const auto packages = [&directories](const char* name) {
        const auto recipe = find_image_recipe(directories, name);
        EXPECT_TRUE(recipe) << name << ": " << util::to_string(recipe.error());
        return recipe ? recipe->packages : std::vector<std::string>();
    };
    EXPECT_EQ(packages("small"), (std::vector<std::string>{"gcc", "g++", "mold"})) << "from the one of the same name";
    EXPECT_EQ(packages("mine"), (std::vector<std::string>{"gcc", "g++", "mold"}));
    EXPECT_EQ(packages("next"), (std::vector<std::string>{"gcc", "g++"})) << "a later directory does not change it";
}

TEST_F(ImageRecipeTest, AFaultOfWhatARecipeIsFromIsNamed)
{
    ASSERT_TRUE(load(small));
    const auto message = [this](const std::string& text) {
        const auto recipe = load("name: other\n" + text, "other.yaml");
        return recipe ? "none" : recipe.error().message;
    };
    EXPECT_THAT(message("from: nosuch\n"),
                HasSubstr("other.yaml:2:7: there is no image recipe 'nosuch' to begin with"));
    EXPECT_THAT(message("from: ../small\n"), HasSubstr("there is no image recipe '../small' to begin with"));
    EXPECT_THAT(message("from: other\n"), HasSubstr("there is no image recipe 'other' to begin with"));
    EXPECT_THAT(message("from: small\npackages: [gcc]\n"),
                HasSubstr("other.yaml:3:12: package 'gcc' appears twice here"));
    std::ofstream(top() / "loop.yaml") << "name: loop\nfrom: other\n";
    EXPECT_THAT(message("from: loop\n"), HasSubstr("loop.yaml:2:7: there is no image recipe 'other' to begin with"));
    std::ofstream(top() / "bad.yaml") << "name: bad\ncolour: red\n";
    EXPECT_THAT(message("from: bad\n"), HasSubstr("bad.yaml:2:1: unknown key 'colour'"));
    std::ofstream(top() / "away.yaml") << "name: away\nimported: " << std::string(64, 'a') << "\nexternals: {}\n";
    EXPECT_THAT(message("from: away\n"), HasSubstr("other.yaml:2:7: 'away' is an imported image"));
}

TEST_F(ImageRecipeTest, ShippedRecipesAreWhole)
{
    const std::vector<stdfs::path> directories = {stdfs::path(SF_SOURCE_DIR) / "images"};
    for (const auto* name : {"bullseye", "bookworm", "trixie", "jammy", "noble"}) {
        const auto recipe = find_image_recipe(directories, name);
        ASSERT_TRUE(recipe) << util::to_string(recipe.error());
        EXPECT_EQ(recipe->suite, name);
        EXPECT_TRUE(recipe->externals.contains("gcc"));
        EXPECT_EQ(recipe->externals.contains("mold"), recipe->suite != "bullseye") << name;
        EXPECT_TRUE(recipe->externals.contains("nvml"));
        ASSERT_EQ(recipe->headers.size(), 1U);
        EXPECT_EQ(recipe->headers[0].external, "nvml");
    }
    EXPECT_TRUE(find_image_recipe(directories, default_image_name(directories)));
    EXPECT_EQ(default_image_name({}), "bookworm");
}

} // namespace
} // namespace sf::image
