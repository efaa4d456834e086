#include "verify/systems.hpp"

#include "relocate/elf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace sf::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

SystemVerdict verdict(const SystemNeeds& needs, const std::string& family, const std::string& release)
{
    for (const auto& one : judge_systems(needs))
        if (one.family == family && one.release == release)
            return one;
    ADD_FAILURE() << "no " << family << " " << release;
    return {};
}

TEST(Systems, RunWhatNeedsTheirGlibcOrAnOlderOne)
{
    EXPECT_TRUE(verdict({"2.36", {}, {}}, "Debian", "12").runs);
    EXPECT_FALSE(verdict({"2.37", {}, {}}, "Debian", "12").runs);
    EXPECT_EQ(verdict({"2.37", {}, {}}, "Debian", "12").reason, "glibc 2.36");
    EXPECT_TRUE(verdict({"2.2.5", {}, {}}, "RHEL/Rocky/Alma", "7").runs);
    EXPECT_TRUE(verdict({"2.17", {}, {}}, "RHEL/Rocky/Alma", "7").runs);
    EXPECT_FALSE(verdict({"2.18", {}, {}}, "RHEL/Rocky/Alma", "7").runs);
    EXPECT_TRUE(verdict({"2.28", {}, {}}, "RHEL/Rocky/Alma", "8").runs);
    EXPECT_FALSE(verdict({"2.29", {}, {}}, "RHEL/Rocky/Alma", "8").runs);
    EXPECT_TRUE(verdict({"2.34", {}, {}}, "RHEL/Rocky/Alma", "9").runs);
    EXPECT_FALSE(verdict({"2.35", {}, {}}, "RHEL/Rocky/Alma", "9").runs);
    EXPECT_TRUE(verdict({"2.35", {}, {}}, "Ubuntu", "22.04").runs);
    EXPECT_FALSE(verdict({"2.36", {}, {}}, "Ubuntu", "22.04").runs);
    EXPECT_TRUE(verdict({"2.31", {}, {}}, "SLES", "15 SP3").runs);
    EXPECT_FALSE(verdict({"2.31", {}, {}}, "SLES", "15 SP2").runs);
    EXPECT_TRUE(verdict({"2.34", {}, {}}, "Amazon Linux", "2023").runs);
    EXPECT_FALSE(verdict({"2.27", {}, {}}, "Amazon Linux", "2").runs);
}

TEST(Systems, AreInOrderWithinTheirFamilies)
{
    // "9+" is only true if no later release has an older glibc.
    const auto all = judge_systems({"2.5", {}, {}});
    std::map<std::string, std::string> last;
    for (const auto& one : all) {
        EXPECT_FALSE(relocate::is_older_version(one.glibc, last[one.family])) << one.family << " " << one.release;
        last[one.family] = one.glibc;
        EXPECT_TRUE(one.runs) << one.family << " " << one.release;
    }
    EXPECT_EQ(last.size(), 7U);
}

TEST(Systems, WithAnotherLibcryptDoNotRunIt)
{
    const SystemNeeds old{"2.17", {}, {"libc.so.6", "libcrypt.so.1"}};
    EXPECT_TRUE(verdict(old, "RHEL/Rocky/Alma", "8").runs);
    EXPECT_EQ(verdict(old, "RHEL/Rocky/Alma", "9").reason, "no libcrypt.so.1");
    EXPECT_TRUE(verdict(old, "Debian", "12").runs);
    const SystemNeeds recent{"2.17", {}, {"libcrypt.so.2"}};
    EXPECT_TRUE(verdict(recent, "Fedora", "42").runs);
    EXPECT_EQ(verdict(recent, "Debian", "12").reason, "no libcrypt.so.2");
}

TEST(Systems, MayHaveLesserProcessors)
{
    const auto target = [](const char* name) { return *spec::Target::parse(name); };
    EXPECT_TRUE(verdict({"2.17", target("x86_64"), {}}, "Debian", "12").any_processor);
    EXPECT_FALSE(verdict({"2.17", target("x86_64_v2"), {}}, "Debian", "12").any_processor);
    EXPECT_TRUE(verdict({"2.17", target("x86_64_v2"), {}}, "RHEL/Rocky/Alma", "9").any_processor);
    EXPECT_FALSE(verdict({"2.17", target("x86_64_v3"), {}}, "RHEL/Rocky/Alma", "9").any_processor);
    EXPECT_TRUE(verdict({"2.17", target("x86_64_v3"), {}}, "RHEL/Rocky/Alma", "9").runs);
    EXPECT_TRUE(verdict({"2.17", std::nullopt, {}}, "Debian", "12").any_processor);
}

TEST(Systems, AreNotJudgedWithoutGlibc)
{
    EXPECT_THAT(judge_systems({"", {}, {"libc.so.6"}}), IsEmpty());
}

TEST(SystemList, HasOneItemForAFamilysLastReleases)
{
    const auto verdicts = judge_systems({"2.34", {}, {}});
    const auto runs = list_systems(verdicts, true);
    EXPECT_THAT(runs, HasSubstr("Debian 12+, Ubuntu 22.04+, RHEL/Rocky/Alma 9+, Fedora 40+, SLES 15 SP6+"));
    EXPECT_THAT(runs, HasSubstr("Amazon Linux 2023+"));
    const auto others = list_systems(verdicts, false);
    EXPECT_THAT(others, HasSubstr("Debian 10 (glibc 2.28), 11 (glibc 2.31), Ubuntu 20.04 (glibc 2.31)"));
    EXPECT_THAT(others, Not(HasSubstr("Fedora")));
}

TEST(SystemList, NamesReleasesOneByOneWhereALaterOneDoesNotRunIt)
{
    const auto verdicts = judge_systems({"2.17", {}, {"libcrypt.so.1"}});
    EXPECT_THAT(list_systems(verdicts, true), HasSubstr("RHEL/Rocky/Alma 7, 8, SLES 15+"));
    EXPECT_THAT(list_systems(verdicts, false), HasSubstr("RHEL/Rocky/Alma 9, 10 (no libcrypt.so.1)"));
    EXPECT_THAT(list_systems(judge_systems({"2.42", {}, {}}), true), HasSubstr("Debian sid, Ubuntu 25.10+"));
    EXPECT_EQ(list_systems(judge_systems({"9.9", {}, {}}), true), "");
    EXPECT_EQ(list_systems({}, true), "");
}

TEST(LibrariesInDoubt, AreThoseThatNothingIsKnownOf)
{
    EXPECT_THAT(libraries_in_doubt({"libc.so.6", "libnss_dns.so.2", "libcrypt.so.1", "libpam.so.0"}), IsEmpty());
    EXPECT_THAT(libraries_in_doubt({"libc.so.6", "libcuda.so.1", "libz.so.1"}),
                ElementsAre("libcuda.so.1", "libz.so.1"));
}

} // namespace
} // namespace sf::verify
