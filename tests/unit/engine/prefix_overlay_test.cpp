#include "engine/package/prefix_overlay.hpp"
#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace sf;
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ShownDirectories, AreThoseOfAllLayers)
{
    EXPECT_THAT(engine::shown_directories({{{"lib", "lib/a"}, {"lib/x"}}, {{"include", "lib", "lib/b"}, {}}}),
                ElementsAre("include", "lib", "lib/a", "lib/b"));
    EXPECT_THAT(engine::shown_directories({}), IsEmpty());
}

TEST(ShownDirectories, AFileOfALayerAboveHidesThem)
{
    EXPECT_THAT(engine::shown_directories({{{"lib"}, {"lib64"}}, {{"lib64", "lib64/a", "share"}, {}}}),
                ElementsAre("lib", "share"))
        << "lib64 may be a link to lib";
    EXPECT_THAT(engine::shown_directories({{{"a"}, {}}, {{}, {"a"}}, {{"a", "a/b"}, {}}}), ElementsAre("a"))
        << "no directory goes on below a file in between";
}

class PrefixOverlayTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(util::make_directories(upper_));
        ASSERT_TRUE(util::write_file_atomic(directory_.path() / "tree/lib/pkgconfig/a.pc", "a"));
        ASSERT_TRUE(util::write_file_atomic(directory_.path() / "tree/share/doc/a", "a"));
        const auto info = layers_.add(directory_.path() / "tree");
        ASSERT_TRUE(info) << util::to_string(info.error());
        layer_ = info->digest;
    }
    util::Result<engine::PrefixOverlay> make()
    {
        const store::Action action{layer_, "greet", "1.0", {layer_, layer_, layer_}, 0, 0, 0, "", ""};
        return engine::make_prefix_overlay(layers_, {&action}, upper_, directory_.path() / "work", {});
    }
    [[nodiscard]] std::vector<std::string> in_upper() const
    {
        std::vector<std::string> names;
        const auto entries = util::walk_tree(upper_);
        EXPECT_TRUE(entries);
        for (const auto& entry : *entries)
            names.push_back(entry.relative.string());
        return names;
    }

    util::TempDir directory_ = *util::TempDir::make(fs::temp_directory_path(), "sf-prefix");
    fs::path upper_ = directory_.path() / "upper";
    store::LayerStore layers_ = store::LayerStore(directory_.path() / "layers");
    util::Digest layer_ = util::sha256("");
};

TEST_F(PrefixOverlayTest, TheBuilderMayPutThingsIntoEachDirectoryOfADependency)
{
    const auto prefix = make();
    ASSERT_TRUE(prefix) << util::to_string(prefix.error());
    EXPECT_EQ(prefix->overlay.lower.size(), 1U) << "the same layer twice is one";
    EXPECT_THAT(in_upper(), ElementsAre("lib", "lib/pkgconfig", "share", "share/doc"));
    for (const auto& name : in_upper()) {
        struct stat st = {};
        ASSERT_EQ(::stat((upper_ / name).c_str(), &st), 0);
        EXPECT_EQ(st.st_mode & 07777U, 0755U);
        EXPECT_EQ(st.st_mtim.tv_sec, store::source_date_epoch) << name;
    }
}

TEST_F(PrefixOverlayTest, WhereThePackagePutsNothingTheyGoAgain)
{
    const auto prefix = make();
    ASSERT_TRUE(prefix);
    ASSERT_TRUE(util::write_file_atomic(upper_ / "lib/b", "b"));
    ASSERT_TRUE(util::make_directories(upper_ / "share/mine"));
    ASSERT_TRUE(util::remove_tree(upper_ / "share/doc"));
    ASSERT_TRUE(util::make_directories(directory_.path() / "elsewhere/pkgconfig"));
    ASSERT_EQ(::symlink("../elsewhere", (upper_ / "share/doc").c_str()), 0);
    ASSERT_TRUE(engine::drop_untouched(*prefix));
    EXPECT_THAT(in_upper(), ElementsAre("lib", "lib/b", "share", "share/doc", "share/mine"))
        << "what is empty and the package's own stays";
    EXPECT_TRUE(util::path_exists(directory_.path() / "elsewhere/pkgconfig"));
}

TEST_F(PrefixOverlayTest, ALayerThatWasChangedIsNotBuiltOn)
{
    const auto file = layers_.tree(layer_) / "lib/pkgconfig/a.pc";
    ASSERT_TRUE(util::write_file_atomic(file, "b"));
    const auto refused = make();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, util::ErrorCode::verify);
    EXPECT_THAT(util::to_string(refused.error()), HasSubstr("building on greet@1.0"));
    EXPECT_THAT(refused.error().message, HasSubstr("was changed after its layer was made"));
}

} // namespace
