#include "engine/package/overwritten.hpp"
#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
namespace fs = std::filesystem;

class OverwrittenTest : public ::testing::Test {
protected:
    void write(const fs::path& path) const { ASSERT_TRUE(util::write_file_atomic(top_.path() / path, "text")); }
    void link(const fs::path& target, const fs::path& path) const
    {
        fs::create_directories((top_.path() / path).parent_path());
        fs::create_symlink(target, top_.path() / path);
    }
    /// The directory NAME as the only layer of a package NAME.
    store::Action add(const std::string& name)
    {
        const auto info = layers_.add(top_.path() / name);
        EXPECT_TRUE(info) << util::to_string(info.error());
        return {info->digest, name, "1.0", {info->digest, info->digest, info->digest}, 0, 0, 0, "", ""};
    }
    /// "PATH of PACKAGE" for what the directory `tree` replaced.
    std::string found(const std::vector<const store::Action*>& dependencies) const
    {
        const auto result = engine::find_overwritten(layers_, dependencies, top_.path() / "tree");
        EXPECT_TRUE(result);
        return *result ? (*result)->path + " of " + (*result)->owner->package : "nothing";
    }

    util::TempDir top_ = *util::TempDir::make(fs::temp_directory_path(), "sf-overwritten");
    store::LayerStore layers_ = store::LayerStore(top_.path() / "layers");
};

TEST_F(OverwrittenTest, IsAFileOfTheSameName)
{
    write("one/lib/a");
    write("two/lib/b");
    link("b", "two/lib/link");
    const auto one = add("one");
    const auto two = add("two");
    write("tree/lib/c");
    EXPECT_EQ(found({&one, &two}), "nothing");
    write("tree/lib/link");
    EXPECT_EQ(found({&one, &two}), "lib/link of two");
    write("tree/lib/a");
    EXPECT_EQ(found({&one, &two}), "lib/a of one");
    EXPECT_EQ(engine::owner_of(layers_, {&one, &two}, "lib/b"), &two);
    EXPECT_EQ(engine::owner_of(layers_, {&one, &two}, "lib/link"), &two) << "the link, not what it leads to";
    EXPECT_EQ(engine::owner_of(layers_, {&one, &two}, "lib"), nullptr);
}

TEST_F(OverwrittenTest, IsNoFileThatALinkOfALayerLeadsTo)
{
    write("host/file");
    write("one/real/file");
    link(top_.path() / "host", "one/out");
    link("real", "one/in");
    const auto one = add("one");
    // The package replaced the link by a directory of its own, where it put a file of that name.
    write("tree/out/file");
    EXPECT_EQ(found({&one}), "out of one") << "and not: out/file, which is the host's";
    fs::remove_all(top_.path() / "tree");
    write("tree/in/other");
    EXPECT_EQ(found({&one}), "in of one");
    EXPECT_EQ(engine::owner_of(layers_, {&one}, "out/file"), nullptr);
    EXPECT_EQ(engine::owner_of(layers_, {&one}, "in/file"), &one) << "the builder wrote through the link";
}

TEST_F(OverwrittenTest, IsNotTheDirectoryThatAnotherLayerShows)
{
    write("one/lib64/a");
    link("lib", "two/lib64");
    write("two/lib/b");
    const auto one = add("one");
    const auto two = add("two");
    write("tree/lib64/b");
    EXPECT_EQ(found({&one, &two}), "nothing") << "one shares lib64, and two has no lib64/b of its own";
}

} // namespace
