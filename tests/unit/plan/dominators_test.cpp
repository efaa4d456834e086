#include "plan/dominators.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Dominators, AChainIsAllBecauseOfItsHead)
{
    // 2 -> 1 -> 0
    const auto result = plan::dominated({{}, {0}, {1}}, 2);
    EXPECT_THAT(result, ElementsAre(ElementsAre(0), ElementsAre(0, 1), ElementsAre(0, 1, 2)));
}

TEST(Dominators, WhatTwoNeedIsBecauseOfNeither)
{
    // root 3 -> 1, 2; both -> 0
    const auto result = plan::dominated({{}, {0}, {0}, {1, 2}}, 3);
    EXPECT_THAT(result, ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2), ElementsAre(0, 1, 2, 3)));
}

TEST(Dominators, WhatTwoNeedIsBecauseOfTheOneAboveBoth)
{
    // root 4 -> 3 -> 1, 2 -> 0
    const auto result = plan::dominated({{}, {0}, {0}, {1, 2}, {3}}, 4);
    EXPECT_THAT(result[3], ElementsAre(0, 1, 2, 3));
}

TEST(Dominators, AShortcutFromTheRootCounts)
{
    // root 2 -> 1 -> 0 and root -> 0
    const auto result = plan::dominated({{}, {0}, {0, 1}}, 2);
    EXPECT_THAT(result[1], ElementsAre(1));
}

TEST(Dominators, WhatIsNotReachedHasNothing)
{
    // 1 needs 0 but nobody needs 1
    const auto result = plan::dominated({{}, {0}, {0}}, 2);
    EXPECT_THAT(result, ElementsAre(ElementsAre(0), IsEmpty(), ElementsAre(0, 2)));
}

TEST(Dominators, RingsEnd)
{
    // root 2 -> 0 <-> 1
    const auto result = plan::dominated({{1}, {0}, {0}}, 2);
    EXPECT_THAT(result, ElementsAre(ElementsAre(0, 1), ElementsAre(1), ElementsAre(0, 1, 2)));
}

TEST(Dominators, TheRootMayStandAlone)
{
    EXPECT_THAT(plan::dominated({{}}, 0), ElementsAre(ElementsAre(0)));
}

} // namespace
