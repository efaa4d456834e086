#include "cache/oci/layout.hpp"

#include "cache/oci/index.hpp"
#include "fixture.hpp"

#include <nlohmann/json.hpp>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <map>
#include <thread>

namespace sf::cache::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;
using Json = nlohmann::json;

/// Runs it where every read(2) fails as from a broken disk; false where that cannot be had. A filter of system calls is
/// a thread's own.
bool on_a_broken_disk(const std::function<void()>& run)
{
    std::array<sock_filter, 5> filter = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pread64, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{filter.size(), filter.data()};
    bool broken = false;
    std::thread([&] {
        broken = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                 ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
        if (broken)
            run();
    }).join();
    return broken;
}

class LayoutTest : public CacheTest {
protected:
    LayoutTest() { must(layout_.create(never_)); }

    [[nodiscard]] Json index() const { return Json::parse(must(util::read_file(layout_.root() / "index.json"))); }

    static Descriptor manifest_of(unsigned number)
    {
        return {manifest_media_type, util::sha256("manifest " + std::to_string(number)), number + 1};
    }
    static util::Digest key_of(unsigned number) { return util::sha256("key " + std::to_string(number)); }

    Layout layout_{root() / "cache"};
};

TEST_F(LayoutTest, AnEmptyOneIsValid)
{
    EXPECT_EQ(must(util::read_file(layout_.root() / "oci-layout")), R"({"imageLayoutVersion":"1.0.0"})");
    EXPECT_EQ(index()["schemaVersion"], 2);
    EXPECT_TRUE(index()["manifests"].empty());
    EXPECT_TRUE(stdfs::is_directory(layout_.root() / "blobs" / "sha256"));
    EXPECT_TRUE(layout_.create(never_)) << "again";
}

TEST_F(LayoutTest, DoesNotMixWithOtherFiles)
{
    must(util::write_file_atomic(root() / "home" / "letter", "dear"));
    const auto created = Layout(root() / "home").create(never_);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, util::ErrorCode::usage);
    EXPECT_FALSE(Layout(root() / "nothing").require());
}

TEST_F(LayoutTest, FindsWhatWasPut)
{
    EXPECT_EQ(must(layout_.find(key_of(1))), std::nullopt);
    must(layout_.put_key(key_of(1), manifest_of(1), never_));
    EXPECT_EQ(must(layout_.find(key_of(1))), manifest_of(1));
    must(layout_.put_key(key_of(1), manifest_of(2), never_));
    EXPECT_EQ(must(layout_.find(key_of(1))), manifest_of(2));
    must(util::write_file_atomic(layout_.root() / key_place(key_of(1)), "../../etc/passwd 1"));
    EXPECT_FALSE(layout_.find(key_of(1)));
}

TEST_F(LayoutTest, KeepsBlobs)
{
    const BlobSource blob("text/plain", "hello");
    EXPECT_FALSE(layout_.has_blob(blob.descriptor()));
    must(layout_.put_blob(blob, never_));
    must(layout_.put_blob(blob, never_));
    EXPECT_TRUE(layout_.has_blob(blob.descriptor()));
    EXPECT_EQ(must(layout_.read_blob(blob.descriptor())), "hello");
    EXPECT_TRUE(stdfs::is_empty(layout_.root() / "tmp"));
    must(util::write_file_atomic(layout_.root() / blob_place(blob.descriptor().digest), "hellO"));
    EXPECT_FALSE(layout_.read_blob(blob.descriptor()));
    EXPECT_TRUE(layout_.has_blob(blob.descriptor()));
    EXPECT_FALSE(must(layout_.use_blob(blob.descriptor(), never_)));
    must(layout_.put_blob(blob, never_));
    EXPECT_TRUE(must(layout_.use_blob(blob.descriptor(), never_)));
    must(util::write_file_atomic(layout_.root() / blob_place(blob.descriptor().digest), "hell"));
    EXPECT_FALSE(layout_.has_blob(blob.descriptor()));
    must(layout_.put_blob(blob, never_));
    EXPECT_EQ(must(layout_.read_blob(blob.descriptor())), "hello") << "put in place of the damaged one";
}

TEST_F(LayoutTest, WhatCannotBeReadIsDamaged)
{
    const BlobSource blob("text/plain", "hello");
    const auto& wanted = blob.descriptor();
    must(layout_.put_blob(blob, never_));
    must(layout_.put_key(key_of(1), wanted, never_));
    must(layout_.put_signature(wanted.digest, "signature", never_));
    const auto code_of = [](const auto& result) { return result ? std::nullopt : std::optional(result.error().code); };
    const bool tried = on_a_broken_disk([&] {
        EXPECT_FALSE(must(layout_.use_blob(wanted, never_)));
        EXPECT_EQ(code_of(layout_.find(key_of(1))), util::ErrorCode::verify);
        EXPECT_EQ(code_of(layout_.read_blob(wanted)), util::ErrorCode::verify);
        EXPECT_EQ(code_of(layout_.find_signature(wanted.digest, Scheme::minisign)), util::ErrorCode::verify);
        auto writer = BlobWriter::open(wanted, root() / "copy", never_);
        ASSERT_TRUE(writer);
        EXPECT_EQ(code_of(layout_.copy_blob_to(*writer, wanted, never_)), util::ErrorCode::verify);
    });
    if (!tried)
        GTEST_SKIP() << "no filters of system calls here";
    EXPECT_TRUE(must(layout_.use_blob(wanted, never_)));
}

TEST_F(LayoutTest, ADirectoryInTheBlobsPlaceIsReplaced)
{
    const BlobSource blob("text/plain", "hello");
    const auto& wanted = blob.descriptor();
    const auto place = layout_.root() / blob_place(wanted.digest);
    must(util::write_file_atomic(place / "file", "what else is there"));
    EXPECT_FALSE(must(layout_.use_blob(wanted, never_)));
    const auto read = layout_.read_blob(wanted);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, util::ErrorCode::verify);
    auto writer = must(BlobWriter::open(wanted, root() / "copy", never_));
    const auto copied = layout_.copy_blob_to(writer, wanted, never_);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, util::ErrorCode::verify);
    must(layout_.put_blob(blob, never_));
    EXPECT_EQ(must(layout_.read_blob(wanted)), "hello");
}

/// Who may write to the directory put something else in the place of each file. Nothing blocks, fills the memory, or
/// shows what a link leads to.
TEST_F(LayoutTest, WhatIsNoRegularFileIsDamage)
{
    const auto secret = root() / "secret";
    must(util::write_file_atomic(secret, "hello"));
    const BlobSource blob("text/plain", "hello");
    const auto& wanted = blob.descriptor();
    const std::map<std::string, std::function<void(const stdfs::path&)>> stand_ins = {
        {"fifo", [](const auto& place) { ASSERT_EQ(::mkfifo(place.c_str(), 0666), 0); }},
        {"device", [](const auto& place) { stdfs::create_symlink("/dev/zero", place); }},
        {"link", [&](const auto& place) { stdfs::create_symlink(secret, place); }},
        {"holes", [](const auto& place) {
             must(util::write_file_atomic(place, ""));
             stdfs::resize_file(place, std::uintmax_t{60} << 30U);
         }}};
    const auto code_of = [](const auto& result) { return result ? std::nullopt : std::optional(result.error().code); };
    for (const auto& [kind, put] : stand_ins) {
        must(layout_.put_blob(blob, never_));
        must(layout_.put_key(key_of(1), wanted, never_));
        must(layout_.put_signature(wanted.digest, "signature", never_));
        for (const auto& place : {key_place(key_of(1)), blob_place(wanted.digest),
                                  signature_place(wanted.digest, Scheme::minisign), std::string("index.json")}) {
            must(util::remove_tree(layout_.root() / place));
            put(layout_.root() / place);
        }
        EXPECT_EQ(code_of(layout_.find(key_of(1))), util::ErrorCode::verify) << kind;
        EXPECT_EQ(code_of(layout_.find_signature(wanted.digest, Scheme::minisign)), util::ErrorCode::verify) << kind;
        EXPECT_EQ(code_of(layout_.find_image("tag")), util::ErrorCode::failure) << kind;
        EXPECT_EQ(code_of(layout_.read_blob(wanted)), util::ErrorCode::verify) << kind;
        EXPECT_FALSE(layout_.has_blob(wanted)) << kind;
        EXPECT_FALSE(must(layout_.use_blob(wanted, never_))) << kind;
        auto writer = must(BlobWriter::open(wanted, root() / "copy", never_));
        EXPECT_EQ(code_of(layout_.copy_blob_to(writer, wanted, never_)), util::ErrorCode::verify) << kind;
        must(util::remove_tree(root() / "copy"));
        must(layout_.put_blob(blob, never_));
        EXPECT_EQ(must(layout_.read_blob(wanted)), "hello") << kind << ": put in its place";
        must(util::remove_tree(layout_.root() / "index.json"));
        must(layout_.update_index(never_));
    }
    EXPECT_EQ(must(util::read_file(secret)), "hello");
}

TEST_F(LayoutTest, ALargeManifestIsNotReadWhateverItsDescriptorSays)
{
    constexpr std::uintmax_t huge = std::uintmax_t{60} << 30U;
    const auto digest = util::sha256("what nobody reads");
    const auto place = layout_.root() / blob_place(digest);
    must(util::write_file_atomic(place, ""));
    stdfs::resize_file(place, huge);
    EXPECT_EQ(layout_.read_blob({manifest_media_type, digest, huge}).error().code, util::ErrorCode::verify);
}

TEST_F(LayoutTest, TheLocksAreRegularFilesAndWaitedForUntilAStop)
{
    const auto lock_file = layout_.root() / "index.lock";
    must(util::remove_tree(lock_file));
    stdfs::create_symlink(root() / "elsewhere", lock_file);
    EXPECT_FALSE(layout_.update_index(never_));
    EXPECT_FALSE(stdfs::exists(root() / "elsewhere"));
    must(util::remove_tree(lock_file));
    const auto held = must(util::FileLock::acquire(lock_file)); // for ever
    auto stop = must(util::StopSource::make());
    stop.request_stop();
    const auto stopped = layout_.update_index(stop.token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, util::ErrorCode::interrupted);
}

TEST_F(LayoutTest, LeftoversAreLookedForInADirectoryAndNotBehindALink)
{
    const auto old = [](const stdfs::path& path) {
        stdfs::last_write_time(path, stdfs::file_time_type::clock::now() - 2 * Layout::longest_push);
    };
    must(util::write_file_atomic(root() / "home" / "letter", "dear"));
    must(util::write_file_atomic(layout_.root() / "tmp" / "push.killed", ""));
    old(root() / "home" / "letter");
    old(layout_.root() / "tmp" / "push.killed");
    must(layout_.update_index(never_));
    EXPECT_TRUE(stdfs::is_empty(layout_.root() / "tmp"));
    must(util::remove_tree(layout_.root() / "tmp"));
    stdfs::create_directory_symlink(root() / "home", layout_.root() / "tmp");
    must(layout_.update_index(never_));
    EXPECT_TRUE(stdfs::exists(root() / "home" / "letter"));
}

TEST_F(LayoutTest, NothingIsWrittenThroughTheLinkOfAnotherUser)
{
    constexpr uid_t nobody = 65534;
    must(util::make_directories(root() / "home"));
    const auto link = layout_.root() / "signatures";
    stdfs::create_directory_symlink(root() / "home", link);
    EXPECT_TRUE(layout_.create(never_)) << "our own, to another disk";
    if (::lchown(link.c_str(), nobody, nobody) != 0)
        GTEST_SKIP() << "only root can give files away";
    const auto refused = layout_.create(never_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("is a symbolic link that user 65534 made"));
}

TEST_F(LayoutTest, DoesNotKeepABlobThatIsAnother)
{
    must(util::write_file_atomic(root() / "file", "other"));
    const BlobSource blob({"text/plain", util::sha256("hello"), 5}, root() / "file", 5, {});
    EXPECT_FALSE(layout_.put_blob(blob, never_));
    EXPECT_FALSE(layout_.has_blob(blob.descriptor()));
    EXPECT_TRUE(stdfs::is_empty(layout_.root() / "tmp"));
}

TEST_F(LayoutTest, TheIndexNamesEveryEntryOnce)
{
    for (unsigned i = 0; i < 20; ++i)
        must(layout_.put_key(key_of(i), manifest_of(i), never_));
    EXPECT_TRUE(index()["manifests"].empty()) << "not once for each";
    must(layout_.update_index(never_));
    must(layout_.put_key(key_of(3), manifest_of(30), never_));
    must(layout_.update_index(never_));
    const auto manifests = index()["manifests"];
    ASSERT_EQ(manifests.size(), 20U);
    unsigned found = 0;
    for (const auto& manifest : manifests) {
        EXPECT_EQ(manifest["mediaType"], manifest_media_type);
        if (manifest["annotations"]["org.opencontainers.image.ref.name"] != key_of(3).to_hex())
            continue;
        ++found;
        EXPECT_EQ(manifest["digest"], "sha256:" + manifest_of(30).digest.to_hex());
        EXPECT_EQ(manifest["size"], 31);
    }
    EXPECT_EQ(found, 1U);
    EXPECT_TRUE(stdfs::is_empty(layout_.root() / "pending"));
    EXPECT_EQ(must(Index::parse(must(util::read_file(layout_.root() / "index.json")))).keys(), must(layout_.keys()));
}

TEST_F(LayoutTest, KeepsOthersImagesInTheIndex)
{
    must(util::write_file_atomic(layout_.root() / "index.json",
                                 R"({"schemaVersion":2,"manifests":[{"digest":"sha256:1","size":1},
                                    {"digest":"sha256:2","annotations":{"org.opencontainers.image.ref.name":"latest"}}]})"));
    must(layout_.put_key(key_of(1), manifest_of(1), never_));
    must(layout_.update_index(never_));
    EXPECT_EQ(index()["manifests"].size(), 3U);
    EXPECT_EQ(must(Index::parse(must(util::read_file(layout_.root() / "index.json")))).keys().size(), 1U);
}

TEST_F(LayoutTest, MakesALostIndexAnew)
{
    for (unsigned i = 0; i < 5; ++i)
        must(layout_.put_key(key_of(i), manifest_of(i), never_));
    must(layout_.update_index(never_));
    stdfs::remove(layout_.root() / "index.json");
    must(layout_.update_index(never_));
    EXPECT_EQ(index()["manifests"].size(), 5U);
    must(util::write_file_atomic(layout_.root() / "index.json", "{\"manif"));
    must(layout_.put_key(key_of(6), manifest_of(6), never_));
    const auto damaged = layout_.update_index(never_);
    ASSERT_FALSE(damaged);
    EXPECT_THAT(util::to_string(damaged.error()), HasSubstr("index.json"));
}

TEST_F(LayoutTest, SeveralPushAtOnce)
{
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
        threads.emplace_back([this, t] {
            for (unsigned i = 0; i < 10; ++i) {
                must(layout_.put_key(key_of(t * 10 + i), manifest_of(i), never_));
                must(layout_.update_index(never_));
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(index()["manifests"].size(), 40U);
}

/// Processes that push the same blobs and are killed at any moment: what is there is whole, and the next push completes
/// it.
TEST_F(LayoutTest, AKilledPushLeavesAValidLayout)
{
    const auto push = [this] {
        for (unsigned i = 0; i < 200; ++i) {
            const BlobSource blob(manifest_media_type, sample_bytes(5000, i + 1));
            must(layout_.put_blob(blob, never_));
            must(layout_.put_key(key_of(i), blob.descriptor(), never_));
            if (i % 10 == 0)
                must(layout_.update_index(never_));
        }
    };
    for (unsigned round = 1; round <= 20; ++round) {
        const auto child = ::fork();
        if (child == 0) {
            push();
            ::_exit(0);
        }
        ::usleep(round * 3000);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        for (const auto& key : must(layout_.keys()))
            EXPECT_TRUE(layout_.read_blob(must(layout_.find(key)).value()));
        EXPECT_TRUE(index()["manifests"].is_array());
    }
    push();
    must(layout_.update_index(never_));
    EXPECT_EQ(index()["manifests"].size(), 200U);
}

TEST_F(LayoutTest, ALookUpDoesNotReadTheIndex)
{
    std::string index = R"({"schemaVersion":2,"manifests":[)";
    for (unsigned i = 0; i < 100'000; ++i)
        index += fmt::format(R"({}{{"mediaType":"{}","digest":"sha256:{}","size":1,"annotations":{{"{}":"{}"}}}})",
                             i == 0 ? "" : ",", manifest_media_type, manifest_of(i % 100).digest.to_hex(),
                             "org.opencontainers.image.ref.name", fmt::format("{:064x}", i));
    must(util::write_file_atomic(layout_.root() / "index.json", "what nobody can read"));
    must(layout_.put_key(key_of(1), manifest_of(1), never_));
    EXPECT_TRUE(must(layout_.find(key_of(1))));
    must(util::write_file_atomic(layout_.root() / "index.json", index + "]}"));
    must(layout_.update_index(never_));
    EXPECT_EQ(must(Index::parse(must(util::read_file(layout_.root() / "index.json")))).keys().size(), 100'001U);
}

} // namespace
} // namespace sf::cache::testing
