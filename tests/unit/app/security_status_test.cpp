#include "app/audit/security_status.hpp"
#include "support/recipes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto day = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30);

std::string advisory_text(const std::string& id, const std::string& package, const std::string& fixed)
{
    return fmt::format(R"({{"id": "{}", "summary": "s", "affected": [{{"package": {{"ecosystem": "slurm-factory",
        "name": "{}"}}, "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{}"}}]}}]}}]}})",
                       id, package, fixed);
}

class SecurityStatus : public ::testing::Test {
protected:
    void SetUp() override
    {
        recipes_.add("app", "1.0 1.1 2.0",
                     "support:\n"
                     "  - {series: \"1\", until: 2026-10, by: upstream}\n"
                     "  - {series: \"1.1\", until: 2027-01, by: Debian 13}\n"
                     "patches:\n  - {file: mend.patch, when: \"@1.1\", fixes: [CVE-2026-1001]}\n");
        ASSERT_TRUE(util::write_file_atomic(recipes_.path() / "app/mend.patch", "x"));
        ASSERT_TRUE(advisories_.add_text(advisory_text("CVE-2026-1001", "app", "2.0"), "test"));
    }
    app::SecurityStatuses of(const char* version)
    {
        solution_.packages = {{"app", *spec::Version::parse(version), {}, {}, {}, {}, {}, {}}};
        const auto set = recipes_.load();
        // What it says of support lies in the recipes, so the sentences are made while these are there.
        auto statuses = app::security_statuses(solution_, set, advisories_, {}, day);
        faults_ = app::faults_of(solution_, statuses);
        support_ = app::support_text(solution_.packages.back(), statuses);
        return statuses;
    }

    test::RecipeDirectory recipes_;
    advisory::Set advisories_;
    solve::Solution solution_;
    std::vector<std::string> faults_;
    std::string support_;
};

TEST_F(SecurityStatus, SaysWhoSupportsAVersionAndWhichPatchesCloseItsHoles)
{
    EXPECT_THAT(of("1.1").at("app").holes, IsEmpty());
    EXPECT_THAT(faults_, IsEmpty());
    EXPECT_EQ(support_, "app 1.1 is supported by Debian 13 until 2027-01-31");
}

TEST_F(SecurityStatus, NamesWhatIsPastItsEndAndWhatIsOpen)
{
    const auto status = of("1.0").at("app");
    EXPECT_TRUE(status.past);
    EXPECT_THAT(faults_, ElementsAre("app 1.0 is past its end: upstream supported it until 2026-10-31",
                                     "app 1.0 has 1 known hole that nothing closes: CVE-2026-1001 (1.1 has none)"));
    EXPECT_EQ(support_, "");
}

TEST_F(SecurityStatus, SaysNothingOfWhatNobodyKnows)
{
    of("2.0");
    EXPECT_THAT(faults_, IsEmpty());
    EXPECT_EQ(support_, "");
    EXPECT_THAT(of("0.9").at("app").holes, ElementsAre("CVE-2026-1001")) << "a version that no recipe has";
}

TEST_F(SecurityStatus, CodeThatAVariantLeavesOutHasNoHoles)
{
    recipes_.add("web", "1.0", "variants:\n  http2: {default: false, description: d}\n");
    auto text = advisory_text("CVE-2026-1002", "web", "2.0");
    text.insert(text.find("\"ranges\""),
                R"("database_specific": {"not_built": {"when": "~http2", "reason": "left out"}}, )");
    ASSERT_TRUE(advisories_.add_text(text, "test"));
    const auto set = recipes_.load();
    for (const auto* http2 : {"false", "true"}) {
        solution_.packages = {{"web", *spec::Version::parse("1.0"), {{"http2", http2}}, {}, {}, {}, {}, {}}};
        const auto statuses = app::security_statuses(solution_, set, advisories_, {}, day);
        EXPECT_EQ(statuses.at("web").holes.empty(), std::string(http2) == "false");
    }
    EXPECT_EQ(app::vulnerable_versions(set, advisories_).count("web"), 0U) << "it is off by default";
}

TEST_F(SecurityStatus, ADistributionsPatchesAreNotForAnotherSource)
{
    const auto sum = util::sha256("").to_hex();
    ASSERT_TRUE(util::write_file_atomic(
        recipes_.path() / "lib/recipe.yaml",
        fmt::format(
            "name: lib\ndescription: A test.\nlicense: MIT\nbuild: {{system: make}}\nversions:\n"
            "  - version: \"1.0\"\n    sources:\n      - {{url: \"file:///none/lib.tar\", sha256: {0}}}\n"
            "    patches:\n      - {{apt: lib, revision: \"1.0-1\", sha256: {0}, series: [CVE-2026-1003.patch]}}\n"
            "patches:\n  - {{file: own.patch, fixes: [CVE-2026-1004]}}\n",
            sum)));
    ASSERT_TRUE(util::write_file_atomic(recipes_.path() / "lib/own.patch", "x"));
    for (const auto* hole : {"CVE-2026-1003", "CVE-2026-1004"})
        ASSERT_TRUE(advisories_.add_text(advisory_text(hole, "lib", "2.0"), "test"));
    const auto set = recipes_.load();
    solution_.packages = {{"lib", *spec::Version::parse("1.0"), {}, {}, {}, {}, {}, {}}};
    EXPECT_THAT(app::security_statuses(solution_, set, advisories_, {}, day).at("lib").holes, IsEmpty());
    EXPECT_THAT(app::security_statuses(solution_, set, advisories_, {"lib"}, day).at("lib").holes,
                ElementsAre("CVE-2026-1003"));
}

TEST_F(SecurityStatus, TheSolverHearsOfVersionsWithHoles)
{
    const auto set = recipes_.load();
    EXPECT_THAT(app::vulnerable_versions(set, advisories_).at("app"), ElementsAre(*spec::Version::parse("1.0")));
}

} // namespace
