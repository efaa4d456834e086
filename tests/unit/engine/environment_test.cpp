#include "engine/package/environment.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::engine {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

class Environments : public ::testing::Test {
protected:
    [[nodiscard]] std::map<std::string, std::string> make(bool ccache, unsigned jobs = 4) const
    {
        return environment_of(site_, image_, step_, jobs, ccache);
    }

    site::Site site_;
    image::Image image_{"tiny", util::sha256(""), {}, 0, {}, {}, true};
    plan::Step step_{"x", *spec::Version::parse("1"), {}, nullptr, {}, {}, {}, {}, {}, {}, {}, {}};
};

TEST_F(Environments, HaveTheStepsVariablesAndItsJobs)
{
    step_.environment = {{"CFLAGS", "-O2"}};
    step_.levers = {{"CONFIG_SITE", "/site"}};
    const auto many = make(false);
    EXPECT_THAT(many, Contains(Pair("CFLAGS", "-O2")));
    EXPECT_THAT(many, Contains(Pair("CONFIG_SITE", "/site")));
    EXPECT_THAT(many, Contains(Pair("JOBS", "4")));
    EXPECT_THAT(many, Contains(Pair("MAKEFLAGS", "-j --jobserver-auth=3,4")));
    EXPECT_THAT(make(false, 1), Contains(Pair("MAKEFLAGS", ""))) << "one job needs no jobserver";
}

TEST_F(Environments, NameAShellOnlyWhereTheImageHasIt)
{
    const auto directory = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-image");
    image_.rootfs = directory.path();
    step_.levers = {{"CONFIG_SHELL", "/bin/dash"}};
    EXPECT_THAT(make(false), Not(Contains(Key("CONFIG_SHELL"))));
    ASSERT_TRUE(util::make_directories(image_.rootfs / "bin"));
    ASSERT_TRUE(util::write_file_atomic(image_.rootfs / "bin/dash", ""));
    EXPECT_THAT(make(false), Contains(Pair("CONFIG_SHELL", "/bin/dash")));
}

TEST_F(Environments, KnowTheCompilerCacheOnlyWhereItIsUsed)
{
    site_.compiler.prefix = "icecc";
    site_.compiler.variables = {{"ICECC_REMOTE_CPP", "0"}};
    for (const auto& [name, value] : make(false)) {
        EXPECT_THAT(name, Not(StartsWith("CCACHE")));
        EXPECT_THAT(name, Not(StartsWith("ICECC")));
        EXPECT_THAT(name, Not(StartsWith("CMAKE")));
    }
    const auto with = make(true);
    EXPECT_THAT(with, Contains(Pair("CCACHE_DIR", ccache_directory)));
    EXPECT_THAT(with, Contains(Pair("CCACHE_CONFIGPATH", "/dev/null"))) << "builds write to CCACHE_DIR";
    EXPECT_THAT(with, Contains(Pair("CCACHE_COMPILERCHECK", "content"))) << "times of an image mean nothing";
    EXPECT_THAT(with, Contains(Pair("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")));
}

TEST_F(Environments, BoundTheCompilerCacheByTheSitesBudget)
{
    EXPECT_THAT(make(true), Contains(Pair("CCACHE_MAXSIZE", std::to_string(5ULL << 30U)))) << "the default";
    site_.cache.compiler_bytes = 123'456'789'000;
    EXPECT_THAT(make(true), Contains(Pair("CCACHE_MAXSIZE", "123456789000")));
    site_.cache.compiler_bytes = 0;
    EXPECT_THAT(make(true), Contains(Pair("CCACHE_MAXSIZE", "0"))) << "which is no bound for ccache";
}

TEST_F(Environments, PutADistributingCompilerBehindTheCache)
{
    EXPECT_THAT(make(true), Not(Contains(Key("CCACHE_PREFIX"))));
    site_.compiler.prefix = "icecc";
    site_.compiler.variables = {{"ICECC_SCHEDULER", "10.0.0.1"}, {"ICECC_VERSION", "/opt/icecc.tar.gz"}};
    const auto environment = make(true);
    EXPECT_THAT(environment, Contains(Pair("CCACHE_PREFIX", "icecc")));
    EXPECT_THAT(environment, Contains(Pair("ICECC_SCHEDULER", "10.0.0.1")));
    EXPECT_THAT(environment, Contains(Pair("ICECC_VERSION", "/opt/icecc.tar.gz")));
}

TEST_F(Environments, NameASharedStorageByItsPlaceInTheSandbox)
{
    EXPECT_THAT(make(true), Not(Contains(Key("CCACHE_REMOTE_STORAGE"))));
    site_.compiler.remote = "redis://10.0.0.1";
    EXPECT_THAT(make(true), Contains(Pair("CCACHE_REMOTE_STORAGE", "redis://10.0.0.1")));
    site_.compiler.remote = "/shared/ccache";
    EXPECT_THAT(make(true), Contains(Pair("CCACHE_REMOTE_STORAGE", std::string("file:") + ccache_remote_directory)));
}

TEST_F(Environments, UseCcacheByDefaultWhereTheImageHasIt)
{
    const auto directory = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-environment");
    const image::Image image{"tiny", util::sha256("tiny"), directory.path(), 0, {}, {}};
    EXPECT_FALSE(has_ccache(site_, image));
    ASSERT_TRUE(util::make_directories(directory.path() / std::filesystem::path(ccache_programs).relative_path()));
    EXPECT_TRUE(has_ccache(site_, image));
    site_.levers.ccache = false;
    EXPECT_FALSE(has_ccache(site_, image));
}

} // namespace
} // namespace sf::engine
