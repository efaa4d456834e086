// Descriptors handed in, and one GNU make jobserver over several sandboxes.
#include "fixture.hpp"

#include "util/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

namespace sf::sandbox::test {
namespace {

struct Pipe {
    util::UniqueFd read;
    util::UniqueFd write;
};

Pipe make_pipe()
{
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    return {util::UniqueFd(ends[0]), util::UniqueFd(ends[1])};
}

TEST_P(SandboxTest, DescriptorsBecomeThreeFourAndNoOtherIsOpen)
{
    const auto first = make_pipe();
    const auto second = make_pipe();
    const int leaked = ::open("/dev/null", O_RDONLY); // NOLINT: without O_CLOEXEC on purpose
    auto job = shell("echo a >&3; echo b >&4; for n in 0 1 2 3 4 5 6 7 8 9 20 30 40; do [ -e /proc/$$/fd/$n ] && "
                     "echo $n; done; readlink /proc/self/fd/0; true");
    job.inherited_fds = {first.write.get(), second.write.get()};
    EXPECT_EQ(output_of(job), "0\n1\n2\n3\n4\n/dev/null\n");
    ::close(leaked);
    std::array<char, 4> text{};
    EXPECT_EQ(::read(first.read.get(), text.data(), text.size()), 2);
    EXPECT_EQ(text[0], 'a');
    EXPECT_EQ(::read(second.read.get(), text.data(), text.size()), 2);
    EXPECT_EQ(text[0], 'b');
}

/// The highest number of jobs that ran at one time, from lines "+ time" and "- time" in nanoseconds.
int most_at_once(const std::string& text)
{
    std::vector<std::pair<long long, int>> changes;
    for (const auto& line : util::split(text, '\n'))
        if (line.size() > 2 && (line[0] == '+' || line[0] == '-'))
            changes.emplace_back(std::stoll(line.substr(2)), line[0] == '+' ? 1 : -1);
    std::sort(changes.begin(), changes.end());
    int now = 0;
    int most = 0;
    for (const auto& change : changes)
        most = std::max(most, now += change.second);
    return most;
}

TEST_P(SandboxTest, TwoMakesShareOneJobserver)
{
    const auto pipe = make_pipe();
    constexpr int tokens = 2; // and one that each make has for itself: four jobs in all
    ASSERT_EQ(::write(pipe.write.get(), "++", tokens), tokens);
    const auto source = builder_directory("source");
    std::ofstream(source / "Makefile") << "all: a b c d e f\na b c d e f:\n"
                                          "\t@echo + $$(date +%s%N); sleep 0.2; echo - $$(date +%s%N)\n";
    auto job = shell("make -C /source all");
    job.environment["MAKEFLAGS"] = "-j --jobserver-auth=3,4";
    job.binds = {{source, "/source", false}};
    job.inherited_fds = {pipe.read.get(), pipe.write.get()};
    int other_code = -1;
    std::thread other([this, &job, &other_code] { other_code = run(job).exit_code; });
    EXPECT_EQ(run(job).exit_code, 0);
    other.join();
    EXPECT_EQ(other_code, 0);
    const auto text = log();
    EXPECT_EQ(text.find("warning"), std::string::npos) << text;
    const int most = most_at_once(text);
    EXPECT_LE(most, 4) << text;
    EXPECT_GE(most, 3) << text;
    std::array<char, 8> left{};
    EXPECT_EQ(::read(pipe.read.get(), left.data(), left.size()), tokens) << "every token came back";
}

} // namespace
} // namespace sf::sandbox::test
