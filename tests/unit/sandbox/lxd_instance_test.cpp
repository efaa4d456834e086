#include "sandbox/lxd/lxd_instance.hpp"

#include "sandbox/lxd/lxd_project.hpp"
#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sf::sandbox {
namespace {

TEST(LxdInstance, LimitsAreTheJobs)
{
    Job job;
    job.memory_bytes = 1000;
    job.cpus = 3;
    job.pids = 50;
    const auto json = lxd_instance(job, "run-1-2", "base-a/ready", lxd::Json::object());
    EXPECT_EQ(json["name"], "run-1-2");
    EXPECT_EQ(json["ephemeral"], true);
    EXPECT_EQ(json["source"], (lxd::Json{{"type", "copy"}, {"source", "base-a/ready"}}));
    const lxd::Json limits = {
        {"limits.memory", "1000"}, {"limits.cpu.allowance", "300ms/100ms"}, {"limits.processes", "51"}};
    EXPECT_EQ(json["config"], limits);
    EXPECT_TRUE(lxd_instance(Job(), "n", "b", {})["config"].empty());
}

TEST(LxdInstance, CommonParent)
{
    EXPECT_EQ(common_parent({"/a/b/c", "/a/b/d/e"}), "/a/b");
    EXPECT_EQ(common_parent({"/a/b/c"}), "/a/b");
    EXPECT_EQ(common_parent({"/a/b", "/a/b/c"}), "/a") << "a path is not its own parent";
    EXPECT_EQ(common_parent({"/a/bc/d", "/a/b/d"}), "/a");
    EXPECT_EQ(common_parent({"/a", "/b"}), "/");
}

TEST(LxdInstance, DisksAreSharedWhereTheyAreTheSame)
{
    LxdDisks disks;
    const auto first = disks.add("/cache", true);
    EXPECT_EQ(disks.add("/cache", true), first);
    EXPECT_NE(disks.add("/cache", false), first);
    const auto two = disks.add_together({"/s/x/1", "/s/y"});
    EXPECT_EQ(disks.devices().size(), 3U);
    EXPECT_TRUE(two[0].ends_with("/x/1")) << two[0];
    EXPECT_FALSE(disks.devices()[first.substr(first.rfind('/') + 1)].contains("readonly"));
}

TEST(LxdInstance, PlanBindsFromDisksAndNamesWhatIsMissing)
{
    const auto files = util::TempDir::make(std::filesystem::temp_directory_path(), "lxd-plan");
    ASSERT_TRUE(files);
    for (const auto* name : {"bind", "upper", "work", "layer"})
        ASSERT_TRUE(util::make_directories(files->path() / name));
    Job job;
    job.name = "j";
    job.argv = {"/bin/sh", "-c", ""};
    job.environment = {{"A", "x y"}};
    job.binds = {{files->path() / "bind", "/in", false}};
    job.overlays = {{"/opt", {files->path() / "layer"}, files->path() / "upper", files->path() / "work"}};
    LxdDisks disks;
    const auto plan = lxd_plan(job, disks);
    ASSERT_TRUE(plan) << util::to_string(plan.error());
    EXPECT_EQ(plan->command.environment, std::vector<std::string>{"A=x y"});
    const auto shown = std::find_if(plan->mounts.begin(), plan->mounts.end(),
                                    [](const MountStep& step) { return step.target == "/in"; });
    ASSERT_NE(shown, plan->mounts.end());
    EXPECT_EQ(to_bytes(*plan).find((files->path() / "bind").string()), std::string::npos)
        << "the container does not have the host's paths";
    EXPECT_EQ(disks.devices().size(), 2U) << disks.devices().dump();

    job.overlays[0].lower = {files->path() / "no-layer"};
    const auto missing = lxd_plan(job, disks);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("no-layer"), std::string::npos);
}

TEST(LxdProject, APoolThatCopiesWithoutCopyingIsChosen)
{
    auto chosen = [](const char* text) { return choose_pool(lxd::Json::parse(text)); };
    EXPECT_EQ(chosen(R"([{"name":"d","driver":"dir"},{"name":"b","driver":"btrfs"}])")->name, "b");
    EXPECT_EQ(chosen(R"([{"name":"d","driver":"dir"},{"name":"l","driver":"lvm"}])")->name, "d");
    EXPECT_FALSE(chosen("[]"));
    EXPECT_FALSE(chosen("null"));
}

TEST(LxdProject, ProfileIsPrivilegedAndHasNoNetwork)
{
    const auto profile = lxd_profile({"p", "dir"}, false);
    EXPECT_EQ(profile["config"]["security.privileged"], "true");
    EXPECT_EQ(profile["devices"].size(), 1U);
    EXPECT_EQ(profile["devices"]["root"]["pool"], "p");
    EXPECT_EQ(profile["config"]["raw.lxc"].get<std::string>().find("apparmor"), std::string::npos);
    EXPECT_NE(lxd_profile({"p", "dir"}, true)["config"]["raw.lxc"].get<std::string>().find("apparmor"),
              std::string::npos);
}

TEST(LxdProject, BasesAreNamedByDigestWhereThereIsOne)
{
    const auto files = util::TempDir::make(std::filesystem::temp_directory_path(), "lxd-base");
    ASSERT_TRUE(files);
    const std::string digest(64, 'a');
    ASSERT_TRUE(util::make_directories(files->path() / digest / "rootfs"));
    ASSERT_TRUE(util::make_directories(files->path() / "rootfs"));
    EXPECT_EQ(lxd_base_name(files->path() / digest / "rootfs").value_or(""), "base-aaaaaaaaaaaa");
    const auto other = lxd_base_name(files->path() / "rootfs");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->size(), std::string("base-").size() + 12);
    EXPECT_FALSE(lxd_base_name(files->path() / "nothing"));
}

} // namespace
} // namespace sf::sandbox
