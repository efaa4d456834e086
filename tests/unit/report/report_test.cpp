#include "report/json_lines.hpp"
#include "report/terminal.hpp"
#include "support/golden.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <thread>

namespace {

using namespace sf;

/// One of each kind and state that is shown differently.
std::vector<event::Event> all_events()
{
    using Level = event::Message::Level;
    return {
        event::BuildPlanned{"slurm-24.11",
                            "slurm@24.11",
                            "slurm-factory build --locked slurm-24.11.lock",
                            "0.1.0",
                            "bookworm",
                            "abcdef",
                            "gcc 12.2.0",
                            "x86_64",
                            "default",
                            "2.28",
                            "Linux 6.1 x86_64",
                            8,
                            6,
                            1ULL << 34U,
                            {{"munge@0.5.16", {}, true}, {"slurm@24.11.5", {"munge@0.5.16"}, true}}},
        event::StepStarted{"bookworm", "image"},
        event::StepFinished{"bookworm", "image", 61.25, 0, true},
        event::PackageReused{"zlib@1.3.1", "0123456789ab", 10.75, 4096},
        event::PackagePulled{"lua@5.4.7", "/srv/cache", 1ULL << 20U, 0.25, 9.5, 2ULL << 20U},
        event::SourceReady{"munge@0.5.16", "cache", 4096},
        event::StepStarted{"munge@0.5.16", "fetch"},
        event::FetchProgress{"munge@0.5.16", "https://example.org/munge.tar.xz", 100, 1000},
        event::FetchProgress{"munge@0.5.16", "https://example.org/munge.tar.xz", 500, 1000},
        event::FetchProgress{"munge@0.5.16", "https://example.org/munge.tar.xz", 510, 1000},
        event::FetchProgress{"munge@0.5.16", "https://example.org/munge.tar.xz", 1000, 1000},
        event::FetchProgress{"lz4@1.10.0", "apt:lz4=1.10.0", 4096, 0},
        event::StepFinished{"munge@0.5.16", "fetch", 1.5, 0, true},
        event::StepFinished{"lz4@1.10.0", "fetch", 1.5, 0, false},
        event::PackageNeeded{"munge@0.5.16", "munge@0.5.15", {"version", "phase configure"}, 11.5, 19.25},
        event::PackageNeeded{"slurm@24.11.5", "", {}, {}, {}},
        event::StepStarted{"munge@0.5.16", "build"},
        event::Load{"", 6, 2, 1ULL << 30U},
        event::PackagePhases{"munge@0.5.16", {{"configure", 0.25, 2.5}, {"build", 2.75, 7.5}}},
        event::StepStarted{"munge@0.5.16", "capture"},
        event::PackageBuilt{"munge@0.5.16", 12.34, 10.5, 20.25, 3ULL << 20U, 1536, 7, 2},
        event::PackageBuilt{"hwloc@2.9.0", 3.5, 3.25, 4, 0, 512, 0, 0}, // where nobody measures memory
        event::Message{Level::info, "a word"},
        event::Message{Level::warning, "a doubt"},
        event::Message{Level::error, "a fault"},
        event::StepStarted{"slurm-24.11", "bundle"},
        event::HostFinished{"node001", "deployed", true, "", 1ULL << 20U, 2.25},
        event::HostFinished{"node002", "failed", false, "the reason", 0, 1.5},
        event::BuildFinished{"slurm-24.11", 61.5, "", {{"munge@0.5.16", 1536}}, {{"/b/slurm-24.11.tar.gz", 512}}},
    };
}

TEST(Terminal, OneLineForEachThingThatHappened)
{
    char* buffer = nullptr;
    std::size_t size = 0;
    std::FILE* stream = ::open_memstream(&buffer, &size);
    ASSERT_NE(stream, nullptr);
    report::TerminalSink sink(stream, report::Detail::usual);
    for (const auto& event : all_events())
        sink.on_event(event);
    ASSERT_EQ(std::fclose(stream), 0);
    std::string text;
    for (const auto& line : util::split(util::trim({buffer, size}), '\n')) {
        const auto time = line.find("s  ");
        ASSERT_NE(time, std::string::npos) << line;
        EXPECT_EQ(line.substr(0, time).find_first_not_of(" 0123456789."), std::string::npos) << line;
        text += line.substr(time + 3) + "\n";
    }
    std::free(buffer); // NOLINT: open_memstream(3) wants it so
    test::expect_golden(text, "report/terminal.txt");
}

TEST(Terminal, WhatOthersWroteIsNotObeyedAndIsNoLineOfItsOwn)
{
    using Level = event::Message::Level;
    report::LineFormatter formatter(report::Detail::usual);
    const std::string odd = "\033]0;title\a\xC2\x9B"
                            "31m\n    0.0s  openssl: signed";
    const std::string shown = "\\x1b]0;title\\x07\\u009b31m\n          0.0s  openssl: signed\n";
    for (const event::Event& event : std::vector<event::Event>{
             event::Message{Level::warning, odd}, event::HostFinished{"node", "failed", false, odd, 0, 1},
             event::PackagePulled{"a@1", odd, 0, 0, 0}, event::StepStarted{odd, "build"}}) {
        const auto line = formatter.line(event);
        EXPECT_EQ(std::count(line.begin(), line.end(), '\033'), 0) << line;
        EXPECT_NE(line.find("\\x1b]0;title\\x07\\u009b31m\n          0.0s"), std::string::npos) << line;
    }
    EXPECT_NE(formatter.line(event::Message{Level::info, odd}).find(shown), std::string::npos);
}

TEST(Terminal, AStreamThatCannotBeWrittenIsNoReasonToStop)
{
    std::FILE* full = std::fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    report::TerminalSink sink(full, report::Detail::usual);
    EXPECT_NO_THROW(sink.on_event(event::Message{event::Message::Level::info, "nobody reads this"}));
    std::fclose(full);
}

class JsonLines : public ::testing::Test {
protected:
    [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "events.jsonl"; }
    std::vector<std::string> lines() const
    {
        return util::split(util::trim(util::read_file(file()).value_or("")), '\n');
    }
    util::TempDir directory_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-report");
};

TEST_F(JsonLines, EveryEventWithAllItsFields)
{
    {
        const auto sink = report::JsonLinesSink::open(file());
        ASSERT_TRUE(sink);
        for (const auto& event : all_events())
            (*sink)->on_event(event);
    }
    std::string text;
    double last = 0;
    for (const auto& line : lines()) {
        auto json = nlohmann::ordered_json::parse(line);
        EXPECT_GE(json.at("time").get<double>(), last);
        last = json.at("time");
        json.erase("time");
        text += json.dump() + "\n";
    }
    test::expect_golden(text, "report/events.jsonl");
}

TEST_F(JsonLines, BytesThatAreNoUtf8AreReplaced)
{
    const auto sink = report::JsonLinesSink::open(file());
    ASSERT_TRUE(sink);
    (*sink)->on_event(event::Message{event::Message::Level::info, "caf\xe9"});
    EXPECT_EQ(nlohmann::json::parse(lines().at(1)).at("text"), "caf\xef\xbf\xbd");
}

TEST_F(JsonLines, LinesOfSeveralThreadsStayWhole)
{
    constexpr std::size_t threads = 4;
    constexpr std::size_t each = 200;
    const auto sink = report::JsonLinesSink::open(file());
    ASSERT_TRUE(sink);
    report::FanOut both;
    event::NullSink nothing;
    both.add(**sink);
    both.add(nothing);
    std::vector<std::thread> writers;
    for (std::size_t i = 0; i < threads; ++i)
        writers.emplace_back([&both] {
            for (std::size_t n = 0; n < each; ++n)
                both.on_event(event::PackageReused{"zlib", std::string(100, 'x')});
        });
    for (auto& writer : writers)
        writer.join();
    const auto written = lines();
    EXPECT_EQ(written.size(), 1 + threads * each);
    for (const auto& line : written)
        EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST_F(JsonLines, AFileThatCannotBeMadeIsAnError)
{
    EXPECT_FALSE(report::JsonLinesSink::open(directory_.path() / "none" / "events.jsonl"));
}

} // namespace
