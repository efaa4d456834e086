#include "identity/identity.hpp"
#include "sandbox/config.hpp"

#include "support/golden.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sf::sandbox {
namespace {

Job small_job()
{
    Job job;
    job.name = "zlib";
    job.rootfs = "/images/x/rootfs";
    job.argv = {"/bin/sh", "-c", "make -j"};
    job.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/build"}};
    job.directory = "/build";
    return job;
}

nlohmann::json parsed(const util::Result<std::string>& config)
{
    EXPECT_TRUE(config);
    return nlohmann::json::parse(config.value_or("{}"));
}

TEST(OciConfig, IsWhatTheGoldenFileSays)
{
    auto job = small_job();
    job.tmpfs = {"/build"};
    job.overlays = {{"/opt/slurm/software", {"/layers/a"}, "/scratch/upper", "/scratch/work"}};
    const auto mounts = plan_mounts(job, {"/scratch/overlay-0"});
    ASSERT_TRUE(mounts);
    const auto config = oci_config(job, {"/scratch/root", *mounts, true, ""});
    ASSERT_TRUE(config);
    test::expect_golden(*config, "sandbox/config.json");
}

TEST(OciConfig, GivesNoPrivilegeAndNoNetwork)
{
    const auto config = parsed(oci_config(small_job(), {"/r", {}, true, ""}));
    EXPECT_EQ(config["process"]["user"]["uid"], identity::builder());
    EXPECT_EQ(config["process"]["noNewPrivileges"], true);
    for (const auto& set : config["process"]["capabilities"])
        EXPECT_TRUE(set.empty());
    EXPECT_EQ(config["root"]["readonly"], true);
    EXPECT_FALSE(config["process"].contains("rlimits"));
    const auto namespaces = config["linux"]["namespaces"].dump();
    for (const auto* type : {"mount", "ipc", "uts", "network"})
        EXPECT_NE(namespaces.find(type), std::string::npos);
}

TEST(OciConfig, SeccompAndControlGroupAreOptional)
{
    const auto bare = parsed(oci_config(small_job(), {"/r", {}, false, ""}));
    EXPECT_FALSE(bare["linux"].contains("seccomp"));
    EXPECT_FALSE(bare["linux"].contains("cgroupsPath"));
    const auto full = parsed(oci_config(small_job(), {"/r", {}, true, "/slurm-factory/1-zlib-1/container"}));
    EXPECT_EQ(full["linux"]["cgroupsPath"], "/slurm-factory/1-zlib-1/container");
    EXPECT_EQ(full["linux"]["resources"]["devices"][0]["allow"], false);
    EXPECT_EQ(full["linux"]["seccomp"]["defaultAction"], "SCMP_ACT_ALLOW");
}

TEST(OciConfig, BytesThatAreNoTextAreRefused)
{
    auto job = small_job();
    job.argv.emplace_back("\xff\xfe");
    const auto config = oci_config(job, {"/r", {}, true, ""});
    ASSERT_FALSE(config);
    EXPECT_NE(config.error().message.find("'zlib'"), std::string::npos);
}

} // namespace
} // namespace sf::sandbox
