// Opens an index of each released format. formats/N.sql has the tables as that release made them, and the same rows as
// the others, as far as the format has them.
#include "store/database.hpp"
#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

namespace sf::store {
namespace {

using Externals = std::map<std::string, std::string>;

constexpr int newest_format = 5;

util::Digest digits(char digit)
{
    return *util::Digest::parse(std::string(2 * util::Digest::size, digit));
}

struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
using Handle = std::unique_ptr<sqlite3, Closer>;

Handle open_file(const std::filesystem::path& path)
{
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
    return Handle(handle);
}

/// The first columns of the answer, a line each.
std::string ask(const std::filesystem::path& path, const char* sql)
{
    const auto handle = open_file(path);
    std::string answer;
    const auto take = [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) += (values[0] == nullptr ? std::string("NULL") : values[0]) + std::string("\n");
        return 0;
    };
    EXPECT_EQ(sqlite3_exec(handle.get(), sql, take, &answer, nullptr), SQLITE_OK) << sqlite3_errmsg(handle.get());
    return answer;
}

class FormatsTest : public ::testing::TestWithParam<int> {
protected:
    void SetUp() override
    {
        const auto fixture = fmt::format("{}/tests/unit/store/formats/{}.sql", SF_SOURCE_DIR, GetParam());
        const auto sql = util::read_file(fixture);
        ASSERT_TRUE(sql) << util::to_string(sql.error());
        ask(path_, sql->c_str());
        ASSERT_EQ(ask(path_, "PRAGMA user_version"), fmt::format("{}\n", GetParam()));
        auto opened = Database::open(path_);
        ASSERT_TRUE(opened) << util::to_string(opened.error());
        database_.emplace(std::move(*opened));
    }

    util::TempDir directory_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-formats");
    std::filesystem::path path_ = directory_.path() / "state.db";
    std::optional<Database> database_;
};

TEST_P(FormatsTest, KeepsAllActions)
{
    const auto found = database_->find_action(digits('a'));
    ASSERT_TRUE(found && *found);
    const auto& action = **found;
    EXPECT_EQ(action.package, "munge");
    EXPECT_EQ(action.version, "0.5.16");
    EXPECT_EQ(action.layers, (LayerSet{digits('b'), digits('d'), digits('e')}));
    EXPECT_EQ(action.wall_seconds, 12.5);
    EXPECT_EQ(action.cpu_seconds, 24.25);
    EXPECT_EQ(action.peak_memory_bytes, 5'000'000'000U);
    EXPECT_TRUE(action.inputs.starts_with("build-system: 1\npackage: munge\n"));
    EXPECT_EQ(action.origin, "apt");
    const auto zlib = database_->actions_of("zlib");
    ASSERT_TRUE(zlib);
    ASSERT_EQ(zlib->size(), 2U);
    EXPECT_EQ((*zlib)[0].key, digits('c')) << "the newest first";
    EXPECT_EQ((*zlib)[1].key, digits('b'));
    EXPECT_EQ(ask(path_, "SELECT sequence FROM actions ORDER BY 1"), "3\n4\n7\n");
}

TEST_P(FormatsTest, KnowsTheImagesOfActions)
{
    const auto built = database_->built_in(digits('1'));
    ASSERT_TRUE(built) << util::to_string(built.error());
    ASSERT_EQ(built->size(), 1U);
    EXPECT_EQ((*built)[0].key, digits('a'));
    EXPECT_EQ((*built)[0].package, "munge");
    const auto other = database_->built_in(digits('2'));
    ASSERT_TRUE(other);
    ASSERT_EQ(other->size(), 1U) << "a line of a script is no input";
    EXPECT_EQ((*other)[0].key, digits('b'));
    const auto foreign = database_->find_action(digits('c'));
    ASSERT_TRUE(foreign && *foreign);
    EXPECT_FALSE((*foreign)->image);
}

TEST_P(FormatsTest, KeepsImagesAndBundles)
{
    const auto images = database_->images();
    ASSERT_TRUE(images) << util::to_string(images.error());
    ASSERT_EQ(images->size(), 2U);
    EXPECT_EQ((*images)[0].name, "bookworm");
    EXPECT_EQ((*images)[0].digest, digits('1'));
    EXPECT_EQ((*images)[0].recipe_key, digits('f'));
    EXPECT_EQ((*images)[0].bytes, 123U);
    EXPECT_EQ((*images)[0].created, "2025-01-02T03:04:05Z");
    EXPECT_EQ((*images)[0].externals, (Externals{{"gcc", GetParam() < 2 ? "" : "12.2.0"}, {"make", ""}}));
    EXPECT_TRUE((*images)[1].externals.empty());
    const auto bundle = database_->find_bundle("/builds/a.tar.gz");
    ASSERT_TRUE(bundle && *bundle);
    EXPECT_EQ((*bundle)->key, digits('9'));
    EXPECT_EQ((*bundle)->sha256, digits('8'));
    EXPECT_EQ((*bundle)->bytes, 42U);
    EXPECT_EQ((*bundle)->mtime_ns, 1'700'000'000'123'456'789);
}

TEST_P(FormatsTest, KeepsWhatIsInUseAndTheFigures)
{
    const auto stored = database_->stored_actions();
    ASSERT_TRUE(stored) << util::to_string(stored.error());
    ASSERT_EQ(stored->size(), 3U);
    const auto kept = database_->kept();
    ASSERT_TRUE(kept);
    const auto runs = database_->runs(5);
    ASSERT_TRUE(runs);
    if (GetParam() < 3) {
        EXPECT_EQ(stored->back().used, 0);
        EXPECT_TRUE(kept->empty());
        EXPECT_TRUE(runs->empty());
        return;
    }
    EXPECT_EQ(stored->back().key, digits('a'));
    EXPECT_EQ(stored->back().used, 1'700'000'000);
    EXPECT_EQ(*kept, (std::map<std::string, std::vector<util::Digest>>{{"/builds/a.tar.gz", {digits('a')}},
                                                                       {"pin:p", {digits('b')}}}));
    ASSERT_EQ(runs->size(), 1U);
    EXPECT_EQ(runs->front().request, "slurm@24.11");
    EXPECT_EQ(runs->front().saved_seconds, 99.5);
    EXPECT_EQ(runs->front().saved_layer_bytes, GetParam() < 4 ? 0U : 800U);
    EXPECT_EQ(runs->front().saved_source_bytes, GetParam() < 4 ? 0U : 600U);
}

TEST_P(FormatsTest, HasTheTablesOfANewIndex)
{
    const auto other = directory_.path() / "new.db";
    ASSERT_TRUE(Database::open(other));
    // The text of CREATE differs after ALTER TABLE; the columns do not.
    const auto* columns =
        "SELECT m.name || ' ' || c.cid || ' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' "
        "|| c.pk FROM sqlite_master AS m, pragma_table_info(m.name) AS c ORDER BY 1";
    const auto* indexes = "SELECT m.name || ' ' || i.seqno || ' ' || ifnull(i.name, '') FROM sqlite_master AS m, "
                          "pragma_index_info(m.name) AS i WHERE m.type = 'index' ORDER BY 1";
    EXPECT_EQ(ask(path_, columns), ask(other, columns));
    EXPECT_EQ(ask(path_, indexes), ask(other, indexes));
    EXPECT_EQ(ask(path_, "PRAGMA user_version"), fmt::format("{}\n", newest_format));
    EXPECT_EQ(ask(path_, "PRAGMA integrity_check"), "ok\n");
}

INSTANTIATE_TEST_SUITE_P(All, FormatsTest, ::testing::Range(1, newest_format + 1));

TEST(NewestFormat, HasAnIndexInFormats)
{
    const util::TempDir directory = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-formats");
    ASSERT_TRUE(Database::open(directory.path() / "state.db"));
    EXPECT_EQ(ask(directory.path() / "state.db", "PRAGMA user_version"), fmt::format("{}\n", newest_format))
        << "add tests/unit/store/formats/N.sql, and raise newest_format";
}

TEST(ImagesOfActions, AreFoundByAnIndex)
{
    const util::TempDir directory = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-formats");
    const auto path = directory.path() / "state.db";
    ASSERT_TRUE(Database::open(path));
    const auto handle = open_file(path);
    std::string plan;
    const auto take = [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) += values[3];
        return 0;
    };
    ASSERT_EQ(sqlite3_exec(handle.get(),
                           "EXPLAIN QUERY PLAN SELECT key, package, version, run FROM actions WHERE image = 'x' "
                           "ORDER BY sequence DESC",
                           take, &plan, nullptr),
              SQLITE_OK);
    EXPECT_THAT(plan, ::testing::HasSubstr("USING INDEX actions_by_image"));
    EXPECT_THAT(plan, ::testing::Not(::testing::HasSubstr("TEMP B-TREE")));
}

} // namespace
} // namespace sf::store
