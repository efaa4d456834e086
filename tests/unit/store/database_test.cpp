#include "store/database.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <thread>

namespace sf::store {
namespace {

using ::testing::HasSubstr;

util::Digest digest(const std::string& text)
{
    return util::sha256(text);
}

Action action(const std::string& key, const std::string& package = "munge")
{
    return {digest(key),
            package,
            "0.5.16",
            LayerSet{digest("run"), digest("dev"), digest("debug")},
            12.5,
            24.25,
            5'000'000'000,
            "recipe 1\nflags \"-O2\"\n",
            "apt:munge=0.5.16"};
}

void execute(const std::filesystem::path& path, const char* sql)
{
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
}

std::string journal_mode(const std::filesystem::path& path)
{
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
    std::string mode;
    const auto take = [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0];
        return 0;
    };
    EXPECT_EQ(sqlite3_exec(handle, "PRAGMA journal_mode", take, &mode, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
    return mode;
}

class DatabaseTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-database");
        ASSERT_TRUE(made) << util::to_string(made.error());
        directory_.emplace(std::move(*made));
        path_ = directory_->path() / "deep" / "state.db";
    }

    Database open()
    {
        auto database = Database::open(path_);
        EXPECT_TRUE(database) << util::to_string(database.error());
        return std::move(database).value();
    }

    std::optional<util::TempDir> directory_;
    std::filesystem::path path_;
};

TEST_F(DatabaseTest, KeepsActionsBetweenOpenings)
{
    const auto written = action("a");
    ASSERT_TRUE(open().put_action(written, 50));
    auto database = open();
    const auto found = database.find_action(written.key);
    ASSERT_TRUE(found && *found);
    const Action& read = **found;
    EXPECT_EQ(read.key, written.key);
    EXPECT_EQ(read.package, "munge");
    EXPECT_EQ(read.version, "0.5.16");
    EXPECT_EQ(read.layers, written.layers);
    EXPECT_EQ(read.wall_seconds, 12.5);
    EXPECT_EQ(read.cpu_seconds, 24.25);
    EXPECT_EQ(read.peak_memory_bytes, 5'000'000'000U);
    EXPECT_EQ(read.inputs, written.inputs);
    EXPECT_EQ(read.origin, written.origin);
    const auto missing = database.find_action(digest("other"));
    ASSERT_TRUE(missing);
    EXPECT_FALSE(*missing);
}

TEST_F(DatabaseTest, ListsActionsOfAPackageNewestFirst)
{
    auto database = open();
    ASSERT_TRUE(database.put_action(action("a"), 50));
    ASSERT_TRUE(database.put_action(action("b"), 50));
    ASSERT_TRUE(database.put_action(action("c", "zlib"), 50));
    ASSERT_TRUE(database.put_action(action("a"), 50)); // built again: now the newest
    const auto actions = database.actions_of("munge");
    ASSERT_TRUE(actions);
    ASSERT_EQ(actions->size(), 2U);
    EXPECT_EQ((*actions)[0].key, digest("a"));
    EXPECT_EQ((*actions)[1].key, digest("b"));
    ASSERT_TRUE(database.remove_action(digest("a")));
    EXPECT_EQ(database.actions_of("munge")->size(), 1U);
    EXPECT_TRUE(database.remove_action(digest("a"))) << "removing what is not there is no error";
}

TEST_F(DatabaseTest, KeepsImagesAndBundles)
{
    auto database = open();
    const std::map<std::string, std::string> externals = {{"cmake", "3.25.1"}, {"gcc", "12.2.0"}};
    const ImageRecord image{"bookworm", digest("recipe"), digest("rootfs"), 123, "2024-01-02T03:04:05Z", externals};
    ASSERT_TRUE(database.put_image(image));
    ASSERT_TRUE(database.put_image(image));
    auto images = database.images();
    ASSERT_TRUE(images);
    ASSERT_EQ(images->size(), 1U);
    EXPECT_EQ((*images)[0].name, "bookworm");
    EXPECT_EQ((*images)[0].recipe_key, digest("recipe"));
    EXPECT_EQ((*images)[0].digest, digest("rootfs"));
    EXPECT_EQ((*images)[0].bytes, 123U);
    EXPECT_EQ((*images)[0].created, "2024-01-02T03:04:05Z");
    EXPECT_EQ((*images)[0].externals, externals);
    ASSERT_TRUE(database.put_image({"twin", digest("other"), digest("rootfs"), 123, "2024-01-02T03:04:05Z", {}}));
    ASSERT_TRUE(database.remove_image("bookworm", digest("rootfs")));
    images = database.images();
    ASSERT_EQ(images->size(), 1U);
    EXPECT_EQ((*images)[0].name, "twin") << "the same files may have two names";

    const BundleRecord bundle{"/builds/a.tar.gz", digest("key"), digest("bytes"), 42, 1'700'000'000'123'456'789};
    ASSERT_TRUE(database.put_bundle(bundle));
    const auto found = database.find_bundle("/builds/a.tar.gz");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->key, bundle.key);
    EXPECT_EQ((*found)->sha256, bundle.sha256);
    EXPECT_EQ((*found)->bytes, 42U);
    EXPECT_EQ((*found)->mtime_ns, bundle.mtime_ns);
    EXPECT_FALSE(*database.find_bundle("/builds/b.tar.gz"));
}

TEST_F(DatabaseTest, ReportsADamagedListOfExternals)
{
    ASSERT_TRUE(open().put_image({"a", digest("x"), digest("x"), 5, "then", {}}));
    execute(path_, "UPDATE images SET externals = '[\"gcc'");
    const auto images = open().images();
    ASSERT_FALSE(images);
    EXPECT_THAT(images.error().message, HasSubstr("a damaged line for image \"a\""));
}

TEST_F(DatabaseTest, KnowsWhatWasBuiltInAnImage)
{
    auto database = open();
    auto first = action("a");
    first.image = digest("bookworm");
    // The text of the inputs does not decide.
    first.inputs = fmt::format("package: munge\nimage: {}\n", digest("trixie").to_hex());
    auto second = action("b", "zlib");
    second.image = digest("bookworm");
    ASSERT_TRUE(database.put_action(first, 50));
    ASSERT_TRUE(database.put_action(second, 50));
    ASSERT_TRUE(database.put_action(action("c"), 50)); // has no image
    const auto built = database.built_in(digest("bookworm"));
    ASSERT_TRUE(built) << util::to_string(built.error());
    ASSERT_EQ(built->size(), 2U);
    EXPECT_EQ((*built)[0].package, "zlib") << "the newest first";
    EXPECT_EQ((*built)[1].key, digest("a"));
    EXPECT_EQ((*built)[1].run, digest("run"));
    EXPECT_TRUE(database.built_in(digest("trixie"))->empty());
    const auto found = database.find_action(digest("a"));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->image, digest("bookworm"));
    // note_use() puts back an action that a collection removed, with its image.
    ASSERT_TRUE(database.remove_actions({digest("a")}));
    ASSERT_TRUE(database.note_use({**found}, 60));
    EXPECT_EQ(database.built_in(digest("bookworm"))->size(), 2U);
}

TEST_F(DatabaseTest, KnowsWhatIsInUse)
{
    auto database = open();
    for (const auto* key : {"a", "b", "c"})
        ASSERT_TRUE(database.put_action(action(key), 50));
    ASSERT_TRUE(database.note_use({action("b")}, 200));
    ASSERT_TRUE(database.note_use({action("a"), action("b")}, 100));
    const auto stored = database.stored_actions();
    ASSERT_TRUE(stored) << util::to_string(stored.error());
    ASSERT_EQ(stored->size(), 3U);
    EXPECT_EQ((*stored)[0].key, digest("c")) << "only made: the first to go";
    EXPECT_EQ((*stored)[0].used, 50) << "when it was made";
    EXPECT_EQ((*stored)[2].used, 100) << "the last note counts";
    EXPECT_EQ((*stored)[1].layers, action("a").layers);
    ASSERT_TRUE(database.remove_actions({digest("a"), digest("b")}));
    EXPECT_EQ(database.stored_actions()->size(), 1U);
    ASSERT_TRUE(database.put_action(action("a"), 50));
    EXPECT_EQ(database.stored_actions()->front().used, 50) << "its use went with it";
    ASSERT_TRUE(database.note_use({action("b")}, 300));
    EXPECT_TRUE(*database.find_action(digest("b"))) << "what is in use is put back";
}

TEST_F(DatabaseTest, KeepsWhatRootsNeed)
{
    auto database = open();
    ASSERT_TRUE(database.keep("/builds/a", {digest("a"), digest("b")}));
    ASSERT_TRUE(database.keep("pin:p", {digest("b")}));
    ASSERT_TRUE(database.keep("/builds/a", {digest("c")}));
    const auto kept = database.kept();
    ASSERT_TRUE(kept) << util::to_string(kept.error());
    EXPECT_EQ(*kept, (std::map<std::string, std::vector<util::Digest>>{{"/builds/a", {digest("c")}},
                                                                       {"pin:p", {digest("b")}}}));
    ASSERT_TRUE(database.keep("pin:p", {}));
    EXPECT_EQ(database.kept()->size(), 1U);
}

TEST_F(DatabaseTest, RemembersRuns)
{
    auto database = open();
    ASSERT_TRUE(database.put_run({100, "slurm@24.11", 3, 24, 5, 2, 1, 5'000'000'000, 7'000'000'000, 10, 20, 12.5, 99.5,
                                  8'000'000'000, 6'000'000'000}));
    ASSERT_TRUE(database.put_run({200, "slurm@24.05", 0, 27, 0, 0, 0, 0, 0, 0, 0, 0.5, 100}));
    const auto runs = database.runs(5);
    ASSERT_TRUE(runs) << util::to_string(runs.error());
    ASSERT_EQ(runs->size(), 2U);
    EXPECT_EQ((*runs)[0].request, "slurm@24.05");
    const auto& first = (*runs)[1];
    EXPECT_EQ(first.started, 100);
    EXPECT_EQ(first.built, 3U);
    EXPECT_EQ(first.reused, 24U);
    EXPECT_EQ(first.pulled, 5U);
    EXPECT_EQ(first.pulled_bytes, 7'000'000'000U);
    EXPECT_EQ(first.sources_cached, 2U);
    EXPECT_EQ(first.sources_fetched, 1U);
    EXPECT_EQ(first.fetched_bytes, 5'000'000'000U);
    EXPECT_EQ(first.compiler_hits, 10U);
    EXPECT_EQ(first.compiler_misses, 20U);
    EXPECT_EQ(first.wall_seconds, 12.5);
    EXPECT_EQ(first.saved_seconds, 99.5);
    EXPECT_EQ(first.saved_layer_bytes, 8'000'000'000U);
    EXPECT_EQ(first.saved_source_bytes, 6'000'000'000U);
    EXPECT_EQ(database.runs(1)->size(), 1U);
}

TEST_F(DatabaseTest, AFileThatWasCopiedFromANetworkFileSystemGetsAWriteAheadLog)
{
    ASSERT_TRUE(open().put_action(action("a"), 50));
    EXPECT_EQ(journal_mode(path_), "wal");
    execute(path_, "PRAGMA journal_mode = DELETE");
    ASSERT_EQ(journal_mode(path_), "delete");
    EXPECT_EQ(open().actions_of("munge")->size(), 1U);
    EXPECT_EQ(journal_mode(path_), "wal");
}

TEST_F(DatabaseTest, AJournalThatOthersUseStays)
{
    ASSERT_TRUE(open().put_action(action("a"), 50));
    execute(path_, "PRAGMA journal_mode = DELETE");
    sqlite3* reader = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &reader), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM actions", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(open().actions_of("munge")->size(), 1U);
    EXPECT_EQ(journal_mode(path_), "delete");
    sqlite3_close(reader);
    static_cast<void>(open());
    EXPECT_EQ(journal_mode(path_), "wal");
}

TEST_F(DatabaseTest, RefusesTheFormatOfANewerTool)
{
    static_cast<void>(open());
    execute(path_, "PRAGMA user_version = 99");
    const auto database = Database::open(path_);
    ASSERT_FALSE(database);
    EXPECT_THAT(database.error().message, HasSubstr(path_.string()));
    EXPECT_THAT(database.error().message, HasSubstr("99"));
    EXPECT_EQ(database.error().reason, util::Reason::index_of_newer_tool);
}

TEST_F(DatabaseTest, ReportsDamageWithThePath)
{
    ASSERT_TRUE(util::make_directories(path_.parent_path()));
    ASSERT_TRUE(util::write_file_atomic(path_, std::string(4096, 'x')));
    const auto database = Database::open(path_);
    ASSERT_FALSE(database);
    EXPECT_THAT(database.error().message, HasSubstr(path_.string()));
    EXPECT_THAT(database.error().message, HasSubstr("damaged"));
    EXPECT_THAT(database.error().hint, HasSubstr("move the file away"));
}

TEST_F(DatabaseTest, ReportsADigestThatIsNone)
{
    ASSERT_TRUE(open().put_action(action("a"), 50));
    execute(path_, "UPDATE actions SET run = 'nonsense'");
    EXPECT_FALSE(open().find_action(digest("a")));
}

TEST_F(DatabaseTest, ServesThreadsAndConnectionsAtOnce)
{
    std::vector<std::thread> threads;
    for (int worker = 0; worker < 4; ++worker)
        threads.emplace_back([this, worker] {
            auto database = Database::open(path_); // four at once make the file, too
            ASSERT_TRUE(database) << util::to_string(database.error());
            for (int i = 0; i < 25; ++i) {
                const auto status = database->put_action(action(fmt::format("{}/{}", worker, i)), 50);
                ASSERT_TRUE(status) << util::to_string(status.error());
            }
        });
    for (auto& thread : threads)
        thread.join();
    auto shared = open();
    EXPECT_EQ(shared.actions_of("munge")->size(), 100U);

    threads.clear();
    for (int worker = 0; worker < 4; ++worker)
        threads.emplace_back([&shared, worker] {
            for (int i = 0; i < 25; ++i)
                EXPECT_TRUE(*shared.find_action(digest(fmt::format("{}/{}", worker, i))));
        });
    for (auto& thread : threads)
        thread.join();
}

} // namespace
} // namespace sf::store
