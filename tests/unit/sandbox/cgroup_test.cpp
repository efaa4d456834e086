#include "sandbox/cgroup.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

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

TEST(CgroupNames, TellTheirOwner)
{
    EXPECT_EQ(owner_of("123-zlib-1"), 123);
    EXPECT_FALSE(owner_of("123"));
    EXPECT_FALSE(owner_of("-1-zlib"));
    EXPECT_FALSE(owner_of("zlib-1"));
    EXPECT_FALSE(owner_of("99999999999999-x"));
    EXPECT_FALSE(is_stale(std::to_string(::getpid()) + "-zlib-1"));
    EXPECT_FALSE(is_stale("zlib"));
    EXPECT_TRUE(is_stale("4194305-zlib-1")) << "no Linux has process ids so high";
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
