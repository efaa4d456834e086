#include "app/upkeep/garbage.hpp"

#include "app/session/presence.hpp"
#include "image/image.hpp"
#include "site/logs.hpp"
#include "store/layer_store.hpp"
#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class GarbageTest : public ::testing::Test {
protected:
    GarbageTest() { site_.root = directory_.path() / "root"; }

    static void age(const fs::path& path, int hours)
    {
        fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
    }
    [[nodiscard]] fs::path home(const std::string& files) const
    {
        return site_.images() / util::sha256(files).to_hex();
    }
    /// An image with those files.
    image::Image add_image(const std::string& name, const std::string& files, std::uint64_t bytes, int hours)
    {
        EXPECT_TRUE(util::make_directories(home(files) / "rootfs"));
        EXPECT_TRUE(database_.put_image({name, util::sha256(name), util::sha256(files), bytes, "2025", {}}));
        age(home(files), hours);
        return {name, util::sha256(files), home(files) / "rootfs", bytes, "2025", {}, true, 0};
    }
    image::Image add_image(const std::string& name, std::uint64_t bytes, int hours)
    {
        return add_image(name, name, bytes, hours);
    }
    void import_image(const std::string& name, const std::string& files, std::uint64_t bytes, int hours)
    {
        add_image(name, files, bytes, hours);
        EXPECT_TRUE(util::write_file_atomic(
            image::imported_recipes(site_) / (name + ".yaml"),
            fmt::format("name: {}\ndescription: d\nimported: {}\nanswers: false\nexternals: {{}}\n", name,
                        util::sha256(files).to_hex())));
    }
    /// A package that was built in the image, used now; its key.
    util::Digest add_package(const std::string& name, const std::string& image)
    {
        const auto tree = site_.layers() / ("tree-" + name);
        EXPECT_TRUE(util::make_directories(tree));
        EXPECT_TRUE(util::write_file_atomic(tree / "file", name));
        const auto layer = store::LayerStore(site_.layers()).add(tree);
        EXPECT_TRUE(layer);
        const store::LayerSet layers{layer->digest, layer->digest, layer->digest};
        const store::Action action{util::sha256(name), name, "1.0", layers, 1, 1, 1, "", "none", util::sha256(image)};
        EXPECT_TRUE(database_.put_action(action, std::time(nullptr)));
        return action.key;
    }
    fs::path add_log(const std::string& name, std::size_t bytes, int hours)
    {
        const auto path = site_.logs() / name;
        EXPECT_TRUE(util::make_directories(site_.logs()));
        EXPECT_TRUE(util::write_file_atomic(path, std::string(bytes, 'x')));
        age(path, hours);
        return path;
    }
    void collect(bool dry_run = false)
    {
        auto report = collect_garbage({site_, events_, {}}, dry_run);
        ASSERT_TRUE(report) << util::to_string(report.error());
        report_ = std::move(*report);
    }
    [[nodiscard]] std::vector<std::string> gone(const std::string& kind) const
    {
        std::vector<std::string> names;
        for (const auto& item : report_.garbage)
            if (item.kind == kind)
                names.push_back(item.name);
        return names;
    }
    void expect_excess(const std::string& setting, std::uint64_t bytes) const
    {
        ASSERT_EQ(report_.excesses.size(), 1U);
        EXPECT_EQ(report_.excesses[0].setting, setting);
        EXPECT_EQ(report_.excesses[0].bytes, bytes);
    }

    util::TempDir directory_ = *util::TempDir::make(fs::temp_directory_path(), "sf-garbage");
    site::Site site_;
    event::NullSink events_;
    store::Database database_ = *store::Database::open(directory_.path() / "root" / "state.db");
    GarbageReport report_;
};

TEST_F(GarbageTest, WithoutBudgetsImagesAndYoungLogsStay)
{
    add_image("one", 1000, 99);
    add_log("one.log", 1000, 99);
    collect();
    EXPECT_THAT(report_.garbage, IsEmpty());
    EXPECT_THAT(report_.excesses, IsEmpty());
}

TEST_F(GarbageTest, TheImageUsedLongestAgoGoesFirst)
{
    add_image("new", 100, 1);
    add_image("old", 100, 3);
    add_image("middle", 100, 2);
    site_.cache.images_bytes = 250;
    collect(true);
    EXPECT_THAT(gone("image"), ElementsAre("old"));
    EXPECT_TRUE(fs::exists(home("old"))) << "a dry run removes nothing";
    collect();
    EXPECT_THAT(gone("image"), ElementsAre("old"));
    EXPECT_THAT(report_.garbage[0].why, HasSubstr("the images are over their budget; last used 0 days ago"));
    EXPECT_FALSE(fs::exists(home("old")));
    EXPECT_EQ(database_.images()->size(), 2U);
    collect();
    EXPECT_THAT(report_.garbage, IsEmpty());
}

TEST_F(GarbageTest, ToUseAnImageIsNoted)
{
    const auto first = add_image("first", 100, 3);
    add_image("second", 100, 2);
    ASSERT_TRUE(image::ImageStore(site_, database_, events_).use(first));
    site_.cache.images_bytes = 100;
    collect();
    EXPECT_THAT(gone("image"), ElementsAre("second"));
}

TEST_F(GarbageTest, ToDescribeAnImageThatIsThereClaimsIt)
{
    add_image("other", "first", 100, 3);
    add_image("second", 100, 2);
    image::ImageRecipe recipe;
    recipe.name = "first";
    const auto described = image::ImageStore(site_, database_, events_)
                               .describe(recipe, {"first", util::sha256("first"), {}, 100, "2025", {}, false, 0});
    ASSERT_TRUE(described) << util::to_string(described.error());
    EXPECT_TRUE(described->complete);
    site_.cache.images_bytes = 100;
    collect();
    EXPECT_THAT(gone("image"), ElementsAre("second"));
}

TEST_F(GarbageTest, ImagesThatKeptPackagesWereBuiltInStay)
{
    add_image("kept", 100, 9);
    add_image("used", 100, 1);
    ASSERT_TRUE(database_.keep("pin:production", {add_package("a", "kept")}));
    add_package("b", "used"); // by no kept build
    site_.cache.images_bytes = 50;
    collect();
    EXPECT_THAT(gone("image"), ElementsAre("used"));
    EXPECT_THAT(gone("package"), IsEmpty());
    expect_excess("cache.images", 100);
    ASSERT_TRUE(database_.keep("pin:production", {}));
    collect();
    EXPECT_THAT(gone("image"), ElementsAre("kept"));
    EXPECT_THAT(report_.excesses, IsEmpty());
}

TEST_F(GarbageTest, ImportedImagesStay)
{
    import_image("site", "site", 100, 9);
    add_image("made", 100, 1);
    site_.cache.images_bytes = 50;
    collect();
    EXPECT_THAT(gone("image"), ElementsAre("made"));
    expect_excess("cache.images", 100);
}

TEST_F(GarbageTest, AnImageUnderTwoNamesIsOne)
{
    add_image("one", "same", 100, 2);
    add_image("two", "same", 100, 2);
    site_.cache.images_bytes = 100;
    collect();
    EXPECT_THAT(report_.garbage, IsEmpty());
    site_.cache.images_bytes = 99;
    collect();
    EXPECT_EQ(gone("image").size(), 1U);
    EXPECT_TRUE(database_.images()->empty());
}

TEST_F(GarbageTest, AnImageThatIsImportedUnderAnotherNameStays)
{
    add_image("made", "same", 100, 2);
    import_image("site", "same", 100, 2);
    site_.cache.images_bytes = 1;
    collect();
    EXPECT_THAT(report_.garbage, IsEmpty());
}

TEST_F(GarbageTest, TheRecipeOfALaterImportStays)
{
    import_image("site", "before", 100, 3);
    import_image("site", "now", 100, 2);
    site_.cache.images_bytes = 100;
    collect();
    EXPECT_FALSE(fs::exists(home("before")));
    EXPECT_TRUE(fs::exists(home("now")));
    EXPECT_TRUE(fs::exists(image::imported_recipes(site_) / "site.yaml"));
}

TEST_F(GarbageTest, ImagesInUseStay)
{
    const auto image = add_image("one", 100, 1);
    image::ImageStore images(site_, database_, events_);
    site_.cache.images_bytes = 1;
    {
        const auto lock = images.use(image);
        ASSERT_TRUE(lock);
        age(home("one"), 9); // only the lock speaks for it
        collect();
        EXPECT_THAT(report_.garbage, IsEmpty());
        expect_excess("cache.images", 100);
    }
    collect();
    EXPECT_THAT(gone("image"), ElementsAre("one"));
    EXPECT_EQ(images.use(image).error().code, util::ErrorCode::sandbox);
    const auto second = images.try_use(image);
    ASSERT_TRUE(second);
    EXPECT_FALSE(*second) << "whoever wants it is told";
}

TEST_F(GarbageTest, WhatThoseWhoArePresentUsedStays)
{
    const auto image = add_image("one", 100, 1);
    add_image("other", 100, 2);
    add_log("old.log", 100, 2);
    site_.cache.images_bytes = 1;
    site_.cache.logs_bytes = 1;
    site_.cache.keep_days = 0;
    {
        const auto presence = Presence::announce(site_);
        ASSERT_TRUE(presence);
        ASSERT_TRUE(image::ImageStore(site_, database_, events_).use(image));
        const auto log = site::begin_log(site_, "new.log");
        ASSERT_TRUE(log);
        ASSERT_TRUE(util::write_all(log->get(), "words"));
        collect(true);
        EXPECT_THAT(gone("image"), ElementsAre("other"));
        EXPECT_THAT(gone("log"), ElementsAre("old.log"));
        collect();
        EXPECT_THAT(gone("image"), ElementsAre("other"));
        EXPECT_THAT(gone("log"), ElementsAre("old.log"));
        EXPECT_EQ(report_.excesses.size(), 2U);
    }
    collect();
    EXPECT_THAT(gone("image"), ElementsAre("one"));
    EXPECT_THAT(gone("log"), ElementsAre("new.log"));
}

TEST_F(GarbageTest, FilesOfImagesThatKilledRunsLeftGoWhenNobodyIsPresent)
{
    add_image("one", 100, 1);
    add_image("lost", 100, 1);
    ASSERT_TRUE(database_.remove_image("lost", util::sha256("lost")));
    const auto removing = site_.images() / "removing-0123456789ab-1";
    const auto making = site_.images() / "making-0123456789ab.abcdef";
    for (const auto& tree : {home("lost") / "rootfs" / "bin", removing / "rootfs", making / "rootfs"}) {
        ASSERT_TRUE(util::make_directories(tree));
        ASSERT_TRUE(util::write_file_atomic(tree / "file", "words"));
    }
    {
        const auto presence = Presence::announce(site_);
        ASSERT_TRUE(presence);
        collect();
        EXPECT_THAT(report_.garbage, IsEmpty()) << "who is present may be making or removing them";
    }
    collect(true);
    const auto lost = util::sha256("lost").to_short();
    EXPECT_THAT(gone("image"), UnorderedElementsAre(lost, "removing-0123456789ab-1"));
    EXPECT_EQ(report_.garbage[0].bytes, 5U);
    EXPECT_TRUE(fs::exists(home("lost"))) << "a dry run removes nothing";
    EXPECT_TRUE(fs::exists(removing));
    const auto elsewhere = site_.images().string() + ".elsewhere";
    fs::rename(site_.images(), elsewhere);
    fs::create_directory_symlink(elsewhere, site_.images());
    collect();
    EXPECT_THAT(report_.garbage, IsEmpty()) << "another root's images are not in these records";
    fs::remove(site_.images());
    fs::rename(elsewhere, site_.images());
    collect();
    EXPECT_THAT(gone("image"), UnorderedElementsAre(lost, "removing-0123456789ab-1"));
    EXPECT_FALSE(fs::exists(home("lost")));
    EXPECT_FALSE(fs::exists(removing));
    EXPECT_TRUE(fs::exists(home("one")));
    EXPECT_TRUE(fs::exists(making)) << "it goes when the image is made again";
    collect();
    EXPECT_THAT(report_.garbage, IsEmpty());
}

TEST_F(GarbageTest, LogsGoByAgeAndThenTheOldestFirst)
{
    constexpr int days = 24;
    add_log("a.log", 100, 1);
    add_log("b.log", 100, 3);
    add_log("c.log", 100, 2);
    add_log("d.log", 100, 8 * days);
    site_.cache.keep_days = 7;
    site_.cache.logs_bytes = 200;
    collect();
    EXPECT_THAT(gone("log"), ElementsAre("d.log", "b.log"));
    EXPECT_EQ(report_.garbage[0].why, "last used 8 days ago");
    EXPECT_EQ(report_.garbage[1].why, "the logs are over their budget; last used 0 days ago");
    EXPECT_FALSE(fs::exists(site_.logs() / "b.log"));
    EXPECT_TRUE(fs::exists(site_.logs() / "c.log"));
}

TEST_F(GarbageTest, CompilerCachesLoseWhatIsOverTheirBudget)
{
    const auto object = site_.compiler_caches() / "greet/0/object";
    ASSERT_TRUE(util::write_file_atomic(object, std::string(8192, 'x')));
    site_.cache.compiler_bytes = 8192;
    collect();
    EXPECT_THAT(report_.garbage, IsEmpty());
    site_.cache.compiler_bytes = 4096;
    collect();
    EXPECT_THAT(gone("compiler"), ElementsAre("objects"));
    EXPECT_EQ(report_.garbage[0].bytes, 8192U);
    EXPECT_FALSE(fs::exists(object));
}

TEST_F(GarbageTest, TheCompilerCacheThatAllPackagesSharedGoes)
{
    site_.compiler.directory = site_.root / site::Compiler::usual_directory; // as load_site() leaves it
    const auto object = site_.compiler_caches() / "greet/0/object";
    ASSERT_TRUE(util::write_file_atomic(object, "x"));
    const auto shared = site_.ccache_directory();
    ASSERT_TRUE(util::write_file_atomic(shared / "0/object", "x"));
    ASSERT_TRUE(util::write_file_atomic(shared / "ccache.conf", "prefix_command = evil"));
    collect();
    EXPECT_THAT(gone("compiler"), ElementsAre("0", "ccache.conf"));
    EXPECT_FALSE(fs::exists(shared / "ccache.conf"));
    EXPECT_TRUE(fs::exists(object));

    site_.compiler.directory = directory_.path() / "named";
    ASSERT_TRUE(util::write_file_atomic(site_.compiler.directory / "file", "x"));
    collect();
    EXPECT_THAT(report_.garbage, IsEmpty()) << "a directory that the site names may hold other things";
}

} // namespace
} // namespace sf::app
