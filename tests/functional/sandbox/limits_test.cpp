// Limits, accounting, and that nothing outlives a job.
#include "fixture.hpp"

#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

namespace sf::sandbox::test {
namespace {

bool limited(const Backend& backend)
{
    return backend.name().find("no memory limits") == std::string::npos;
}

TEST_P(SandboxTest, PidsLimitStopsAForkBomb)
{
    if (!limited(backend()))
        GTEST_SKIP() << "no control groups here";
    constexpr unsigned most = 32;
    auto job = shell("i=0; while [ $i -lt 100 ]; do sleep 30 & i=$((i+1)); done; echo all");
    job.pids = most;
    const auto outcome = run(job);
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_NE(log().find("fork"), std::string::npos) << log();
    EXPECT_EQ(log().find("all\n"), std::string::npos);
}

TEST_P(SandboxTest, MemoryLimitKillsAndIsReported)
{
    if (!limited(backend()))
        GTEST_SKIP() << "no control groups here";
    constexpr std::uint64_t limit = 64ULL << 20U;
    auto job = shell("dd if=/dev/zero of=/dev/null bs=300M count=1");
    job.memory_bytes = limit;
    const auto outcome = run(job);
    EXPECT_TRUE(outcome.out_of_memory);
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_LE(outcome.peak_memory_bytes, limit);

    job.argv.back() = "dd if=/dev/zero of=/dev/null bs=30M count=1";
    const auto modest = run(job);
    EXPECT_FALSE(modest.out_of_memory);
    EXPECT_EQ(modest.exit_code, 0);
    EXPECT_GE(modest.peak_memory_bytes, 30ULL << 20U);
}

TEST_P(SandboxTest, TheCommandIsNotExemptFromTheMemoryKiller)
{
    // Where this process may not exempt the init, nothing is to be seen of it.
    EXPECT_EQ(output_of(shell("cat /proc/self/oom_score_adj")), "0\n") << log();
}

TEST_P(SandboxTest, CpuTimeIsCountedAndLimited)
{
    auto job = shell("i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done & "
                     "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; wait");
    job.cpus = 1;
    const auto outcome = run(job);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_GT(outcome.cpu_seconds, 0.05);
    EXPECT_GT(outcome.wall_seconds, 0.05);
    if (limited(backend())) {
        EXPECT_LT(outcome.cpu_seconds, outcome.wall_seconds + 0.25) << "two loops in one processor's time";
    }
}

TEST_P(SandboxTest, GivesWayAsAsked)
{
    auto job = shell("ps -o ni= -p $$; ionice -p $$");
    EXPECT_NE(output_of(job).find("0\n"), std::string::npos) << log();
    EXPECT_EQ(log().find("idle"), std::string::npos) << log();
    constexpr int nice = 7;
    job.nice = nice;
    job.idle_io = true;
    EXPECT_NE(output_of(job).find("7\n"), std::string::npos) << log();
    EXPECT_NE(log().find("idle\n"), std::string::npos) << log();
}

TEST_P(SandboxTest, ProcessesLeftBehindDie)
{
    const std::string mark = "7654" + std::to_string(::getpid());
    const auto start = std::chrono::steady_clock::now();
    const auto outcome = run(shell("setsid sh -c 'setsid sleep " + mark + " & sleep " + mark + "' & sleep 0.1"));
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(outcome.left_processes);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    EXPECT_TRUE(processes_with(mark).empty());
    EXPECT_FALSE(run(shell("sh -c true & sh -c true & wait")).left_processes) << "those that have ended are not left";
}

TEST_P(SandboxTest, ManyThreadsRunAtOnce)
{
    constexpr int threads = 6;
    constexpr int runs = 4;
    std::atomic<int> good = 0;
    std::vector<std::thread> crowd;
    crowd.reserve(threads);
    for (int i = 0; i < threads; ++i)
        crowd.emplace_back([this, &good, i] {
            const auto job = shell("sleep 0.0" + std::to_string(i) + "; exit " + std::to_string(i));
            for (int n = 0; n < runs; ++n) {
                const auto outcome = backend().run(job, util::StopToken());
                good += outcome && outcome->exit_code == i ? 1 : 0;
            }
        });
    for (auto& thread : crowd)
        thread.join();
    EXPECT_EQ(good, threads * runs) << log();
}

TEST_P(SandboxTest, StopEndsAtOnce)
{
    auto source = util::StopSource::make();
    ASSERT_TRUE(source);
    const std::string mark = "8765" + std::to_string(::getpid());
    std::thread stopper([&source, &mark] {
        eventually(5000, [&mark] { return !processes_with(mark).empty(); });
        source->request_stop();
    });
    const auto outcome = backend().run(shell("trap '' TERM INT; sleep " + mark), source->token());
    const auto returned = std::chrono::steady_clock::now();
    stopper.join();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, util::ErrorCode::interrupted);
    EXPECT_TRUE(processes_with(mark).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - returned, std::chrono::seconds(10));
    EXPECT_TRUE(std::filesystem::is_empty(scratch()));

    const auto late = backend().run(shell("true"), source->token());
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, util::ErrorCode::interrupted);
}

/// Control groups of jobs of this test.
std::vector<std::string> control_groups()
{
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& hierarchy : std::filesystem::directory_iterator("/sys/fs/cgroup"))
        for (const auto& group : std::filesystem::directory_iterator(hierarchy.path() / "slurm-factory", ignored))
            if (group.path().filename().string().starts_with("test."))
                found.push_back(group.path().string());
    return found;
}

TEST_P(SandboxTest, DeathOfTheToolEndsEverything)
{
    const std::string mark = "9876" + std::to_string(::getpid());
    const auto job = shell("setsid sleep " + mark + " & sleep " + mark);
    const auto& make = kind().make;
    const pid_t tool = ::fork();
    ASSERT_GE(tool, 0);
    if (tool == 0) {
        auto own = make(scratch());
        static_cast<void>(!own || !(*own)->run(job, util::StopToken()));
        ::_exit(1);
    }
    EXPECT_TRUE(eventually(5000, [&mark] { return processes_with(mark).size() >= 2; }));
    ::kill(tool, SIGKILL);
    ASSERT_EQ(::waitpid(tool, nullptr, 0), tool);
    EXPECT_TRUE(eventually(2000, [&mark] { return processes_with(mark).empty(); }));
    EXPECT_TRUE(eventually(2000, [this] { return processes_with(scratch().string()).empty(); }));
    const auto mounts = util::read_file("/proc/self/mountinfo");
    ASSERT_TRUE(mounts);
    EXPECT_EQ(mounts->find(scratch().string()), std::string::npos);

    // The next tool clears away the directories of the dead one.
    EXPECT_TRUE(eventually(2000, [this] {
        const auto next = kind().make(scratch());
        return next && std::filesystem::is_empty(scratch()) && control_groups().empty();
    }));
}

} // namespace
} // namespace sf::sandbox::test
