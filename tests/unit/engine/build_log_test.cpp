#include "engine/package/build_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::HasSubstr;

plan::Step step()
{
    return {"munge", *spec::Version::parse("0.5.16"), {}, nullptr, {}, {}, {}, {}, {}, {}, {}, {}};
}

util::Error failure(sandbox::Outcome outcome, const std::string& log)
{
    return engine::describe_failure(step(), outcome, "install", {log, 0}, "/logs/x.log", 1ULL << 30U);
}

sandbox::Outcome exited(int code)
{
    sandbox::Outcome outcome;
    outcome.exit_code = code;
    return outcome;
}

TEST(BuildLog, MarksGiveTheLastPhaseAndTheTime)
{
    const auto marks = engine::parse_marks("unpack 10.50\nconfigure 11.00\nbuild 20.25\n");
    EXPECT_EQ(marks.last, "build");
    EXPECT_DOUBLE_EQ(marks.commands_seconds, 9.75);
    EXPECT_EQ(engine::parse_marks("").last, "");
}

TEST(BuildLog, MarksThatMakeNoSenseAreIgnored)
{
    // Commands can write to the same file.
    const auto marks = engine::parse_marks("unpack 10.00\nbuild nan\nbuild inf\nbuild -1\n\x1b[31mevil 11.00\n"
                                           "<script> 12.00\nbuild\nbuild 12.50\nunpack 3.00\nend 1e999\n");
    ASSERT_EQ(marks.marks.size(), 2U);
    EXPECT_EQ(marks.last, "build");
    EXPECT_DOUBLE_EQ(marks.commands_seconds, 2.5);
    EXPECT_TRUE(engine::parse_marks("build nan\n").marks.empty());
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "build 1.00\n";
    EXPECT_LT(engine::parse_marks(many).marks.size(), 10U);
}

TEST(BuildLog, LinesOfTheWholeLogAreCounted)
{
    const auto error = engine::describe_failure(step(), exited(2), "build",
                                                {"a\nx.c:1:10: fatal error: x.h: No such file or directory\n", 1000},
                                                "/logs/x.log", 0);
    EXPECT_THAT(error.message, HasSubstr("(line 1002 of the log)"));
}

TEST(BuildLog, AMessageIsShortThoughALineIsLong)
{
    const auto error = failure(exited(2), std::string(3'000'000, 'x') + ": error: " + std::string(1'000'000, 'y'));
    EXPECT_LT(error.message.size(), 50'000U);
}

TEST(BuildLog, PhasesArePutWhereTheyWere)
{
    const auto marks = engine::parse_marks("unpack 100.50\nbuild 101.00\ninstall 104.00\nend 104.25\n");
    const auto phases = engine::place_phases(marks, 100, 5);
    ASSERT_EQ(phases.size(), 3U);
    EXPECT_EQ(phases[1].phase, "build");
    EXPECT_DOUBLE_EQ(phases[0].start_seconds, 0.5);
    EXPECT_DOUBLE_EQ(phases[1].start_seconds, 1);
    EXPECT_DOUBLE_EQ(phases[1].wall_seconds, 3);
    EXPECT_DOUBLE_EQ(phases[2].wall_seconds, 0.25);
    EXPECT_TRUE(engine::place_phases(engine::parse_marks(""), 100, 5).empty());
}

TEST(BuildLog, APhaseThatFailsLastsToTheEnd)
{
    const auto phases = engine::place_phases(engine::parse_marks("unpack 100.00\nbuild 101.00\n"), 100, 5);
    ASSERT_EQ(phases.size(), 2U);
    EXPECT_DOUBLE_EQ(phases[1].wall_seconds, 4);
}

TEST(BuildLog, AContainerMayHaveAnUptimeOfItsOwn)
{
    const auto phases = engine::place_phases(engine::parse_marks("unpack 2.00\nbuild 3.00\nend 5.00\n"), 100, 5);
    ASSERT_EQ(phases.size(), 2U);
    EXPECT_DOUBLE_EQ(phases[0].start_seconds, 0);
    EXPECT_DOUBLE_EQ(phases[1].wall_seconds, 2);
}

TEST(BuildLog, FindsThePathThatWasRefused)
{
    EXPECT_EQ(engine::refused_path("cp: cannot create regular file '/usr/local/bin/x': Read-only file system\n"),
              "/usr/local/bin/x");
    EXPECT_EQ(engine::refused_path("mkdir: cannot create directory '/etc/munge': Permission denied\n"), "/etc/munge");
    EXPECT_EQ(engine::refused_path("sh: 1: cannot create /opt/other/file: Permission denied\n"), "/opt/other/file");
    EXPECT_EQ(engine::refused_path("cat: /build/munge/x: Permission denied\n"), std::nullopt);
    EXPECT_EQ(engine::refused_path("all went well\n"), std::nullopt);
}

TEST(BuildLog, FindsWhatCouldNotBeChangedBelowThePrefix)
{
    EXPECT_THAT(engine::refused_below_prefix("make: entering\n"
                                             "sh: 3: cannot create /opt/slurm/software/lib/a.so: Permission denied\n"
                                             "chmod: changing permissions of '/opt/slurm/software/b': Operation not "
                                             "permitted\n"
                                             "cp: cannot create regular file '/etc/x': Permission denied\n"),
                ::testing::ElementsAre("lib/a.so", "b"));
    EXPECT_TRUE(engine::refused_below_prefix("/opt/slurm/software/lib/a.so: No such file or directory\n").empty());
}

TEST(BuildLog, FailureNamesPhaseLogAndLastLines)
{
    const auto error = failure(exited(2), "line one\nthe reason\n");
    EXPECT_EQ(error.code, util::ErrorCode::build);
    EXPECT_THAT(error.message, HasSubstr("munge@0.5.16: phase 'install' failed with exit code 2"));
    EXPECT_THAT(error.message, HasSubstr("    the reason\n"));
    EXPECT_THAT(error.message, HasSubstr("/logs/x.log"));
}

TEST(BuildLog, CausesThatAreKnownAreSaid)
{
    EXPECT_THAT(failure(exited(1), "cp: cannot create '/usr/x': Read-only file system").hint,
                HasSubstr("outside its prefix, to /usr/x"));
    EXPECT_EQ(failure(exited(1), "cc1: No space left on device").code, util::ErrorCode::no_space);
    EXPECT_THAT(failure(exited(2), "a\nx.c:1:10: fatal error: x.h: No such file or directory\n").message,
                HasSubstr("failed with exit code 2: the header x.h is missing (line 2 of the log)\n    a\n"));
    auto killed = exited(137);
    killed.out_of_memory = true;
    killed.peak_memory_bytes = 1ULL << 30U;
    EXPECT_THAT(failure(killed, "").message, HasSubstr("out of memory in phase 'install': its peak was 1.0 GiB"));
}

} // namespace
