#include "identity/identity.hpp"
#include "identity/subordinate_ids.hpp"

#include <gmock/gmock.h>

namespace sf::identity {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* everybody = "         0          0 4294967295\n";
constexpr const char* alone = "         0       4242          1\n";
constexpr const char* with_range = "         0       4242          1\n         1     200000      65536\n";

TEST(IdMap, TellsTheWholeMapFromOthers)
{
    EXPECT_FALSE(is_partial_map(everybody));
    EXPECT_TRUE(is_partial_map(alone));
    EXPECT_TRUE(is_partial_map(with_range));
    EXPECT_TRUE(is_partial_map("")); // a namespace whose map is not set yet
}

TEST(IdMap, KnowsWhoExists)
{
    EXPECT_TRUE(maps_id(everybody, builder_uid));
    EXPECT_TRUE(maps_id(alone, 0));
    EXPECT_FALSE(maps_id(alone, builder_uid));
    EXPECT_TRUE(maps_id(with_range, builder_uid));
    EXPECT_TRUE(maps_id(with_range, 65536));
    EXPECT_FALSE(maps_id(with_range, 65537));
}

TEST(SubordinateIds, AreThoseOfNameAndNumber)
{
    const auto* file = "bob:100000:65536\nalice:200000:1000\n4242:300000:65536\nalice:1:x\nalice\n# alice:1:1\n";
    EXPECT_THAT(ranges_of(file, {"alice", 4242}), ElementsAre(IdRange{200000, 1000}, IdRange{300000, 65536}));
    EXPECT_THAT(ranges_of(file, {"", 4242}), ElementsAre(IdRange{300000, 65536}));
    EXPECT_THAT(ranges_of(file, {"", 17}), IsEmpty());
    EXPECT_THAT(ranges_of("alice:200000:0\n", {"alice", 4242}), IsEmpty());
}

TEST(SubordinateIds, FollowTheCallerInTheMap)
{
    const std::vector<IdRange> ranges = {{200000, 1000}, {300000, 65536}};
    EXPECT_THAT(map_arguments(4242, ranges),
                ElementsAre("0", "4242", "1", "1", "200000", "1000", "1001", "300000", "65536"));
    EXPECT_TRUE(reaches(ranges, builder_uid));
    EXPECT_TRUE(reaches(ranges, 66536));
    EXPECT_FALSE(reaches(ranges, 66537));
    EXPECT_FALSE(reaches({}, 1));
}

TEST(SubordinateIds, AreLentAboveAllOthers)
{
    EXPECT_EQ(lending_command("bob:100000:65536\n", "", {"alice", 4242}),
              "usermod --add-subuids 165536-231071 --add-subgids 100000-165535 alice");
    EXPECT_THAT(lending_command("", "", {"", 4242}), testing::HasSubstr("whose id is 4242"));
}

} // namespace
} // namespace sf::identity
