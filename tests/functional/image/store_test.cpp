// The image store with a real mmdebstrap: one tiny image, made twice.
#include "image/image.hpp"

#include "image/apt_sources.hpp"
#include "util/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using ::testing::HasSubstr;

/// One statically linked program, unpacked and not configured: seconds.
constexpr const char* tiny = "name: tiny\nsuite: bookworm\nvariant: extract\npackages: [busybox-static]\n"
                             "externals: {}\n";

/// Keeps the texts of messages.
class Messages final : public event::Sink {
public:
    void on_event(const event::Event& event) override
    {
        if (const auto* message = std::get_if<event::Message>(&event))
            texts.push_back(message->text);
    }
    std::vector<std::string> texts;
};

class ImageStoreTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        if (::geteuid() != 0 || !util::find_program("mmdebstrap"))
            GTEST_SKIP() << "making images needs root and mmdebstrap";
        if (read_sources("/etc/apt").empty())
            GTEST_SKIP() << "this host has no apt sources";
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "image-store-test");
        ASSERT_TRUE(made);
        directory_ = std::make_unique<util::TempDir>(std::move(*made));
        site_.root = directory_->path();
        auto opened = store::Database::open(site_.database());
        ASSERT_TRUE(opened) << util::to_string(opened.error());
        database_ = std::make_unique<store::Database>(std::move(*opened));
        std::ofstream(site_.root / "tiny.yaml") << tiny;
        recipe_ = load_image_recipe(site_.root / "tiny.yaml").value();
    }
    ImageStore store() { return {site_, *database_, events_}; }
    /// Entries of images/ besides locks.
    [[nodiscard]] std::vector<std::string> entries() const
    {
        std::vector<std::string> names;
        std::error_code ignored;
        for (const auto& entry : stdfs::directory_iterator(site_.images(), ignored))
            if (entry.path().filename() != "locks")
                names.push_back(entry.path().filename().string());
        return names;
    }

    Messages events_;
    site::Site site_;
    std::unique_ptr<store::Database> database_;
    ImageRecipe recipe_;

private:
    std::unique_ptr<util::TempDir> directory_;
};

TEST_F(ImageStoreTest, MakesOnceFindsListsAndRemoves)
{
    auto images = store();
    EXPECT_FALSE(images.find(recipe_).value());
    const auto image = images.ensure(recipe_, {});
    ASSERT_TRUE(image) << util::to_string(image.error());
    EXPECT_TRUE(util::path_exists(image->rootfs / "bin/busybox"));
    EXPECT_FALSE(util::path_exists(image->rootfs / "etc/resolv.conf"));
    EXPECT_GT(image->bytes, 100'000U);
    EXPECT_EQ(entries(), std::vector<std::string>{image->digest.to_hex()});

    const auto again = images.ensure(recipe_, {});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->digest, image->digest);
    ASSERT_EQ(images.list()->size(), 1U);

    {
        const auto used = images.use(*image);
        ASSERT_TRUE(used);
        const auto refused = images.remove("tiny");
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message, HasSubstr("in use"));
        EXPECT_TRUE(util::path_exists(image->rootfs));
    }
    EXPECT_FALSE(images.remove(image->digest.to_hex().substr(0, 5))) << "too short a prefix";
    ASSERT_TRUE(images.remove(image->digest.to_short()));
    EXPECT_TRUE(images.list()->empty());
    EXPECT_TRUE(entries().empty());
    EXPECT_FALSE(images.find(recipe_).value());
    EXPECT_FALSE(images.use(*image));

    const auto remade = images.ensure(recipe_, {});
    ASSERT_TRUE(remade) << util::to_string(remade.error());
    EXPECT_EQ(remade->digest, image->digest) << "the same recipe makes the same image";
}

TEST_F(ImageStoreTest, InterruptionLeavesNothing)
{
    auto source = util::StopSource::make();
    ASSERT_TRUE(source);
    // As soon as there is something that could be left behind.
    std::thread stopper([this, &source] {
        while (entries().empty())
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        source->request_stop();
    });
    const auto image = store().ensure(recipe_, source->token());
    stopper.join();
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, util::ErrorCode::interrupted);
    EXPECT_TRUE(entries().empty());
    const auto mounts = util::read_file("/proc/self/mountinfo");
    EXPECT_EQ(mounts->find(site_.root.string()), std::string::npos);
}

TEST_F(ImageStoreTest, FailureShowsWhatMmdebstrapSaid)
{
    recipe_.packages = {"no-such-package-anywhere"};
    const auto image = store().ensure(recipe_, {});
    ASSERT_FALSE(image);
    EXPECT_THAT(image.error().message, HasSubstr("no-such-package-anywhere"));
    EXPECT_THAT(image.error().hint, HasSubstr("correct the image recipe"));
    EXPECT_TRUE(entries().empty());
    EXPECT_TRUE(util::path_exists(site_.logs() / "image-tiny.log"));
}

TEST_F(ImageStoreTest, ABrokenPromiseIsAnError)
{
    recipe_.externals = {{"gcc", "gcc -dumpfullversion"}};
    const auto image = store().ensure(recipe_, {});
    ASSERT_FALSE(image);
    EXPECT_THAT(image.error().message, HasSubstr("promises 'gcc'"));
    EXPECT_TRUE(entries().empty());
}

TEST_F(ImageStoreTest, HeaderPackagesAreUnpackedAndNotInstalled)
{
    recipe_.externals = {{"ghost", "cat /usr/share/slurm-factory/no-such-headers-dev.version"}};
    recipe_.headers = {{"libexpected-dev", "main", {"/usr/include/tl/expected.hpp"}, ""},
                       {"no-such-headers-dev", "no-such-component", {"/usr/include/ghost.h"}, "ghost"}};
    const auto image = store().ensure(recipe_, {});
    ASSERT_TRUE(image) << util::to_string(image.error());
    EXPECT_TRUE(util::path_exists(image->rootfs / "usr/include/tl/expected.hpp"));
    EXPECT_FALSE(util::path_exists(image->rootfs / "usr/share/doc/libexpected-dev")) << "nothing else of it";
    const auto version = util::read_file(image->rootfs / "usr/share/slurm-factory/libexpected-dev.version");
    ASSERT_TRUE(version);
    EXPECT_THAT(*version, HasSubstr("."));
    EXPECT_TRUE(image->externals.empty()) << "what the mirror lacks is not promised";
    ASSERT_EQ(events_.texts.size(), 1U);
    EXPECT_THAT(events_.texts[0], HasSubstr("is made without ghost: the host's package mirrors have no "
                                            "no-such-headers-dev in component no-such-component of bookworm"));
    std::vector<std::string> kept;
    for (const auto& entry : stdfs::directory_iterator(image->rootfs.parent_path()))
        kept.push_back(entry.path().filename().string());
    EXPECT_EQ(kept, std::vector<std::string>{"rootfs"}) << "apt's state is gone";
}

TEST_F(ImageStoreTest, AHeaderPackageWithoutTheFileIsAnError)
{
    recipe_.headers = {{"libexpected-dev", "main", {"/usr/include/unexpected.hpp"}, ""}};
    const auto image = store().ensure(recipe_, {});
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, util::ErrorCode::recipe);
    EXPECT_THAT(image.error().message, HasSubstr("libexpected-dev has no file /usr/include/unexpected.hpp"));
    EXPECT_TRUE(entries().empty());
}

TEST_F(ImageStoreTest, OfflineIsSaidPlainly)
{
    if (all_local(read_sources("/etc/apt")))
        GTEST_SKIP() << "this host needs no network for packages";
    site_.network.offline = true;
    const auto image = store().ensure(recipe_, {});
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, util::ErrorCode::source);
    EXPECT_EQ(image.error().reason, util::Reason::images_missing_offline); // from which `app` makes the hint
}

TEST_F(ImageStoreTest, TheWholeBaseImage)
{
    const char* name = std::getenv("SF_TEST_BASE_IMAGE"); // NOLINT(concurrency-mt-unsafe)
    if (name == nullptr)
        GTEST_SKIP() << "set SF_TEST_BASE_IMAGE to the name of an image recipe; takes a minute";
    const auto recipe = find_image_recipe({stdfs::path(SF_SOURCE_DIR) / "images"}, name);
    ASSERT_TRUE(recipe);
    const auto image = store().ensure(*recipe, {});
    ASSERT_TRUE(image) << util::to_string(image.error());
    RecordProperty("digest", image->digest.to_hex());
    EXPECT_EQ(image->externals.size(), recipe->externals.size());
    for (const auto& [external, version] : image->externals)
        EXPECT_THAT(version, HasSubstr(".")) << external;
}

} // namespace
} // namespace sf::image
