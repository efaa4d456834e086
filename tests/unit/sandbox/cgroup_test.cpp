#include "sandbox/cgroup.hpp"

#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sf::sandbox {
namespace {

TEST(CgroupMounts, HybridHost)
{
    const auto found = parse_cgroup_mounts(
        "24 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        "30 29 0:26 / /sys/fs/cgroup rw - tmpfs cgroup rw,mode=755\n"
        "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
        "32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
        "34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    const std::vector<Hierarchy> expected = {{"/sys/fs/cgroup/cpu,cpuacct", false, {"cpu", "cpuacct"}},
                                             {"/sys/fs/cgroup/memory", false, {"memory"}},
                                             {"/sys/fs/cgroup/systemd", false, {}},
                                             {"/sys/fs/cgroup/unified", true, {}}};
    EXPECT_EQ(found, expected);
    EXPECT_TRUE(has_controller(found, "memory"));
    EXPECT_FALSE(has_controller(found, "pids"));
}

TEST(CgroupMounts, SecondVersionAndOddLines)
{
    const auto found = parse_cgroup_mounts("broken\n1 2 - cgroup\n\n"
                                           "9 8 0:30 / /cg\\040here rw - cgroup2 cgroup2 rw,nsdelegate\n"
                                           "9 8 0:30 / /cg\\040here rw - cgroup2 cgroup2 rw,nsdelegate\n");
    const std::vector<Hierarchy> expected = {{"/cg here", true, {}}};
    EXPECT_EQ(found, expected);
    EXPECT_TRUE(parse_cgroup_mounts("").empty());
}

TEST(CgroupMounts, WhatTheyCanLimit)
{
    const auto hybrid =
        summarize({{"/cpu", false, {"cpu", "cpuacct"}}, {"/systemd", false, {}}, {"/unified", true, {}}});
    EXPECT_EQ(hybrid.versions, (std::set<int>{1, 2}));
    EXPECT_EQ(hybrid.limiting, std::set<std::string>{"cpu"});
    const auto none = summarize({});
    EXPECT_TRUE(none.versions.empty());
    EXPECT_TRUE(none.limiting.empty());
}

/// Directories stand in for control groups here: the kernel locks both alike.
TEST(StaleCgroups, AreThoseThatNobodyHasLocked)
{
    const auto directory = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-cgroups");
    ASSERT_TRUE(directory);
    const auto first = directory->path() / "memory";
    const auto second = directory->path() / "devices";
    const std::vector<Hierarchy> hierarchies = {{first, false, {}}, {second, false, {}}};
    const auto group = [](const std::filesystem::path& mount, const char* name) {
        return mount / "slurm-factory" / name;
    };
    for (const auto* name : {"zlib.alive", "4194305-zlib-1", "zlib.dead"})
        for (const auto& mount : {first, second})
            ASSERT_TRUE(util::make_directories(group(mount, name) / "container"));
    std::vector<util::UniqueFd> locks;
    for (const auto* name : {"zlib.alive", "4194305-zlib-1"}) { // no process here has an id so high
        auto fd = util::open_file(group(first, name), O_RDONLY | O_DIRECTORY);
        ASSERT_TRUE(fd);
        ASSERT_EQ(::flock(fd->get(), LOCK_EX), 0);
        locks.push_back(std::move(*fd));
    }
    remove_stale_cgroups(hierarchies);
    for (const auto& mount : {first, second}) {
        EXPECT_TRUE(util::path_exists(group(mount, "zlib.alive") / "container")) << mount;
        EXPECT_TRUE(util::path_exists(group(mount, "4194305-zlib-1") / "container")) << mount;
        EXPECT_FALSE(util::path_exists(group(mount, "zlib.dead"))) << mount;
    }
    locks.clear();
    remove_stale_cgroups(hierarchies);
    EXPECT_FALSE(util::path_exists(group(second, "zlib.alive")));
}

TEST(StaleCgroups, AreNotThoseThatAnOlderVersionUses)
{
    const auto directory = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-cgroups");
    ASSERT_TRUE(directory);
    const auto group = [&](const std::string& name) { return directory->path() / "slurm-factory" / name; };
    const auto alive = std::to_string(::getpid());
    const std::vector<std::string> kept = {alive + "-zlib-1", alive + "-zlib-ng-12"};
    const std::vector<std::string> removed = {"4194305-zlib-1", alive + "-zip.a1B2c3", alive + "-zip", "0-zlib-1"};
    for (const auto& names : {kept, removed})
        for (const auto& name : names)
            ASSERT_TRUE(util::make_directories(group(name) / "container"));
    remove_stale_cgroups({{directory->path(), false, {}}});
    for (const auto& name : kept)
        EXPECT_TRUE(util::path_exists(group(name) / "container")) << name;
    for (const auto& name : removed)
        EXPECT_FALSE(util::path_exists(group(name))) << name;
}

TEST(JobCgroup, WithoutHierarchiesThereIsNoLimitAndNoError)
{
    Job job;
    job.memory_bytes = 1;
    const auto cgroup = JobCgroup::make({}, "1-x-1", job);
    ASSERT_TRUE(cgroup);
    EXPECT_TRUE(cgroup->join_fds().empty());
    Outcome outcome;
    outcome.cpu_seconds = 3;
    cgroup->account(outcome);
    EXPECT_EQ(outcome.cpu_seconds, 3);
    EXPECT_FALSE(outcome.out_of_memory);
}

/// A directory that looks like a mounted hierarchy with the group of the job "1-x-1".
class JobCgroupFiles : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto directory = util::TempDir::make(std::filesystem::temp_directory_path(), "cgroup-test");
        ASSERT_TRUE(directory) << util::to_string(directory.error());
        directory_ = std::make_unique<util::TempDir>(std::move(*directory));
        ASSERT_TRUE(util::make_directories(group()));
    }
    [[nodiscard]] const std::filesystem::path& mount() const { return directory_->path(); }
    [[nodiscard]] std::filesystem::path group() const { return mount() / "slurm-factory" / "1-x-1"; }
    static void put(const std::filesystem::path& directory, std::initializer_list<const char*> names)
    {
        for (const auto* name : names)
            ASSERT_TRUE(util::write_file_atomic(directory / name, ""));
    }
    [[nodiscard]] std::string value(const char* name) const
    {
        return util::read_file(group() / name).value_or("no such file");
    }
    [[nodiscard]] util::Result<JobCgroup> make(bool unified, std::set<std::string> controllers) const
    {
        Job job;
        job.name = "x";
        job.memory_bytes = 1U << 30U;
        job.cpus = 3;
        job.pids = 77;
        return JobCgroup::make({{mount(), unified, std::move(controllers)}}, "1-x-1", job);
    }

private:
    std::unique_ptr<util::TempDir> directory_;
};

TEST_F(JobCgroupFiles, SecondVersionLimitsMemoryAndLeavesNoSwap)
{
    put(mount(), {"cgroup.subtree_control"});
    put(group().parent_path(), {"cgroup.subtree_control"});
    put(group(), {"memory.max", "memory.swap.max", "cpu.max", "pids.max", "cgroup.procs"});
    const auto cgroup = make(true, {"memory", "cpu", "cpuacct", "pids"});
    ASSERT_TRUE(cgroup) << util::to_string(cgroup.error());
    EXPECT_EQ(value("memory.max"), "1073741824");
    EXPECT_EQ(value("memory.swap.max"), "0");
    EXPECT_EQ(value("cpu.max"), "300000 100000");
    EXPECT_EQ(value("pids.max"), "77");
    EXPECT_EQ(value("cgroup.procs"), "");
    ASSERT_EQ(cgroup->join_fds().size(), 1U);
    ASSERT_EQ(::write(cgroup->join_fds().front(), "0", 1), 1);
    EXPECT_EQ(value("cgroup.procs"), "0") << "what joins is written there";

    ASSERT_TRUE(util::write_file_atomic(group() / "memory.peak", "4096\n"));
    ASSERT_TRUE(util::write_file_atomic(group() / "memory.events", "max 9\noom 1\noom_kill 2\n"));
    ASSERT_TRUE(util::write_file_atomic(group() / "cpu.stat", "usage_usec 2500000\nuser_usec 1\n"));
    Outcome outcome;
    cgroup->account(outcome);
    EXPECT_EQ(outcome.peak_memory_bytes, 4096U);
    EXPECT_TRUE(outcome.out_of_memory);
    EXPECT_DOUBLE_EQ(outcome.cpu_seconds, 2.5);
}

TEST_F(JobCgroupFiles, SecondVersionPassesControllersOn)
{
    put(mount(), {"cgroup.subtree_control"});
    put(group().parent_path(), {"cgroup.subtree_control"});
    put(group(), {"memory.max", "cgroup.procs"}); // a kernel that counts no swap
    const auto cgroup = make(true, {"memory"});
    ASSERT_TRUE(cgroup) << util::to_string(cgroup.error());
    EXPECT_EQ(util::read_file(mount() / "cgroup.subtree_control").value_or(""), "+memory");
    EXPECT_EQ(util::read_file(mount() / "slurm-factory" / "cgroup.subtree_control").value_or(""), "+memory");
    EXPECT_EQ(value("memory.max"), "1073741824");
    EXPECT_EQ(value("memory.swap.max"), "no such file");
    EXPECT_EQ(value("cpu.max"), "no such file") << "only what the hierarchy can limit is limited";
}

TEST_F(JobCgroupFiles, FirstVersionLimitsMemoryWithSwap)
{
    put(group(), {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control", "cgroup.event_control",
                  "cpu.cfs_quota_us", "pids.max", "cgroup.procs"});
    const auto cgroup = make(false, {"memory", "cpu", "pids"});
    ASSERT_TRUE(cgroup) << util::to_string(cgroup.error());
    EXPECT_EQ(value("memory.limit_in_bytes"), "1073741824");
    EXPECT_EQ(value("memory.memsw.limit_in_bytes"), "1073741824") << "memory and swap together";
    EXPECT_EQ(value("cpu.cfs_quota_us"), "300000");
    EXPECT_EQ(value("pids.max"), "77");
    EXPECT_NE(value("cgroup.event_control"), "") << "lack of memory is watched";
}

TEST_F(JobCgroupFiles, ALimitThatCannotBeSetIsAnError)
{
    put(group(), {"cgroup.procs"});
    const auto cgroup = make(false, {"pids"});
    ASSERT_FALSE(cgroup);
    EXPECT_EQ(cgroup.error().code, util::ErrorCode::sandbox);
    EXPECT_NE(util::to_string(cgroup.error()).find("limiting job 'x'"), std::string::npos);
}

TEST(UsageGroups, FirstVersionGoesBeforeSecond)
{
    const std::vector<Hierarchy> hybrid = {
        {"/cg/cpu,cpuacct", false, {"cpu", "cpuacct"}}, {"/cg/memory", false, {"memory"}}, {"/cg/unified", true, {}}};
    const auto groups = usage_groups(hybrid, "4:memory:/lxc/a\n2:cpu,cpuacct:/lxc/b\n0::/lxc/c\n");
    EXPECT_EQ(groups.memory, "/cg/memory/lxc/a");
    EXPECT_EQ(groups.cpu_time, "/cg/cpu,cpuacct/lxc/b");
    const auto second = usage_groups({{"/cg", true, {}}}, "0::/lxc/c\n");
    EXPECT_EQ(second.memory, "/cg/lxc/c");
    EXPECT_EQ(second.cpu_time, "/cg/lxc/c");
    EXPECT_FALSE(usage_groups(hybrid, "broken\n").memory);
}

} // namespace
} // namespace sf::sandbox
