#include "engine/scheduler.hpp"
#include "unit/engine/diamond.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using engine::StepState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Scheduler, RemainingPathIsTheLongestChainOfDependents)
{
    EXPECT_THAT(engine::remaining_paths(test::diamond(), {1, 2, 4, 8}), ElementsAre(13, 10, 12, 8));
}

TEST(Scheduler, LongestRemainingPathFirst)
{
    const auto plan = test::diamond();
    using enum StepState;
    EXPECT_THAT(engine::ready_steps(plan, {waiting, waiting, waiting, waiting}, {10, 13, 12, 8}), ElementsAre(1, 0));
    EXPECT_THAT(engine::ready_steps(plan, {waiting, waiting, waiting, waiting}, {5, 5, 5, 5}), ElementsAre(0, 1));
    EXPECT_THAT(engine::ready_steps(plan, {done, running, waiting, waiting}, {10, 13, 12, 8}), ElementsAre(2));
    EXPECT_THAT(engine::ready_steps(plan, {done, failed, done, waiting}, {10, 13, 12, 8}), IsEmpty());
}

} // namespace
