#include "store/layer_store.hpp"

#include "store/layer_verify.hpp"
#include "util/files/fs.hpp"
#include "util/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <optional>

namespace sf::store {
namespace {

namespace stdfs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// sha256 of the canonical tar of make_tree(). It changes only if the canonical form does, and then every layer in
/// every cache is lost: `software/` and what is below it, as `tar --format=ustar --sort=name --owner=0 --group=0
/// --mtime=@1577836800` with a record size of 512 would write it.
constexpr const char* golden_digest = "71a94a80a85030ea1d3d029e5c70fc3acaadecb1275d60a4853787e517bb8f4d";

class LayerStoreTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(stdfs::temp_directory_path(), "sf-layers");
        ASSERT_TRUE(made) << util::to_string(made.error());
        directory_.emplace(std::move(*made));
        ASSERT_TRUE(util::make_directories(root() / "layers"));
    }

    const stdfs::path& root() const { return directory_->path(); }
    LayerStore store() const { return LayerStore(root() / "layers"); }

    static void write(const stdfs::path& path, const std::string& text, mode_t mode)
    {
        ASSERT_TRUE(util::make_directories(path.parent_path()));
        ASSERT_TRUE(util::write_file_atomic(path, text));
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    }

    /// The tree that golden_digest belongs to; `reversed` makes it in the other order.
    stdfs::path make_tree(const std::string& name, bool reversed = false) const
    {
        const auto tree = root() / name;
        std::vector<std::function<void()>> steps{
            [&] { write(tree / "bin" / "run", "#!/bin/sh\n", 0755); },
            [&] { write(tree / "share" / "text", std::string(1000, 'x'), 0644); },
            [&] { ASSERT_TRUE(util::make_directories(tree / "empty")); },
            [&] {
                ASSERT_TRUE(util::make_directories(tree / "lib"));
                ASSERT_EQ(::symlink("../bin/run", (tree / "lib" / "run").c_str()), 0);
            },
        };
        if (reversed)
            std::reverse(steps.begin(), steps.end());
        for (const auto& step : steps)
            step();
        return tree;
    }

    util::Digest add(const stdfs::path& tree) const
    {
        const auto info = store().add(tree);
        EXPECT_TRUE(info) << util::to_string(info.error());
        return info->digest;
    }

    /// What a shell command prints; it runs in the test's directory.
    std::string shell(const std::string& command) const
    {
        util::Command shell;
        shell.argv = {"sh", "-ec", command};
        shell.directory = root();
        shell.environment_changes = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
        const auto output = util::run_checked(shell);
        EXPECT_TRUE(output) << util::to_string(output.error());
        return output ? *output : std::string();
    }

    std::optional<util::TempDir> directory_;
};

TEST_F(LayerStoreTest, TheCanonicalFormDoesNotChange)
{
    const auto info = store().add(make_tree("tree"));
    ASSERT_TRUE(info) << util::to_string(info.error());
    EXPECT_EQ(info->digest.to_hex(), golden_digest);
    EXPECT_EQ(info->files, 3U);
    EXPECT_EQ(info->tree_bytes, 1010U);
}

TEST_F(LayerStoreTest, IsWhatGnuTarWouldWrite)
{
    const auto digest = add(make_tree("tree"));
    shell("mkdir check && cp -a layers/" + digest.to_hex() + "/tree check/software");
    const auto output = shell("tar -C check --format=ustar --sort=name --owner=0 --group=0 --numeric-owner "
                              "--mtime=@1577836800 -b1 -cf check.tar software && sha256sum < check.tar");
    EXPECT_THAT(output, HasSubstr(golden_digest));
}

TEST_F(LayerStoreTest, TheDigestIgnoresOrderTimesOwnersAndUmask)
{
    const auto old_umask = ::umask(0077);
    const auto tree = make_tree("tree", true);
    ::umask(old_umask);
    ASSERT_EQ(::chmod((tree / "bin").c_str(), 0700), 0);
    ASSERT_EQ(::chmod((tree / "empty").c_str(), 02775), 0);
    ASSERT_EQ(::chmod((tree / "bin" / "run").c_str(), 0510), 0);
    ASSERT_EQ(::chmod((tree / "share" / "text").c_str(), 0600), 0);
    stdfs::last_write_time(tree / "bin" / "run", stdfs::file_time_type::clock::now() - std::chrono::hours(1000));
    if (::geteuid() == 0) {
        ASSERT_EQ(::lchown((tree / "share" / "text").c_str(), 1234, 1234), 0);
    }
    EXPECT_EQ(add(tree).to_hex(), golden_digest);
}

TEST_F(LayerStoreTest, WhoeverBuiltALayerCannotChangeIt)
{
    constexpr uid_t builder = 4711;
    const auto tree = make_tree("tree");
    ASSERT_EQ(::chmod((tree / "share/text").c_str(), 0666), 0);
    ASSERT_EQ(::chmod((tree / "lib").c_str(), 0777), 0);
    if (::geteuid() == 0)
        shell("chown -R 4711:4711 tree");
    const auto digest = add(tree);
    const auto entries = util::walk_tree(store().tree(digest));
    ASSERT_TRUE(entries);
    for (const auto& entry : *entries) {
        struct stat st = {};
        ASSERT_EQ(::lstat((store().tree(digest) / entry.relative).c_str(), &st), 0);
        EXPECT_NE(st.st_uid, builder) << entry.relative;
        EXPECT_EQ(st.st_uid, ::geteuid()) << entry.relative;
        EXPECT_TRUE(S_ISLNK(st.st_mode) || (st.st_mode & 07022U) == 0) << entry.relative;
    }
}

TEST_F(LayerStoreTest, InspectsByAttributes)
{
    const auto digest = add(make_tree("tree"));
    const auto paths = store().inspect(digest, {});
    ASSERT_TRUE(paths) << util::to_string(paths.error());
    EXPECT_THAT(paths->directories, ElementsAre("bin", "empty", "lib", "share"));
    EXPECT_THAT(paths->others, ElementsAre("bin/run", "lib/run", "share/text"));

    // As a copy without times leaves them, or a store of an older version, whose layers were the builder's.
    const auto text = store().tree(digest) / "share/text";
    stdfs::last_write_time(text, stdfs::file_time_type::clock::now());
    if (::geteuid() == 0)
        shell("chown -R 4711 layers/" + digest.to_hex() + "/tree");
    EXPECT_TRUE(store().inspect(digest, {})) << "the same bytes are good";
    struct stat st = {};
    ASSERT_EQ(::stat(text.c_str(), &st), 0);
    EXPECT_EQ(st.st_mtim.tv_sec, source_date_epoch) << "and get their attributes back";
    EXPECT_EQ(st.st_uid, ::geteuid());
}

TEST_F(LayerStoreTest, InspectFindsWhatWasChanged)
{
    const std::vector<std::string> changes = {
        "echo more >>share/text",
        "rm bin/run",
        "echo new >share/new",
        "ln -sfn elsewhere lib/run",
        "mkdir empty/new",
        "rmdir empty",
        "rm share/text; mkfifo share/text",
        "printf y >share/replace; truncate -s 1000 share/replace; mv share/replace share/text",
    };
    const auto digest = add(make_tree("tree"));
    for (const auto& change : changes) {
        const auto place = "layers/" + digest.to_hex() + "/tree";
        shell("cp -a " + place + " kept; cd " + place + "; " + change);
        const auto refused = store().inspect(digest, {});
        ASSERT_FALSE(refused) << change;
        EXPECT_EQ(refused.error().code, util::ErrorCode::verify) << change;
        shell("rm -r " + place + "; mv kept " + place);
        ASSERT_TRUE(store().inspect(digest, {})) << "after " << change;
    }
}

TEST_F(LayerStoreTest, VerifyNamesTheFilesThatDiffer)
{
    const auto digest = add(make_tree("tree"));
    ASSERT_TRUE(store().zst_member(digest, {}));
    const auto place = "layers/" + digest.to_hex();
    const auto faults = [&] {
        std::vector<std::string> lines;
        const auto found = verify_layer(store(), digest, {});
        EXPECT_TRUE(found) << util::to_string(found.error());
        for (const auto& fault : found.value_or(std::vector<LayerFault>()))
            lines.push_back(fault.path + " " + fault.what);
        return lines;
    };
    EXPECT_THAT(faults(), ::testing::IsEmpty());
    shell("cp -a " + place + " kept");
    const auto mend = [&] { shell("rm -r " + place + "; cp -a kept " + place); };

    // Nothing but its bytes tells of it.
    shell("cd " + place +
          "/tree; printf y | dd of=share/text conv=notrunc status=none; touch -d @1577836800 share/text");
    EXPECT_TRUE(store().inspect(digest, {}));
    EXPECT_THAT(faults(), ElementsAre("tree/share/text has other contents"));
    mend();
    shell("cd " + place + "/tree; chmod -x bin/run; ln -sfn /etc lib/run; rm -r empty; touch share/new");
    EXPECT_THAT(faults(), ElementsAre("tree/bin/run is no longer executable", "tree/empty is missing",
                                      "tree/lib/run is a link to another place", "tree/share/new is new"));
    mend();
    shell("cd " + place + "; printf y >>layer.tar.gz; rm -r tree/share; mkfifo tree/share");
    EXPECT_THAT(faults(),
                ElementsAre(HasSubstr("layer.tar.gz "), "tree/share is of another kind", "tree/share/text is missing"))
        << "the other archive is good";
    shell("cd " + place + "; echo {} >layer.json; rm layer.tar.gz layer.tar.zst; touch layer.tar.zst");
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("layer.json "), "layer.tar.gz is missing", HasSubstr("layer.tar.zst "),
                                      "tree is not what was added"));
    mend();
    EXPECT_THAT(faults(), ::testing::IsEmpty());
}

TEST_F(LayerStoreTest, HardLinksAreCopies)
{
    const auto linked = root() / "linked";
    const auto copied = root() / "copied";
    write(linked / "a", "same", 0644);
    ASSERT_EQ(::link((linked / "a").c_str(), (linked / "b").c_str()), 0);
    write(copied / "a", "same", 0644);
    write(copied / "b", "same", 0644);
    EXPECT_EQ(add(linked), add(copied));
}

TEST_F(LayerStoreTest, MovesTheTreeAndNormalisesIt)
{
    const auto tree = make_tree("tree");
    ASSERT_EQ(::chmod((tree / "bin").c_str(), 0700), 0);
    ASSERT_EQ(::chmod((tree / "share" / "text").c_str(), 0400), 0);
    struct stat before = {};
    ASSERT_EQ(::stat((tree / "share" / "text").c_str(), &before), 0);
    const auto digest = add(tree);
    EXPECT_FALSE(stdfs::exists(tree));

    struct stat after = {};
    ASSERT_EQ(::stat((store().tree(digest) / "share" / "text").c_str(), &after), 0);
    EXPECT_EQ(after.st_ino, before.st_ino) << "moved, not copied";
    EXPECT_EQ(after.st_uid, before.st_uid);
    EXPECT_EQ(after.st_mode & 07777U, 0644U);
    EXPECT_EQ(after.st_mtime, source_date_epoch);
    ASSERT_EQ(::stat((store().tree(digest) / "bin").c_str(), &after), 0);
    EXPECT_EQ(after.st_mode & 07777U, 0755U);
    EXPECT_EQ(after.st_mtime, source_date_epoch);
    ASSERT_EQ(::stat(store().tree(digest).c_str(), &after), 0);
    EXPECT_EQ(after.st_mode & 07777U, 0755U);
    EXPECT_EQ(shell("ls layers"), digest.to_hex() + "\n") << "nothing temporary is left";
}

TEST_F(LayerStoreTest, AnswersAboutItsLayers)
{
    const auto added = store().add(make_tree("tree"));
    ASSERT_TRUE(added);
    EXPECT_TRUE(store().contains(added->digest));
    const auto info = store().info(added->digest);
    ASSERT_TRUE(info) << util::to_string(info.error());
    EXPECT_EQ(info->digest, added->digest);
    EXPECT_EQ(info->tree_bytes, added->tree_bytes);
    EXPECT_EQ(info->gz_bytes, stdfs::file_size(store().member(added->digest)));
    EXPECT_EQ(info->files, 3U);
    const auto files = store().file_list(added->digest);
    ASSERT_TRUE(files);
    EXPECT_THAT(*files, ElementsAre("bin/run", "lib/run", "share/text"));

    const auto other = util::sha256("no such layer");
    EXPECT_FALSE(store().contains(other));
    const auto missing = store().info(other);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr(other.to_short()));
    EXPECT_FALSE(store().file_list(other));
}

TEST_F(LayerStoreTest, AddingTwiceIsNoError)
{
    const auto digest = add(make_tree("one"));
    EXPECT_EQ(add(make_tree("two")), digest);
    EXPECT_FALSE(stdfs::exists(root() / "two"));
}

TEST_F(LayerStoreTest, TheEffortIsNoPartOfTheIdentity)
{
    const auto info = store().add(make_tree("tree"), Effort::quick);
    ASSERT_TRUE(info) << util::to_string(info.error());
    EXPECT_EQ(info->digest.to_hex(), golden_digest);
    shell("gzip -t layers/" + info->digest.to_hex() + "/layer.tar.gz");
}

TEST_F(LayerStoreTest, MakesTheZstdFrameOnce)
{
    const auto digest = add(make_tree("tree"));
    EXPECT_EQ(store().info(digest)->zst_bytes, std::nullopt);
    const auto frame = store().zst_member(digest, {});
    ASSERT_TRUE(frame) << util::to_string(frame.error());
    EXPECT_THAT(shell("(zstd -dcq " + frame->string() + "; head -c 1024 /dev/zero) | sha256sum"),
                HasSubstr(digest.to_hex()));
    EXPECT_EQ(store().info(digest)->zst_bytes, stdfs::file_size(*frame));
    EXPECT_EQ(shell("ls layers/" + digest.to_hex()), "layer.json\nlayer.tar.gz\nlayer.tar.zst\ntree\n");
    EXPECT_EQ(shell("stat -c %a " + frame->string()), "644\n");

    const auto made = shell("stat -c '%i %z' " + frame->string());
    EXPECT_EQ(*store().zst_member(digest, {}), *frame);
    EXPECT_EQ(shell("stat -c '%i %z' " + frame->string()), made);
    EXPECT_EQ(shell("ls layers"), digest.to_hex() + "\n") << "nothing temporary is left";
}

TEST_F(LayerStoreTest, TheZstdFrameIsTheSameEverywhere)
{
    const auto digest = add(make_tree("tree"));
    const auto first = *util::read_file(*store().zst_member(digest, {}));
    ASSERT_TRUE(util::make_directories(root() / "elsewhere"));
    LayerStore other(root() / "elsewhere");
    ASSERT_TRUE(other.add(make_tree("again", true)));
    EXPECT_EQ(*util::read_file(*other.zst_member(digest, {})), first);
}

TEST_F(LayerStoreTest, SeveralMayAskForTheZstdFrame)
{
    const auto digest = add(make_tree("tree"));
    std::vector<std::future<util::Result<stdfs::path>>> asked;
    for (int i = 0; i < 4; ++i)
        asked.push_back(std::async(std::launch::async, [&] { return store().zst_member(digest, {}); }));
    for (auto& answer : asked)
        EXPECT_EQ(*answer.get(), store().tree(digest).parent_path() / "layer.tar.zst");
    shell("zstd -tq layers/" + digest.to_hex() + "/layer.tar.zst");
    EXPECT_EQ(shell("ls layers"), digest.to_hex() + "\n");
}

TEST_F(LayerStoreTest, RefusesAZstdFrameOfWhatIsNotTheLayer)
{
    const auto missing = store().zst_member(util::sha256("no such layer"), {});
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("is not in"));

    const auto digest = add(make_tree("tree"));
    ASSERT_TRUE(util::write_file_atomic(store().tree(digest) / "share" / "text", "tampered"));
    const auto damaged = store().zst_member(digest, {});
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().message, store().tree(digest).string() + " is damaged");
    EXPECT_EQ(shell("ls layers"), digest.to_hex() + "\n");
    EXPECT_FALSE(stdfs::exists(store().tree(digest).parent_path() / "layer.tar.zst"));
}

TEST_F(LayerStoreTest, AZstdFrameCanBeInterrupted)
{
    const auto digest = add(make_tree("tree"));
    const auto source = util::StopSource::make();
    ASSERT_TRUE(source);
    source->request_stop();
    const auto frame = store().zst_member(digest, source->token());
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, util::ErrorCode::interrupted);
    EXPECT_EQ(shell("ls layers"), digest.to_hex() + "\n");
}

TEST_F(LayerStoreTest, ReportsADamagedInfo)
{
    const auto digest = add(make_tree("tree"));
    const auto file = store().member(digest).parent_path() / "layer.json";
    for (const auto* text : {"", "[]", R"({"format": 1})", R"({"format": 2, "digest": "x"})"}) {
        ASSERT_TRUE(util::write_file_atomic(file, text));
        const auto info = store().info(digest);
        ASSERT_FALSE(info) << text;
        EXPECT_THAT(info.error().message, HasSubstr(file.string()));
    }
}

TEST_F(LayerStoreTest, RefusesWhatIsNoFileDirectoryOrLink)
{
    const auto tree = make_tree("tree");
    ASSERT_EQ(::mkfifo((tree / "pipe").c_str(), 0644), 0);
    const auto info = store().add(tree);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, util::ErrorCode::build);
    EXPECT_THAT(info.error().message, HasSubstr("pipe"));
    EXPECT_EQ(shell("ls layers"), "") << "nothing half-made is left";
}

TEST_F(LayerStoreTest, MembersInARowAreOneArchive)
{
    const auto first = add(make_tree("first"));
    const auto other = root() / "other";
    write(other / "bin" / "second", "two", 0755);
    const std::string deep = std::string(90, 'd') + "/" + std::string(90, 'e') + "/" + std::string(120, 'f');
    write(other / deep, "deep", 0644);
    write(other / "share" / "na\xc3\xafve", "text", 0644);
    const auto second = add(other);
    EXPECT_EQ(shell("gzip -t layers/" + first.to_hex() + "/layer.tar.gz"), "");

    std::string end;
    auto tar = TarMember::create(
        [&end](std::string_view bytes) {
            end += bytes;
            return util::Status();
        },
        ArchiveEnd::written);
    ASSERT_TRUE(tar);
    ASSERT_TRUE(tar->finish());
    ASSERT_TRUE(util::write_file_atomic(root() / "end.gz", end));

    shell("cat layers/" + first.to_hex() + "/layer.tar.gz layers/" + second.to_hex() +
          "/layer.tar.gz end.gz > all.tgz");
    EXPECT_EQ(shell("gzip -d < all.tgz | tar -t | sort -u | tr '\\n' ' '"),
              "software/ software/bin/ software/bin/run software/bin/second " + std::string("software/") +
                  std::string(90, 'd') + "/ software/" + std::string(90, 'd') + "/" + std::string(90, 'e') +
                  "/ software/" + deep +
                  " software/empty/ software/lib/ software/lib/run software/share/ software/share/na\xc3\xafve "
                  "software/share/text ");
    EXPECT_THAT(shell("tar -tvzf all.tgz software/bin/run"), HasSubstr("-rwxr-xr-x 0/0"));
    shell("mkdir out && tar -C out -xzf all.tgz && test \"$(cat out/software/" + deep +
          ")\" = deep && "
          "test \"$(cat out/software/share/na\xc3\xafve)\" = text && test -x out/software/lib/run");
}

TEST_F(LayerStoreTest, TheDigestIsOfTheCompleteTar)
{
    const auto digest = add(make_tree("tree"));
    EXPECT_THAT(shell("(gzip -d < layers/" + digest.to_hex() + "/layer.tar.gz; head -c 1024 /dev/zero) | sha256sum"),
                HasSubstr(digest.to_hex()));
}

TEST_F(LayerStoreTest, PassesOnWhatTheSinkSays)
{
    auto tar = TarMember::create(
        [](std::string_view) -> util::Status { return util::fail(util::ErrorCode::no_space, "the disk is full"); },
        ArchiveEnd::written);
    ASSERT_TRUE(tar);
    static_cast<void>(tar->add_bytes("a", "text"));
    const auto digest = tar->finish();
    ASSERT_FALSE(digest);
    EXPECT_EQ(digest.error().code, util::ErrorCode::no_space);
}

} // namespace
} // namespace sf::store
