#include "cache/prune.hpp"

#include "cache/oci/index.hpp"
#include "fixture.hpp"

#include <thread>

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
        make_old(signature_place(packed.manifest_descriptor.digest, Scheme::minisign), age);
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
    must(layout_.create(never_));
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

TEST_F(PruneTest, BlobsThatAPushUnderWayReusesStay)
{
    const auto old = push("munge", 30'000, long_ago);
    const auto packed = must(pack(layers(), make_action("twin", 30'000), store::Coding::gzip, never_));
    for (const auto& blob : packed.blobs) // the push comes so far, and finds the old entry's layers
        must(layout_.put_blob(blob, never_));
    EXPECT_THAT(must(prune(layout_, 24h * 30, false, never_)).keys, ElementsAre(old));
    must(layout_.put_blob(BlobSource(manifest_media_type, packed.manifest), never_));
    must(layout_.put_signature(packed.manifest_descriptor.digest, "signature", never_));
    must(layout_.put_key(packed.entry.action.key, packed.manifest_descriptor, never_));
    expect_whole(packed.entry.action.key);
}

TEST_F(PruneTest, BlobsOfWhatIsPushedAgainAreInUse)
{
    const auto key = push("munge", 30'000, long_ago);
    const auto packed = must(pack(layers(), make_action("munge", 30'000), store::Coding::gzip, never_));
    EXPECT_TRUE(must(remote_->keep(packed, never_)));
    for (const auto& blob : packed.blobs)
        EXPECT_FALSE(must(layout_.remove_blob(blob.descriptor().digest, never_)));
    expect_whole(key);
}

/// A push that comes after the prune has seen which entries are old, and before it takes them out.
TEST_F(PruneTest, AnEntryIsLookedAtAgainUnderTheLock)
{
    const auto again = push("munge", 30'000, long_ago);
    const auto gone = push("zlib", 20'000, long_ago);
    auto lock = must(util::FileLock::acquire(layout_.root() / "index.lock"));
    Pruned pruned;
    std::thread pruner([&] { pruned = must(prune(layout_, 24h * 30, false, never_)); });
    std::this_thread::sleep_for(300ms); // more than enough to come to the lock
    make_old(key_place(again), 0h);
    {
        const auto released = std::move(lock);
    }
    pruner.join();
    EXPECT_THAT(pruned.keys, ElementsAre(gone));
    EXPECT_EQ(pruned.kept, 1U);
    expect_whole(again);
}

TEST_F(PruneTest, ASignatureThatIsNewerThanItsEntryStays)
{
    const auto key = push("munge", 1000, long_ago);
    const auto manifest = must(layout_.find(key)).value().digest;
    must(layout_.put_signature(manifest, "of a push under way", never_));
    EXPECT_THAT(must(prune(layout_, 24h, false, never_)).keys, ElementsAre(key));
    EXPECT_TRUE(must(layout_.find_signature(manifest, Scheme::minisign)));
}

TEST_F(PruneTest, OtherToolsImagesKeepAllBlobs)
{
    push("munge", 1000, long_ago);
    const auto blobs = count("blobs");
    must(layout_.put_image("theirs", {"application/vnd.oci.image.index.v1+json", util::sha256("an index"), 8}, never_));
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
