#include "deploy/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::deploy {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

int index_of(const std::string& name)
{
    const auto release = Release::parse(name);
    return release ? major_index(*release).value_or(-1) : -2;
}

TEST(Release, ParsesAndPrints)
{
    EXPECT_EQ(Release::parse("24.11.5")->to_string(), "24.11.5");
    EXPECT_EQ(Release::parse("23.02")->to_string(), "23.02");
    EXPECT_EQ(Release::parse("24.11.5-0123456789ab")->to_string(), "24.11.5");
    EXPECT_EQ(Release::parse("24.11.0rc1")->series(), "24.11");
    for (const auto* text : {"", "24", "24.", ".11", "24.11x", "a.b", "-1.2", "24-11"})
        EXPECT_FALSE(Release::parse(text)) << text;
}

TEST(Release, MajorReleasesFollowOneAnother)
{
    const std::vector<std::string> majors = {"21.08", "22.05", "23.02", "23.11", "24.05", "24.11",
                                             "25.05", "25.11", "26.05", "26.11", "27.05"};
    for (std::size_t i = 1; i < majors.size(); ++i)
        EXPECT_EQ(index_of(majors[i]), index_of(majors[i - 1]) + 1) << majors[i];
    for (const auto* none : {"24.12.1", "25.02.0", "22.11.0", "1.0", "16.05"})
        EXPECT_EQ(index_of(none), -1) << none;
}

std::vector<Violation> change(Role role, const std::string& from, const std::string& to)
{
    return check_rules({{role, from, to, "on a"}}, {});
}

// The table of "Compatibility Window": release, and all that it can be upgraded from.
TEST(Rules, TheCompatibilityWindow)
{
    const std::vector<std::pair<std::string, std::vector<std::string>>> table = {
        {"23.02.1", {"22.05.1", "21.08.1"}},
        {"23.11.1", {"23.02.1", "22.05.1"}},
        {"24.05.1", {"23.11.1", "23.02.1"}},
        {"24.11.1", {"24.05.1", "23.11.1", "23.02.1"}},
        {"25.05.1", {"24.11.1", "24.05.1", "23.11.1"}},
        {"25.11.1", {"25.05.1", "24.11.1", "24.05.1"}}};
    const std::vector<std::string> all = {"20.11.1", "21.08.1", "22.05.1", "23.02.1", "23.11.1",
                                          "24.05.1", "24.11.1", "25.05.1", "25.11.1"};
    for (const auto& [to, sources] : table)
        for (const auto& from : all) {
            if (index_of(from) >= index_of(to))
                continue;
            const bool good = std::find(sources.begin(), sources.end(), from) != sources.end();
            for (const auto role : all_roles)
                EXPECT_EQ(change(role, from, to).empty(), good) << from << " to " << to;
            // slurmdbd of the newer one beside slurmctld of the older, likewise.
            EXPECT_EQ(check_rules({{Role::slurmdbd, {}, to, "on a"}}, {{Role::slurmctld, from, "on b"}}).empty(), good);
        }
    EXPECT_THAT(change(Role::slurmd, "22.05.1", "24.11.5").at(0).rule,
                HasSubstr("24.11 understands the 3 major releases before it; upgrade in steps"));
    EXPECT_THAT(change(Role::slurmd, "22.05.1", "24.05.5").at(0).rule, HasSubstr("24.05 understands the 2 major"));
}

TEST(Rules, NoWayBackForDaemons)
{
    for (const auto role : {Role::slurmdbd, Role::slurmctld, Role::slurmd}) {
        const auto found = change(role, "24.11.5", "24.05.8");
        ASSERT_THAT(found, SizeIs(1));
        EXPECT_THAT(found[0].rule, HasSubstr("converts its state"));
        EXPECT_THAT(found[0].detail, HasSubstr("would go from 24.11.5 back to 24.05.8 on a"));
    }
    EXPECT_THAT(change(Role::client, "24.11.5", "24.05.8"), IsEmpty());
    EXPECT_THAT(change(Role::slurmdbd, "24.11.5", "24.11.1"), IsEmpty());
}

TEST(Rules, TheOrderOfRoles)
{
    for (std::size_t upper = 0; upper < all_roles.size(); ++upper)
        for (std::size_t lower = upper + 1; lower < all_roles.size(); ++lower) {
            const auto a = all_roles.at(upper);
            const auto b = all_roles.at(lower);
            // The later one moves first: refused. The first one moves first, or both at once: good.
            const auto found = check_rules({{b, "24.05.1", "24.11.5", "on n"}}, {{a, "24.05.1", "on m"}});
            ASSERT_THAT(found, SizeIs(1));
            EXPECT_THAT(found[0].rule, HasSubstr(fmt::format("{} must be at least the major release of {}",
                                                             to_string(a), to_string(b))));
            EXPECT_THAT(check_rules({{a, "24.05.1", "24.11.5", "on n"}}, {{b, "24.05.1", "on m"}}), IsEmpty());
            EXPECT_THAT(check_rules({{a, "24.05.1", "24.11.5", "on n"}, {b, "24.05.1", "24.11.5", "on n"}}, {}),
                        IsEmpty());
            // Within one major release the order is free.
            EXPECT_THAT(check_rules({{b, "24.11.1", "24.11.5", "on n"}}, {{a, "24.11.1", "on m"}}), IsEmpty());
        }
}

TEST(Rules, NothingIsKnownOfWhatIsNoRelease)
{
    EXPECT_THAT(check_rules({{Role::slurmd, {}, "1.0", "on n"}}, {}), IsEmpty());
    const auto found = change(Role::slurmd, "1.0", "24.11.5");
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_THAT(found[0].detail, HasSubstr("slurmd 1.0 on a is an unknown release"));
    EXPECT_THAT(check_rules({{Role::slurmd, {}, "1.0", "on n"}}, {{Role::slurmctld, "24.11.5", "on m"}}), SizeIs(1));
}

TEST(Rules, EachViolationOnceAndOnlyOfWhatMoves)
{
    const std::vector<Fact> others = {{Role::slurmctld, "23.11.1", "on c"}, {Role::slurmdbd, "23.02.1", "on d"}};
    EXPECT_THAT(check_rules({}, others), IsEmpty());
    const Move move{Role::slurmd, {}, "24.05.1", "on n"};
    EXPECT_THAT(check_rules({move, move}, others), SizeIs(2));
}

TEST(Roles, NamesAndLinks)
{
    for (const auto role : all_roles) {
        EXPECT_EQ(role_of_link(link_of(role)), role);
        EXPECT_EQ(parse_roles(to_string(role)).value().value(), std::vector{role});
    }
    EXPECT_EQ(parse_roles("client,slurmd,client").value().value(), (std::vector{Role::slurmd, Role::client}));
    EXPECT_EQ(parse_roles("all").value(), std::nullopt);
    EXPECT_FALSE(parse_roles("slurmd,"));
    EXPECT_EQ(role_of_program("client"), std::nullopt);
    EXPECT_EQ(role_of_program("slurmctld"), Role::slurmctld);
}

} // namespace
} // namespace sf::deploy
