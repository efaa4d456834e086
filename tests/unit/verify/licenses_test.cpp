#include "verify/licenses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::verify {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Policy policy(std::vector<std::string> allowed, std::vector<std::string> denied)
{
    Policy made;
    made.allowed_licenses = std::move(allowed);
    made.denied_licenses = std::move(denied);
    return made;
}

TEST(License, IsLetInByAName)
{
    const auto strict = policy({"MIT", "BSD-*"}, {});
    EXPECT_EQ(license_problem("MIT", strict), "");
    EXPECT_EQ(license_problem("BSD-2-Clause", strict), "");
    EXPECT_EQ(license_problem("GPL-2.0-only", strict), "GPL-2.0-only is not allowed");
    const auto loose = policy({}, {"AGPL-*"});
    EXPECT_EQ(license_problem("GPL-2.0-only", loose), "");
    EXPECT_EQ(license_problem("AGPL-3.0-only", loose), "AGPL-3.0-only is denied");
}

TEST(License, OfAndAllAreNeededAndOfOrOne)
{
    const auto strict = policy({"MIT", "Zlib"}, {});
    EXPECT_EQ(license_problem("MIT AND Zlib", strict), "");
    EXPECT_EQ(license_problem("MIT AND ISC", strict), "ISC is not allowed");
    EXPECT_EQ(license_problem("ISC OR MIT", strict), "");
    EXPECT_EQ(license_problem("ISC OR GPL-2.0-only", strict), "ISC is not allowed");
    // AND binds more than OR.
    EXPECT_EQ(license_problem("MIT OR ISC AND GPL-2.0-only", strict), "");
    EXPECT_EQ(license_problem("(MIT OR ISC) AND GPL-2.0-only", strict), "GPL-2.0-only is not allowed");
    EXPECT_EQ(license_problem("(MIT)AND(Zlib)", strict), "");
}

TEST(License, AnExceptionOnlyAddsPermissions)
{
    EXPECT_EQ(license_problem("GPL-2.0-only WITH GCC-exception-3.1", policy({"GPL-*"}, {})), "");
    const auto with = policy({"GPL-* WITH GCC-exception-3.1"}, {"GPL-*"});
    EXPECT_EQ(license_problem("GPL-3.0-or-later WITH GCC-exception-3.1", with), "");
    EXPECT_EQ(license_problem("GPL-3.0-or-later", with), "GPL-3.0-or-later is denied");
    EXPECT_EQ(license_problem("GPL-3.0-or-later WITH Autoconf-exception-3.0", with),
              "GPL-3.0-or-later WITH Autoconf-exception-3.0 is denied");
}

TEST(License, WhatIsNoExpressionIsAProblem)
{
    for (const auto& text : {std::string(), std::string("MIT AND"), std::string("(MIT"), std::string("MIT)"),
                             std::string("MIT Zlib"), std::string("MIT WITH"), std::string(100000, '(')})
        EXPECT_EQ(license_problem(text, policy({}, {"x"})), "is not an SPDX expression") << text.substr(0, 10);
}

TEST(Licenses, AreAskedForOnlyByAPolicyThatNamesThem)
{
    VerifyReport report;
    check_licenses(std::nullopt, Policy(), report);
    EXPECT_THAT(report.violations, IsEmpty());
    check_licenses(std::nullopt, policy({"MIT"}, {}), report);
    ASSERT_THAT(report.violations, SizeIs(1));
    EXPECT_EQ(report.violations.front().kind, Finding::Kind::license);
    EXPECT_THAT(report.violations.front().detail, HasSubstr("no manifest"));
}

TEST(Licenses, OfAllPackagesAreChecked)
{
    manifest::Manifest manifest;
    for (const auto& [name, license] : {std::pair{"zlib", "Zlib"}, {"slurm", "GPL-2.0-or-later"}, {"mine", ""}}) {
        manifest.packages.emplace_back();
        manifest.packages.back().name = name;
        manifest.packages.back().license = license;
    }
    VerifyReport report;
    check_licenses(manifest, policy({}, {"GPL-2.0*"}), report);
    ASSERT_THAT(report.violations, SizeIs(2));
    EXPECT_EQ(report.violations[0].detail, "slurm: \"GPL-2.0-or-later\": GPL-2.0-or-later is denied");
    EXPECT_EQ(report.violations[1].detail, "mine: no licence is stated");
}

} // namespace
} // namespace sf::verify
