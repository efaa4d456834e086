#include "util/process/process_table.hpp"

#include "util/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace sf::util {
namespace {

TEST(ProcessTable, ReadsTimesAndMemory)
{
    const auto process =
        parse_process_stat("42 (a) b (c) S 7 42 42 0 -1 0 1 2 3 4 100 50 20 30 20 0 1 0 12345 1000000 25 "
                           "18446744073709551615 0 0",
                           100, 4096);
    EXPECT_EQ(process.pid, 42);
    EXPECT_EQ(process.name, "a) b (c") << "a name may look like anything";
    EXPECT_EQ(process.parent, 7);
    EXPECT_EQ(process.state, 'S');
    EXPECT_DOUBLE_EQ(process.usage.cpu_seconds, 2.0);
    EXPECT_DOUBLE_EQ(process.started, 123.45);
    EXPECT_EQ(process.usage.memory_bytes, 25U * 4096U);
}

TEST(ProcessTable, OtherTextIsNoProcess)
{
    for (const auto* text : {"", "42", "42 (a", "42 (a)", "42 (a) S 7", ") 42 ("})
        EXPECT_EQ(parse_process_stat(text, 100, 4096).pid, 0) << text;
}

TEST(ProcessTable, KnowsThisProcessAndItsChildren)
{
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const auto child = ::fork();
    if (child == 0) {
        char byte = 0;
        ::close(pipe[1]);
        ::_exit(static_cast<int>(::read(pipe[0], &byte, 1)));
    }
    const auto table = read_process_table();
    ASSERT_TRUE(table.contains(::getpid()));
    ASSERT_TRUE(table.contains(child));
    EXPECT_EQ(table.at(child).parent, ::getpid());
    EXPECT_GT(table.at(::getpid()).usage.memory_bytes, 0U);
    EXPECT_LE(table.at(child).started, uptime_seconds());
    EXPECT_TRUE(with_descendants(table, {::getpid()}).contains(child));
    EXPECT_THAT(with_descendants(table, {child}), ::testing::ElementsAre(child));
    EXPECT_TRUE(with_descendants(table, {-1}).empty());
    EXPECT_THAT(command_line_of(::getpid()), ::testing::HasSubstr("test_util"));
    ::close(pipe[1]);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);
}

TEST(ProcessTable, KnowsWhatIsOpen)
{
    EXPECT_TRUE(open_file_of(::getpid(), 12345).empty());
    EXPECT_TRUE(open_files(-1).empty());
    const auto null = ::dup(STDIN_FILENO);
    EXPECT_EQ(open_file_of(::getpid(), null), open_file_of(::getpid(), STDIN_FILENO));
    ::close(null);
}

} // namespace
} // namespace sf::util
