#include "app/upkeep/budget.hpp"

#include <gtest/gtest.h>

namespace sf::app {
namespace {

using Names = std::vector<std::string>;

class BudgetTest : public ::testing::Test {
protected:
    void add(const std::string& id, std::int64_t used, std::uint64_t bytes, bool needed = false)
    {
        things_.push_back({id, "the thing " + id, bytes, used, needed});
    }
    /// What goes, in this order.
    Names goes(std::uint64_t budget)
    {
        Names gone;
        left_ = *keep_to_budget(things_, budget, [&](const CachedThing& thing) -> util::Result<bool> {
            if (thing.id == stubborn_)
                return false;
            gone.push_back(thing.id);
            return true;
        });
        return gone;
    }

    std::vector<CachedThing> things_;
    std::string stubborn_; ///< turns out to be needed when it is to go
    std::uint64_t left_ = 0;
};

TEST_F(BudgetTest, WhatWasUsedLongestAgoGoesFirst)
{
    add("a", 30, 5);
    add("b", 10, 5);
    add("c", 20, 5);
    EXPECT_EQ(goes(5), (Names{"b", "c"}));
    EXPECT_EQ(left_, 5U);
}

TEST_F(BudgetTest, NoMoreGoesThanMust)
{
    add("a", 1, 5);
    add("b", 2, 5);
    EXPECT_EQ(goes(10), Names{});
    EXPECT_EQ(goes(9), Names{"a"});
    EXPECT_EQ(left_, 5U);
}

TEST_F(BudgetTest, ZeroIsNoBound)
{
    add("a", 1, 1000);
    EXPECT_EQ(goes(0), Names{});
    EXPECT_EQ(left_, 1000U);
}

TEST_F(BudgetTest, WhatIsNeededStaysHoweverLarge)
{
    add("a", 1, 50, true);
    add("b", 2, 5);
    EXPECT_EQ(goes(10), Names{"b"});
    EXPECT_EQ(left_, 50U);
}

TEST_F(BudgetTest, WhatTakesNothingIsNotRemovedForNothing)
{
    add("a", 1, 0);
    add("b", 2, 5);
    EXPECT_EQ(goes(1), Names{"b"});
}

TEST_F(BudgetTest, AnotherGoesForOneThatStaysAfterAll)
{
    add("a", 1, 5);
    add("b", 2, 5);
    stubborn_ = "a";
    EXPECT_EQ(goes(5), Names{"b"});
    EXPECT_EQ(left_, 5U);
}

TEST_F(BudgetTest, AtOneTimeTheChoiceIsTheSameEachTime)
{
    add("b", 1, 5);
    add("a", 1, 5);
    EXPECT_EQ(goes(5), Names{"a"});
}

TEST_F(BudgetTest, ErrorsEndIt)
{
    add("a", 1, 5);
    const auto left = keep_to_budget(things_, 1, [](const CachedThing&) -> util::Result<bool> {
        return util::fail(util::ErrorCode::failure, "broken");
    });
    ASSERT_FALSE(left);
    EXPECT_EQ(left.error().message, "broken");
}

} // namespace
} // namespace sf::app
