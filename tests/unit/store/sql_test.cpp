#include "store/sql.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::store {
namespace {

class SqlTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto opened = Connection::open(directory_.path() / "x.db");
        ASSERT_TRUE(opened) << util::to_string(opened.error());
        connection_ = std::move(*opened);
        ASSERT_TRUE(connection_->execute("CREATE TABLE t(a, b)"));
    }
    [[nodiscard]] std::vector<std::string> first_column()
    {
        return connection_->query("SELECT a FROM t ORDER BY a")
            .all([](Row& row) { return row.get<std::string>(0); })
            .value_or(std::vector<std::string>{"an error"});
    }

    util::TempDir directory_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-sql");
    std::unique_ptr<Connection> connection_;
};

TEST_F(SqlTest, WhatIsBoundComesBackAsItWas)
{
    const auto digest = util::sha256("x");
    const std::string text("a\0b", 3);
    ASSERT_TRUE(connection_->execute("CREATE TABLE all_kinds(a, b, c, d, e, f, g, h)"));
    ASSERT_TRUE(connection_
                    ->query("INSERT INTO all_kinds VALUES(?,?,?,?,?,?,?,?)", text, std::string_view(), 5'000'000'000U,
                            -7, 0.1, digest, std::optional<util::Digest>(), std::optional<util::Digest>(digest))
                    .run());
    const auto checked = connection_->query("SELECT * FROM all_kinds").first([&](Row& row) {
        EXPECT_EQ(row.get<std::string>(0), text);
        EXPECT_EQ(row.get<std::optional<std::string>>(1), "") << "the empty text is not NULL";
        EXPECT_EQ(row.get<std::uint64_t>(2), 5'000'000'000U);
        EXPECT_EQ(row.get<int>(3), -7);
        EXPECT_EQ(row.get<double>(4), 0.1);
        EXPECT_EQ(row.get<util::Digest>(5), digest);
        EXPECT_EQ(row.get<std::optional<util::Digest>>(6), std::nullopt);
        EXPECT_EQ(row.get<std::optional<util::Digest>>(7), digest);
        return true;
    });
    ASSERT_TRUE(checked);
    EXPECT_EQ(*checked, true);
}

TEST_F(SqlTest, AStatementForgetsItsParameters)
{
    const auto insert = [this](std::optional<int> value) {
        return connection_->query("INSERT INTO t VALUES('x', ?)", value).run();
    };
    ASSERT_TRUE(insert(5));
    ASSERT_TRUE(insert(std::nullopt));
    const auto second = connection_->query("SELECT b FROM t WHERE rowid = 2").first([](Row& row) {
        return row.get<std::optional<int>>(0);
    });
    ASSERT_TRUE(second && *second);
    EXPECT_FALSE(**second);
}

TEST_F(SqlTest, AFaultOfARowIsTheQuerys)
{
    ASSERT_TRUE(connection_->execute("INSERT INTO t VALUES('nonsense', 1), ('more', 2)"));
    const auto get = [](Row& row) { return row.get<util::Digest>(0); };
    const auto all = connection_->query("SELECT a FROM t ORDER BY b").all(get);
    ASSERT_FALSE(all);
    EXPECT_THAT(all.error().message, ::testing::HasSubstr("nonsense")) << "the first fault";
    EXPECT_FALSE(connection_->query("SELECT a FROM t").first(get));
    const auto unknown = connection_->query("SELECT no_such_column FROM t").all(get);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, ::testing::HasSubstr("no_such_column"));
    EXPECT_EQ(first_column().size(), 2U) << "the statement was given back";
}

TEST_F(SqlTest, ATransactionIsRolledBackUnlessCommitted)
{
    const auto work = [this](bool fails) -> util::Status {
        SF_TRY(auto transaction, Transaction::begin(*connection_));
        SF_CHECK(connection_->query("INSERT INTO t(a) VALUES(?)", fails ? "lost" : "kept").run());
        if (fails)
            return util::fail(util::ErrorCode::failure, "on the way");
        return transaction.commit();
    };
    EXPECT_FALSE(work(true));
    EXPECT_THAT(first_column(), ::testing::IsEmpty());
    ASSERT_TRUE(work(false));
    EXPECT_THAT(first_column(), ::testing::ElementsAre("kept"));
}

TEST_F(SqlTest, ATransactionThatCannotBeCommittedIsRolledBack)
{
    ASSERT_TRUE(
        connection_->execute("PRAGMA foreign_keys = ON;"
                             "CREATE TABLE parents(id INTEGER PRIMARY KEY);"
                             "CREATE TABLE children(parent REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)"));
    const auto orphan = [this]() -> util::Status {
        SF_TRY(auto transaction, Transaction::begin(*connection_));
        SF_CHECK(connection_->execute("INSERT INTO children VALUES(1)"));
        return transaction.commit();
    };
    const auto status = orphan();
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message, ::testing::HasSubstr("FOREIGN KEY"));
    EXPECT_TRUE(Transaction::begin(*connection_)) << "the next one can begin";
}

} // namespace
} // namespace sf::store
