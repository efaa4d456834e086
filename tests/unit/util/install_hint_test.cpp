#include "util/files/fs.hpp"
#include "util/process/install_hint.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

using namespace sf::util;

/// A PATH that leads to the test's own programs; /usr/sbin and /sbin are always looked into.
class InstallHintTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        kept_ = std::getenv("PATH");                     // NOLINT(concurrency-mt-unsafe)
        ::setenv("PATH", directory_->path().c_str(), 1); // NOLINT(concurrency-mt-unsafe)
        if (has_apt() || how_to_install("x") != "install x")
            GTEST_SKIP() << "a package manager is in /usr/sbin";
    }
    void TearDown() override { ::setenv("PATH", kept_.c_str(), 1); } // NOLINT(concurrency-mt-unsafe)
    void have(const char* program) const
    {
        const auto file = directory_->path() / program;
        ASSERT_TRUE(write_file_atomic(file, "#!/bin/sh\n", 0755));
    }

private:
    Result<TempDir> directory_ = TempDir::make("/tmp", "sf-install-hint-");
    std::string kept_;
};

TEST_F(InstallHintTest, NamesTheHostsPackageManager)
{
    EXPECT_EQ(how_to_install("gpg", "gnupg2"), "install gnupg2");
    have("zypper");
    EXPECT_EQ(how_to_install("gpg", "gnupg2"), "zypper install gnupg2");
    have("dnf");
    EXPECT_EQ(how_to_install("crun"), "dnf install crun");
    EXPECT_FALSE(has_apt());
    have("apt-get");
    EXPECT_EQ(how_to_install("gpg", "gnupg2"), "apt-get install gpg");
    EXPECT_TRUE(has_apt());
}

} // namespace
