#include "engine/package/compiler_cache.hpp"

#include "engine/package/environment.hpp"
#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;

class CompilerCaches : public ::testing::Test {
protected:
    CompilerCaches() { site_.root = directory_.path() / "root"; }

    /// What the package's builds see at a place of the sandbox.
    fs::path seen_by(const std::string& package, const char* inside)
    {
        sandbox::Job job;
        EXPECT_TRUE(add_compiler_cache(site_, package, job));
        const auto bind = std::find_if(job.binds.begin(), job.binds.end(),
                                       [&](const sandbox::Bind& each) { return each.inside == inside; });
        return bind == job.binds.end() ? fs::path() : bind->host;
    }
    /// An object of 8 KiB that was used so many hours ago.
    fs::path add_object(const std::string& package, const std::string& name, int hours)
    {
        const auto path = site_.compiler_caches() / package / name;
        EXPECT_TRUE(util::write_file_atomic(path, std::string(8192, 'x')));
        fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
        return path;
    }

    util::TempDir directory_ = *util::TempDir::make(fs::temp_directory_path(), "sf-compiler");
    site::Site site_;
};

TEST_F(CompilerCaches, AreEachPackagesOwn)
{
    const auto greet = seen_by("greet", ccache_directory);
    EXPECT_EQ(greet, site_.compiler_caches() / "greet");
    EXPECT_TRUE(fs::is_directory(greet));
    EXPECT_NE(seen_by("slurm", ccache_directory), greet);
    EXPECT_EQ(seen_by("greet", ccache_directory), greet) << "and stay";
}

TEST_F(CompilerCaches, AreApartInASharedDirectoryToo)
{
    EXPECT_EQ(seen_by("greet", ccache_remote_directory), "");
    const auto shared = directory_.path() / "shared";
    site_.compiler.remote = shared.string();
    EXPECT_EQ(seen_by("greet", ccache_remote_directory), shared / "packages/greet");
    EXPECT_EQ(seen_by("slurm", ccache_remote_directory), shared / "packages/slurm");
}

TEST_F(CompilerCaches, AreNotWhereALinkLeads)
{
    const auto elsewhere = directory_.path() / "elsewhere";
    ASSERT_TRUE(util::make_directories(elsewhere / "greet"));
    ASSERT_TRUE(util::make_directories(site_.ccache_directory()));
    fs::create_directory_symlink(elsewhere, site_.compiler_caches());
    EXPECT_EQ(seen_by("greet", ccache_directory), site_.compiler_caches() / "greet");
    EXPECT_FALSE(fs::is_symlink(site_.compiler_caches())) << "what an earlier version's build put there is replaced";

    fs::create_directory_symlink(elsewhere, site_.compiler_caches() / "slurm");
    sandbox::Job job;
    EXPECT_FALSE(add_compiler_cache(site_, "slurm", job));
}

TEST_F(CompilerCaches, LoseWhatWasUsedLongestAgo)
{
    const auto old = add_object("greet", "0/1/old", 5);
    const auto newer = add_object("slurm", "newer", 2);
    const auto newest = add_object("greet", "0/newest", 1);
    EXPECT_EQ(*trim_compiler_caches(site_.compiler_caches(), 3 * 8192), 0U);
    EXPECT_EQ(*trim_compiler_caches(site_.compiler_caches(), 2 * 8192, true), 8192U);
    EXPECT_TRUE(fs::exists(old)) << "a dry run";
    EXPECT_EQ(*trim_compiler_caches(site_.compiler_caches(), 2 * 8192), 8192U);
    EXPECT_FALSE(fs::exists(old));
    EXPECT_EQ(*trim_compiler_caches(site_.compiler_caches(), 8192), 8192U);
    EXPECT_FALSE(fs::exists(newer));
    EXPECT_TRUE(fs::exists(newest));
    EXPECT_EQ(*trim_compiler_caches(site_.root / "none", 1), 0U);
}

TEST_F(CompilerCaches, LoseNothingThatALinkLeadsTo)
{
    const auto victim = directory_.path() / "victim";
    ASSERT_TRUE(util::write_file_atomic(victim / "file", std::string(8192, 'x')));
    add_object("greet", "0/object", 1);
    fs::create_directory_symlink(victim, site_.compiler_caches() / "greet/link");
    fs::create_symlink(victim / "file", site_.compiler_caches() / "greet/file");
    EXPECT_TRUE(trim_compiler_caches(site_.compiler_caches(), 1));
    EXPECT_TRUE(fs::exists(victim / "file"));
    EXPECT_FALSE(fs::exists(site_.compiler_caches() / "greet/0/object"));
}

TEST_F(CompilerCaches, LoseDirectoriesThatCcacheDoesNotMake)
{
    const auto deep = add_object("greet", "1/2/3/4/5/6/7/8/9/object", 0);
    const auto object = add_object("greet", "0/object", 1);
    EXPECT_TRUE(trim_compiler_caches(site_.compiler_caches(), 8192));
    EXPECT_FALSE(fs::exists(deep));
    EXPECT_TRUE(fs::exists(object));
}

} // namespace
} // namespace sf::engine
