#include "report/live_model.hpp"
#include "util/terminal_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr unsigned wide = 200;

event::PlannedPackage package(const std::string& name, std::vector<std::string> needs, std::optional<double> wall,
                              std::optional<double> cpu)
{
    return {name, std::move(needs), true, wall, cpu};
}

event::BuildPlanned planned(unsigned jobs, std::vector<event::PlannedPackage> packages)
{
    event::BuildPlanned event;
    event.name = "slurm-24.11";
    event.jobs = jobs;
    event.packages = std::move(packages);
    return event;
}

/// zlib and munge need nothing, slurm needs both.
event::BuildPlanned three(unsigned jobs)
{
    return planned(jobs, {package("zlib@1", {}, 10, 10), package("munge@0.5", {}, 20, 30),
                          package("slurm@24", {"zlib@1", "munge@0.5"}, 100, 150)});
}

TEST(LiveModel, ShowsNothingWhenNothingIsDone)
{
    LiveModel model;
    EXPECT_THAT(model.lines(0, wide, true), IsEmpty());
    model.take(three(2), 0);
    EXPECT_EQ(model.lines(0, wide, true).size(), 1U);
    model.take(event::StepStarted{"zlib@1", "build"}, 0);
    model.take(event::BuildFinished{}, 5);
    EXPECT_THAT(model.lines(5, wide, true), IsEmpty()) << "at the end";
}

TEST(LiveModel, EachRunningPackageHasALineAndAllHaveOne)
{
    LiveModel model;
    model.take(three(2), 0);
    model.take(event::PackageReused{"zlib@1", "0123", 10}, 1);
    model.take(event::StepStarted{"munge@0.5", "build"}, 1);
    model.take(event::StepStarted{"slurm@24", "fetch"}, 2);
    model.take(event::FetchProgress{"slurm@24", "https://example.org", 512, 1024}, 3);
    model.take(event::Load{"", 2, 1, 0}, 3);
    model.set_usage({{"munge-0.5", {1.5, 3U << 20U, "  CC munge.o"}}});
    const auto lines = model.lines(6, wide, true);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_THAT(lines[0], AllOf(HasSubstr("munge@0.5"), HasSubstr("build"), HasSubstr("0:05 of ~0:20"),
                                HasSubstr("1.5 cores"), HasSubstr("3.0 MiB")));
    EXPECT_THAT(lines[1], HasSubstr("CC munge.o"));
    EXPECT_THAT(lines[2], AllOf(HasSubstr("slurm@24"), HasSubstr("fetch"), HasSubstr("512 B of 1.0 KiB")));
    EXPECT_THAT(lines[3], AllOf(HasSubstr("1 of 3 packages, 1 from caches"), HasSubstr("2 of 2 jobs, 1 held back"),
                                HasSubstr("about 1:55 to go")));
    EXPECT_EQ(model.lines(6, wide, false).size(), 3U) << "last lines only when asked for";
}

TEST(LiveModel, NoLineIsWiderThanTheTerminal)
{
    LiveModel model;
    model.take(three(2), 0);
    model.take(event::StepStarted{"munge@0.5", "build"}, 0);
    model.set_usage({{"munge-0.5", {1, 1, "äöü\twith\033[31mcolour and more than fits into it"}}});
    for (const unsigned width : {1U, 9U, 20U, 79U})
        for (const auto& line : model.lines(1, width, true)) {
            EXPECT_LE(util::columns_of(line), width);
            EXPECT_THAT(line, Not(HasSubstr("\033"))) << "nothing moves the cursor";
        }
    EXPECT_EQ(model.lines(1, 6, true)[1], "    äö") << "no character is cut in two";
}

TEST(LiveModel, WhatIsLeftIsTheLongestChainOrAllWork)
{
    LiveModel chain;
    chain.take(three(64), 0);
    EXPECT_DOUBLE_EQ(chain.remaining(0)->seconds, 120) << "munge, then slurm";
    LiveModel work;
    work.take(three(1), 0);
    EXPECT_DOUBLE_EQ(work.remaining(0)->seconds, 190) << "all CPU time on one job";
    chain.take(event::PackageReused{"zlib@1", "0123", 10}, 0);
    chain.take(event::StepStarted{"munge@0.5", "build"}, 0);
    EXPECT_DOUBLE_EQ(chain.remaining(15)->seconds, 105);
    EXPECT_DOUBLE_EQ(chain.remaining(50)->seconds, 100) << "one that takes longer than it did is about to end";
    chain.take(event::PackageBuilt{"munge@0.5"}, 50);
    chain.take(event::PackageBuilt{"slurm@24"}, 150);
    EXPECT_FALSE(chain.remaining(150));
}

TEST(LiveModel, SaysWhenNotEverythingIsKnown)
{
    LiveModel model;
    model.take(planned(2, {package("zlib@1", {}, 10, 10), package("new@1", {}, std::nullopt, std::nullopt)}), 0);
    EXPECT_FALSE(model.remaining(0)->complete);
    EXPECT_THAT(model.lines(0, wide, false).back(), HasSubstr("at least 0:10 to go"));
    LiveModel nothing;
    nothing.take(planned(2, {package("new@1", {}, std::nullopt, std::nullopt)}), 0);
    EXPECT_FALSE(nothing.remaining(0));
    EXPECT_THAT(nothing.lines(0, wide, false).back(), Not(HasSubstr("to go")));
}

TEST(LiveModel, CellsOfAMatrixShareTheirLine)
{
    LiveModel model;
    for (const std::string label : {"v2: ", "v3: "})
        model.take(
            planned(2, {package(label + "zlib@1", {}, 10, 10), package(label + "slurm@24", {label + "zlib@1"}, 9, 9)}),
            0);
    model.take(event::PackageReused{"v3: zlib@1", "0123", 10}, 1);
    model.take(event::StepStarted{"v3: slurm@24", "build"}, 1);
    model.set_usage({{"slurm-24", {1.5, 1, ""}}});
    const auto lines = model.lines(2, wide, false);
    EXPECT_THAT(lines.front(), AllOf(HasSubstr("v3: slurm@24"), HasSubstr("1.5 cores")));
    EXPECT_THAT(lines.back(), HasSubstr("1 of 4 packages"));
    model.take(event::BuildFinished{}, 5);
    EXPECT_THAT(model.lines(5, wide, false), Not(IsEmpty())) << "the other goes on";
}

} // namespace
} // namespace sf::report
