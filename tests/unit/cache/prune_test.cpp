#include "cache/prune.hpp"

#include "cache/index.hpp"
#include "fixture.hpp"

namespace sf::cache::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class PruneTest : public CacheTest {
protected:
    PruneTest() : remote_(must(open_remote((root() / "cache").string(), {}))) {}

    /// A pushed package of an age.
    util::Digest push(const std::string& name, std::size_t size, std::chrono::hours age)
    {
        const auto packed = must(pack(layers(), make_action(name, size), store::Coding::gzip, never_));
        must(remote_->push(packed, "signature", never_));
        must(remote_->finish(never_));
        for (const auto& blob : packed.blobs)
            make_old(blob_place(blob.descriptor().digest), age);
        make_old(blob_place(packed.manifest_descriptor.digest), age);
        make_old(key_place(packed.entry.action.key), age);
        return packed.entry.action.key;
    }
    void make_old(const std::string& place, std::chrono::hours age)
    {
        stdfs::last_write_time(layout_.root() / place, stdfs::file_time_type::clock::now() - age);
    }
    [[nodiscard]] std::size_t count(const char* directory) const
    {
        const stdfs::recursive_directory_iterator files(layout_.root() / directory);
        return static_cast<std::size_t>(
            std::count_if(begin(files), end(files), [](const auto& file) { return file.is_regular_file(); }));
    }
    /// Everything that an entry names is there.
    void expect_whole(const util::Digest& key)
    {
        const auto found = must(remote_->find(key, never_));
        ASSERT_TRUE(found);
        for (const auto& layer : found->entry.layers)
            EXPECT_TRUE(layout_.has_blob(layer.blob));
        EXPECT_TRUE(must(remote_->find_signature(found->manifest, Scheme::minisign, never_)));
    }

    std::unique_ptr<Remote> remote_;
    Layout layout_{root() / "cache"};
};

constexpr auto long_ago = 24h * 100;

TEST_F(PruneTest, OldEntriesGoWithTheBlobsThatNobodyElseNeeds)
{
    const auto gone = push("munge", 30'000, long_ago);
    const auto kept = push("zlib", 20'000, 1h); // shares the dev and debug layers
    const auto pruned = must(prune(layout_, 24h * 30, false, never_));
    EXPECT_THAT(pruned.keys, ElementsAre(gone));
    EXPECT_EQ(pruned.kept, 1U);
    EXPECT_EQ(pruned.blobs, 3U) << "manifest, config, run layer";
    EXPECT_GT(pruned.bytes, 30'000U);
    EXPECT_FALSE(must(remote_->find(gone, never_)));
    EXPECT_THAT(must(remote_->list(never_)), ElementsAre(kept));
    EXPECT_THAT(must(Index::parse(must(util::read_file(layout_.root() / "index.json")))).keys(), ElementsAre(kept));
    EXPECT_EQ(count("signatures"), 1U);
    expect_whole(kept);
}

TEST_F(PruneTest, ADryRunRemovesNothing)
{
    const auto key = push("munge", 1000, long_ago);
    const auto blobs = count("blobs");
    const auto pruned = must(prune(layout_, 24h * 30, true, never_));
    EXPECT_THAT(pruned.keys, ElementsAre(key));
    EXPECT_EQ(pruned.blobs, blobs);
    EXPECT_EQ(count("blobs"), blobs);
    expect_whole(key);
}

TEST_F(PruneTest, BlobsOfAPushUnderWayStay)
{
    must(layout_.create());
    const std::string bytes = "of a push";
    must(layout_.put_blob(BlobSource("text/plain", bytes), never_));
    EXPECT_EQ(must(prune(layout_, 0s, false, never_)).blobs, 0U);
    EXPECT_EQ(count("blobs"), 1U);
}

TEST_F(PruneTest, WhatIsPushedAgainIsAsGoodAsNew)
{
    const auto key = push("munge", 1000, long_ago);
    const auto packed = must(pack(layers(), make_action("munge", 1000), store::Coding::gzip, never_));
    EXPECT_TRUE(must(remote_->keep(packed, never_)));
    EXPECT_TRUE(must(prune(layout_, 24h * 30, false, never_)).keys.empty());
    expect_whole(key);
    const auto place = layout_.root() / blob_place(packed.entry.layers.front().blob.digest);
    must(util::write_file_atomic(place, "of another length"));
    make_old(key_place(key), long_ago);
    EXPECT_FALSE(must(remote_->keep(packed, never_))) << "it must be pushed";
    EXPECT_TRUE(must(prune(layout_, 24h * 30, false, never_)).keys.empty()) << "a prune meanwhile leaves it";
    EXPECT_THAT(must(prune(layout_, 0s, false, never_)).keys, ElementsAre(key));
    EXPECT_FALSE(must(remote_->keep(packed, never_))) << "nor is it there after a prune";
}

TEST_F(PruneTest, OtherToolsImagesKeepAllBlobs)
{
    push("munge", 1000, long_ago);
    const auto blobs = count("blobs");
    must(layout_.put_image("theirs", {"application/vnd.oci.image.index.v1+json", util::sha256("an index"), 8}));
    const auto pruned = must(prune(layout_, 24h, false, never_));
    EXPECT_TRUE(pruned.others);
    EXPECT_EQ(pruned.keys.size(), 1U);
    EXPECT_EQ(count("blobs"), blobs);
}

TEST_F(PruneTest, ADirectoryThatIsNoCacheIsLeftAlone)
{
    EXPECT_FALSE(prune(Layout(root() / "layers"), 0s, false, never_));
}

} // namespace
} // namespace sf::cache::testing
