#include "spec/debian_version.hpp"

#include <gtest/gtest.h>

namespace sf::spec {
namespace {

TEST(DebianVersion, NamesAnUpstreamVersion)
{
    EXPECT_EQ(release_of_debian("1:1.3.dfsg+really1.3.1-1+b2"), "1.3.1");
    EXPECT_EQ(release_of_debian("2.1.12-stable-10"), "2.1.12");
    EXPECT_EQ(release_of_debian("6.5+20250216-2"), "6.5.20250216");
    EXPECT_EQ(release_of_debian("1.18.1+ds-1"), "1.18.1");
    EXPECT_EQ(release_of_debian("8.15.0~rc1-1"), "");
    EXPECT_EQ(upstream_of_debian("8.15.0~rc1-1"), "8.15.0~rc1");
    EXPECT_EQ(upstream_of_debian("2:1.2~dfsg"), "1.2");
}

TEST(DebianVersion, FollowsAnotherRevision)
{
    EXPECT_TRUE(follows_revision("24.11.5-4+deb13u10", "24.11.5-4+deb13u9"));
    EXPECT_FALSE(follows_revision("24.11.5-4+deb13u1", "24.11.5-4+deb13u1"));
    EXPECT_FALSE(follows_revision("24.11.7-1", "24.11.5-4"));
    EXPECT_TRUE(follows_revision("8.14.1-2+deb13u1", "8.14.1-2"));
    EXPECT_FALSE(follows_revision("8.14.1-2", "8.14.1-2+deb13u1"));
    EXPECT_FALSE(follows_revision("8.14.1-20+deb13u1", "8.14.1-2+deb13u1"));
    EXPECT_FALSE(follows_revision("8.14.1-2~bpo12+1", "8.14.1-2"));
}

} // namespace
} // namespace sf::spec
