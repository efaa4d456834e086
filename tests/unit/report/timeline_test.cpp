#include "report/timeline.hpp"

#include "report/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

namespace {

using namespace sf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = report::PackageResult::Kind;

/// a and b need nothing, c needs both; a and b are built side by side, d comes from a cache and e from the store.
report::Recording recording()
{
    event::BuildPlanned planned{"slurm-1.0",
                                "slurm@1.0",
                                "slurm-factory build",
                                "0.1.0",
                                "tiny",
                                "ab",
                                "gcc 12.2.0",
                                "x86_64",
                                "default",
                                "2.28",
                                "Linux",
                                2,
                                2,
                                1024,
                                {}};
    planned.packages = {{"e@1", {}, true},
                        {"d@1", {}, true},
                        {"a@1", {}, true},
                        {"b@1", {}, false},
                        {"c@1", {"a@1", "b@1", "d@1"}, true}};
    return {
        {},
        {
            {0.0, planned},
            {0.1, event::PackageReused{"e@1", "0123", 5}},
            {0.5, event::PackagePulled{"d@1", "/srv/cache", 100, 0.25, 9}},
            {1.0, event::StepStarted{"a@1", "build"}},
            {1.0, event::StepStarted{"b@1", "build"}},
            {1.5, event::Load{"", 2, 0, 4096}},
            {2.0, event::StepFinished{"c@1", "fetch", 1.5, 0, true}},
            {2.0, event::SourceReady{"c@1", "https://example.org/c.tar.gz", 2048}},
            {3.0, event::PackagePhases{"b@1", {{"unpack", 0, 0.5}, {"build", 0.5, 1.5}}}},
            {3.0, event::StepFinished{"b@1", "build", 2, 3, true}},
            {3.0, event::StepStarted{"b@1", "capture"}},
            {3.5, event::StepFinished{"b@1", "capture", 0.5, 0, true}},
            {3.5, event::PackageBuilt{"b@1", 2.5, 2, 3, 1 << 20, 0, 0, 0}},
            {5.0, event::PackagePhases{"a@1", {{"unpack", 0, 1}, {"build", 1, 3}}}},
            {5.0, event::StepFinished{"a@1", "build", 4, 5, true}},
            {5.0, event::PackageBuilt{"a@1", 4, 4, 5, 1 << 20, 300, 1, 2}},
            {5.0, event::StepStarted{"c@1", "build"}},
            {6.0, event::StepFinished{"c@1", "build", 1, 1, true}},
            {6.0, event::PackageBuilt{"c@1", 1, 1, 1, 1 << 20, 700, 0, 0}},
            {6.0, event::StepStarted{"slurm-1.0", "bundle"}},
            {6.5, event::StepFinished{"slurm-1.0", "bundle", 0.5, 0, true}},
            {6.5,
             event::BuildFinished{"slurm-1.0", 6.5, "", {{"e@1", 50}, {"d@1", 60}, {"a@1", 300}, {"c@1", 700}}, {}}},
        }};
}

const report::PackageResult& find(const report::Timeline& timeline, const std::string& name)
{
    for (const auto& package : timeline.packages)
        if (package.name == name)
            return package;
    throw std::out_of_range(name);
}

TEST(CriticalPath, IsTheLongestChain)
{
    // 0 -> 1 -> 3 takes 6, 0 -> 2 -> 3 takes 8
    EXPECT_THAT(report::critical_path({1, 2, 4, 3}, {{}, {0}, {0}, {1, 2}}), ElementsAre(0, 2, 3));
    // a long one by itself
    EXPECT_THAT(report::critical_path({1, 2, 40, 3}, {{}, {0}, {}, {1}}), ElementsAre(2));
}

TEST(CriticalPath, LeavesOutWhatTakesNoTime)
{
    EXPECT_THAT(report::critical_path({5, 0, 1}, {{}, {0}, {1}}), ElementsAre(0, 2));
    EXPECT_THAT(report::critical_path({0, 0}, {{}, {0}}), IsEmpty());
    EXPECT_THAT(report::critical_path({}, {}), IsEmpty());
}

TEST(Lanes, AreAsManyAsRunAtOneTime)
{
    const auto bar = [](double start, double end) {
        report::Bar one;
        one.start = start;
        one.end = end;
        return one;
    };
    std::vector<report::Bar> bars = {bar(0, 4), bar(1, 2), bar(2, 3), bar(2.5, 5), bar(4, 6)};
    EXPECT_EQ(report::assign_lanes(bars), 3U);
    EXPECT_EQ(bars[1].lane, 1U);
    EXPECT_EQ(bars[2].lane, 1U) << "one that begins when another ends may follow it";
    EXPECT_EQ(bars[3].lane, 2U);
    EXPECT_EQ(bars[4].lane, 0U);
}

TEST(Timeline, SaysWhatBecameOfEachPackage)
{
    const auto timeline = report::make_timeline(recording());
    EXPECT_EQ(find(timeline, "a@1").kind, Kind::built);
    EXPECT_EQ(find(timeline, "d@1").kind, Kind::pulled);
    EXPECT_EQ(find(timeline, "d@1").origin, "/srv/cache");
    EXPECT_EQ(find(timeline, "e@1").kind, Kind::reused);
    EXPECT_EQ(find(timeline, "e@1").bytes, 50U);
    EXPECT_EQ(find(timeline, "c@1").source, "https://example.org/c.tar.gz");
    EXPECT_DOUBLE_EQ(find(timeline, "b@1").wall_seconds, 2.5);
    EXPECT_DOUBLE_EQ(timeline.seconds, 6.5);
    EXPECT_THAT(timeline.critical_path, ElementsAre("a@1", "c@1"));
    EXPECT_DOUBLE_EQ(timeline.critical_seconds, 5);
}

TEST(Timeline, PhasesLieWithinTheirBar)
{
    const auto timeline = report::make_timeline(recording());
    ASSERT_EQ(timeline.work.size(), 4U); // a, b, c and the bundle
    const auto& b = timeline.work[1];
    EXPECT_EQ(b.name, "b@1");
    ASSERT_EQ(b.slices.size(), 3U);
    EXPECT_EQ(b.slices[1].name, "build");
    EXPECT_DOUBLE_EQ(b.slices[1].start, 1.5);
    EXPECT_DOUBLE_EQ(b.slices[1].end, 3);
    EXPECT_EQ(b.slices[2].name, "capture");
    EXPECT_DOUBLE_EQ(b.end, 3.5);
    ASSERT_EQ(timeline.transfers.size(), 2U);
    EXPECT_DOUBLE_EQ(timeline.transfers[0].start, 0.25);
    EXPECT_EQ(timeline.transfers[1].bytes, 2048U);
}

TEST(Timeline, WhatHasNotEndedFailed)
{
    auto cut = recording();
    cut.events.resize(17); // c is being built
    const auto timeline = report::make_timeline(cut);
    EXPECT_EQ(find(timeline, "c@1").kind, Kind::failed);
    EXPECT_FALSE(timeline.work.back().ok);
    EXPECT_EQ(report::make_timeline({}).packages.size(), 0U);
}

TEST(Timeline, APackageThatIsTriedAgainHasTwoBars)
{
    report::Recording again{{},
                            {{1, event::StepStarted{"a@1", "build"}},
                             {2, event::StepFinished{"a@1", "build", 1, 0, false}},
                             {2, event::StepStarted{"a@1", "build"}},
                             {4, event::StepFinished{"a@1", "build", 2, 0, true}},
                             {4, event::PackageBuilt{"a@1", 2, 2, 2, 0, 0, 0, 0}}}};
    const auto timeline = report::make_timeline(again);
    ASSERT_EQ(timeline.work.size(), 2U);
    EXPECT_FALSE(timeline.work[0].ok);
    EXPECT_TRUE(timeline.work[1].ok);
    EXPECT_DOUBLE_EQ(find(timeline, "a@1").wall_seconds, 3);
    EXPECT_EQ(find(timeline, "a@1").kind, Kind::built);
}

/// Slices of one thread nest or are apart, as the format wants it.
void expect_nested(const std::vector<nlohmann::json>& slices)
{
    std::vector<long> ends; // of those that are open
    for (const auto& slice : slices) {
        const long start = slice["ts"];
        const long end = start + slice["dur"].get<long>();
        while (!ends.empty() && ends.back() <= start)
            ends.pop_back();
        EXPECT_TRUE(ends.empty() || end <= ends.back()) << slice;
        ends.push_back(end);
    }
}

TEST(Trace, HasEverythingInTheFormatsTerms)
{
    const auto trace = nlohmann::json::parse(report::trace_json(report::make_timeline(recording())));
    std::map<std::string, int> kinds;
    std::map<std::pair<int, int>, std::vector<nlohmann::json>> threads;
    std::map<std::string, nlohmann::json> slices;
    for (const auto& event : trace.at("traceEvents")) {
        ++kinds[event.at("ph")];
        if (event["ph"] != "X")
            continue;
        threads[{event.at("pid"), event.at("tid")}].push_back(event);
        if (event["cat"] != "phase" && event["cat"] != "fetch")
            slices[event.at("name")] = event;
        EXPECT_GT(event.at("dur"), 0) << event;
    }
    for (const auto& [thread, all] : threads)
        expect_nested(all);
    EXPECT_EQ(kinds["C"], 4) << "jobs and memory, once more at the end of the last package";
    EXPECT_EQ(kinds["s"], 1);
    EXPECT_EQ(kinds["f"], 1);
    EXPECT_EQ(slices.at("a@1")["ts"], 1000000);
    EXPECT_EQ(slices.at("a@1")["dur"], 4000000);
    EXPECT_NE(slices.at("a@1")["tid"], slices.at("b@1")["tid"]) << "they are built at one time";
    EXPECT_EQ(slices.at("d@1")["cat"], "pull");
    EXPECT_EQ(slices.at("c@1")["args"]["critical"], true);
    EXPECT_EQ(trace["otherData"]["build"], "slurm-1.0");
}

} // namespace
