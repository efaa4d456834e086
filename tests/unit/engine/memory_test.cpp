#include "engine/package/memory.hpp"

#include <gtest/gtest.h>

namespace sf::engine {
namespace {

TEST(Memory, AvailableIsReadFromTheKernelsText)
{
    EXPECT_EQ(parse_available_memory("MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable:    1024 kB\nBuffers: 5 kB\n"),
              1U << 20U);
    EXPECT_EQ(parse_available_memory("MemTotal:  2048 kB\n"), std::nullopt);
    EXPECT_EQ(parse_available_memory("MemAvailable: much\n"), std::nullopt);
    EXPECT_GT(available_memory().value_or(1), 0U);
}

TEST(Memory, JobsFitAsWholes)
{
    EXPECT_EQ(jobs_that_fit(7, 2), 3U);
    EXPECT_EQ(jobs_that_fit(1, 2), 0U);
    EXPECT_GT(jobs_that_fit(1, 0), 1'000'000U) << "nothing is reckoned with";
}

TEST(Memory, StageIsInMemoryOnlyWhilePlentyIsAvailable)
{
    constexpr std::uint64_t plenty = 6ULL << 30U;
    EXPECT_TRUE(stage_fits_in_memory(plenty));
    EXPECT_FALSE(stage_fits_in_memory(plenty - 1));
    EXPECT_FALSE(stage_fits_in_memory(0));
    EXPECT_FALSE(stage_fits_in_memory(std::nullopt)) << "where the kernel does not say, disk is safe";
}

} // namespace
} // namespace sf::engine
