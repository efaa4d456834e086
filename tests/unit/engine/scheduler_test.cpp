#include "engine/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using engine::StepState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Steps 0 and 1 stand alone, 2 needs 0, 3 needs 1 and 2.
plan::Plan diamond()
{
    plan::Plan plan{{}, util::sha256(""), "", {}};
    for (const std::vector<std::size_t>& needs : {std::vector<std::size_t>{}, std::vector<std::size_t>{},
                                                  std::vector<std::size_t>{0}, std::vector<std::size_t>{1, 2}})
        plan.steps.push_back({"p", *spec::Version::parse("1"), {}, nullptr, {}, {}, {}, {}, needs, {}, {}, {}});
    return plan;
}

TEST(Scheduler, RemainingPathIsTheLongestChainOfDependents)
{
    EXPECT_THAT(engine::remaining_paths(diamond(), {1, 2, 4, 8}), ElementsAre(13, 10, 12, 8));
}

TEST(Scheduler, LongestRemainingPathFirst)
{
    const auto plan = diamond();
    using enum StepState;
    EXPECT_THAT(engine::ready_steps(plan, {waiting, waiting, waiting, waiting}, {10, 13, 12, 8}), ElementsAre(1, 0));
    EXPECT_THAT(engine::ready_steps(plan, {waiting, waiting, waiting, waiting}, {5, 5, 5, 5}), ElementsAre(0, 1));
    EXPECT_THAT(engine::ready_steps(plan, {done, running, waiting, waiting}, {10, 13, 12, 8}), ElementsAre(2));
    EXPECT_THAT(engine::ready_steps(plan, {done, failed, done, waiting}, {10, 13, 12, 8}), IsEmpty());
}

} // namespace
