#include "advisory/advisory.hpp"

#include "advisory/osv.hpp"
#include "advisory/tracker.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::advisory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

/// A hole of Slurm's as upstream mends it: in two series, and in a third after a known version.
constexpr const char* slurm_hole = R"({
    "id": "CVE-2026-65107", "modified": "2026-11-30T00:00:00Z", "aliases": ["GHSA-aaaa-bbbb-cccc"],
    "summary": "A hole", "database_specific": {"severity": "HIGH"},
    "affected": [{"package": {"ecosystem": "slurm-factory", "name": "slurm"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [
                      {"introduced": "26.05"}, {"last_affected": "26.05.3"},
                      {"introduced": "0"}, {"fixed": "25.05.9"}, {"introduced": "25.11"}, {"fixed": "25.11.8"}]}]}]})";

Set set_of(std::string_view text)
{
    Set set;
    const auto added = set.add_text(text, "a.json");
    EXPECT_TRUE(added) << util::to_string(added.error());
    return set;
}

State state_of(const Set& set, const std::string& version, std::vector<Patch> patches = {})
{
    const auto findings = assess(set, {"slurm", version, std::move(patches)});
    return findings.size() == 1 ? findings.front().state : State::unknown;
}

std::string refusal(std::string_view text)
{
    const auto read = read_osv(text, "a.json");
    return read ? std::string() : read.error().message;
}

TEST(Advisory, EachSeriesHasItsOwnRange)
{
    const auto set = set_of(slurm_hole);
    for (const auto* version :
         {"22.05.8", "24.11.5", "24.11.7", "25.05.8", "25.11.0", "25.11.0rc1", "25.11.7", "26.05.0", "26.05.3"})
        EXPECT_EQ(state_of(set, version), State::open) << version;
    for (const auto* version : {"25.05.9", "25.05.10", "25.11.8", "26.05.4", "26.05.5", "26.11.0"})
        EXPECT_EQ(state_of(set, version), State::not_affected) << version;
}

TEST(Advisory, SaysTheReleaseThatMendsIt)
{
    const auto set = set_of(slurm_hole);
    EXPECT_EQ(assess(set, {"slurm", "24.11.5", {}}).front().fixed_in, "25.05.9");
    EXPECT_EQ(assess(set, {"slurm", "25.11.6", {}}).front().fixed_in, "25.11.8");
    EXPECT_EQ(assess(set, {"slurm", "26.05.1", {}}).front().fixed_in, "");
    EXPECT_EQ(assess(set, {"slurm", "25.05.9", {}}).front().fixed_in, "");
}

TEST(Advisory, IsPatchedWhereAPatchNamesItOrAnAlias)
{
    const auto set = set_of(slurm_hole);
    const std::vector<Patch> patches{
        {"one.patch", {"CVE-2026-65107"}}, {"two.patch", {}}, {"three.patch", {"GHSA-aaaa-bbbb-cccc"}}};
    const auto findings = assess(set, {"slurm", "24.11.5", patches});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings.front().state, State::patched);
    EXPECT_THAT(findings.front().patches, ElementsAre("one.patch", "three.patch"));
    EXPECT_EQ(state_of(set, "24.11.5", {{"other.patch", {"CVE-2026-65108"}}}), State::open);
    EXPECT_EQ(state_of(set, "25.05.9", patches), State::not_affected);
}

TEST(Advisory, KnowsNothingOfAVersionThatIsNone)
{
    const auto set = set_of(slurm_hole);
    const auto findings = assess(set, {"slurm", "", {}});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings.front().state, State::unknown);
    EXPECT_EQ(findings.front().reason, "the version is not known");
    EXPECT_THAT(assess(set, {"slurm", "?!", {}}).front().reason, HasSubstr("is not a version"));
    EXPECT_THAT(assess(set, {"munge", "0.5.16", {}}), IsEmpty());
}

TEST(Advisory, SaysWhenItsVersionsCannotBeCompared)
{
    const auto hole = [](const std::string& ranges) {
        return R"({"id": "X-1", "affected": [{"package": {"ecosystem": "generic", "name": "slurm"}, )" + ranges + "}]}";
    };
    EXPECT_EQ(
        state_of(set_of(hole(R"("ranges": [{"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "abc"}]}])")),
                 "1.0"),
        State::unknown);
    EXPECT_EQ(state_of(set_of(hole(R"("ranges": [])")), "1.0"), State::unknown);
    EXPECT_EQ(state_of(set_of(hole(R"("ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "?"}]}])")), "1.0"),
              State::unknown);
    // Commits beside versions say the same once more.
    const auto both =
        set_of(hole(R"("versions": ["1.0"], "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}])"));
    EXPECT_EQ(state_of(both, "1.0"), State::open);
    EXPECT_EQ(state_of(both, "1.1"), State::not_affected);
    const auto range =
        set_of(hole(R"("ranges": [{"type": "SEMVER", "events": [{"introduced": "1.0"}, {"fixed": "1.2"}]},
        {"type": "GIT", "events": [{"introduced": "0"}]}])"));
    EXPECT_EQ(state_of(range, "1.1"), State::open);
    EXPECT_EQ(state_of(range, "1.2"), State::not_affected);
}

TEST(Advisory, ReadsTagsAsVersions)
{
    const auto set = [](const std::string& versions) {
        return set_of(
            R"({"id": "X-1", "affected": [{"package": {"ecosystem": "OSS-Fuzz", "name": "slurm"}, "versions": [)" +
            versions + R"(], "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}]})");
    };
    const auto tags = set(R"("v2.13.9", "slurm-8_5_0", "Slurm_3_0_0", "slurm-v3.1")");
    for (const auto* version : {"2.13.9", "8.5.0", "3.0.0", "3.1"})
        EXPECT_EQ(state_of(tags, version), State::open) << version;
    EXPECT_EQ(state_of(tags, "3.2"), State::not_affected);
    const auto strange = set(R"("1.0", "other-2.0")");
    EXPECT_EQ(state_of(strange, "1.0"), State::open);
    EXPECT_EQ(state_of(strange, "2.0"), State::unknown);
    EXPECT_EQ(state_of(set("7"), "2.0"), State::unknown);
}

TEST(Advisory, ARangeMayBeOneVersion)
{
    for (const auto* events :
         {R"({"introduced": "1.0"}, {"last_affected": "1.0"})", R"({"last_affected": "1.0"}, {"introduced": "1.0"})"}) {
        const auto set = set_of(R"({"id": "X-1", "affected": [{"package": {"ecosystem": "generic", "name": "slurm"},
            "ranges": [{"type": "ECOSYSTEM", "events": [)" +
                                std::string(events) + "]}]}]}");
        EXPECT_EQ(state_of(set, "0.9"), State::not_affected);
        EXPECT_EQ(state_of(set, "1.0"), State::open);
        EXPECT_EQ(state_of(set, "1.1"), State::not_affected);
    }
}

TEST(Advisory, DoesNotApplyWhereTheCodeIsNotBuilt)
{
    const auto set = set_of(R"({"id": "X-1", "affected": [{"package": {"purl": "pkg:generic/slurm@1?x=y"},
        "versions": ["1.0"], "database_specific": {"not_built": "the build leaves QUIC out"}}]})");
    const auto findings = assess(set, {"slurm", "1.0", {}});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings.front().state, State::not_affected);
    EXPECT_EQ(findings.front().reason, "the build leaves QUIC out");
    EXPECT_EQ(assess(set, {"slurm", "1.1", {}}).front().reason, "");
}

TEST(Advisory, OfCodeThatOnlyAVariantHas)
{
    const auto set = set_of(R"({"id": "X-1", "affected": [{"package": {"ecosystem": "generic", "name": "slurm"},
        "versions": ["1.0"], "database_specific": {"not_built": {"when": "~http2", "reason": "without HTTP/2"}}}]})");
    EXPECT_EQ(assess(set, {"slurm", "1.0", {}, {{"http2", "false"}}}).front().state, State::not_affected);
    EXPECT_EQ(assess(set, {"slurm", "1.0", {}, {{"http2", "true"}}}).front().state, State::open);
    EXPECT_EQ(assess(set, {"slurm", "1.0", {}}).front().state, State::open); // nobody knows
}

/// What Debian's security tracker says of two packages.
constexpr const char* tracker = R"({
    "slurm-wlm": {
        "CVE-2026-1": {"description": "A hole.\nMore.", "scope": "remote", "releases": {
            "bookworm": {"status": "resolved", "fixed_version": "22.05.8-4+deb12u3", "urgency": "high"},
            "sid": {"status": "resolved", "fixed_version": "26.05.4-1", "urgency": "high"}}},
        "CVE-2026-2": {"releases": {"trixie": {"status": "open", "urgency": "not yet assigned"}}},
        "CVE-2026-3": {"releases": {"trixie": {"status": "resolved", "fixed_version": "0"}}},
        "CVE-2026-4": {"releases": {"trixie": {"status": "undetermined"}}},
        "CVE-2026-5": {}},
    "linux": {"CVE-2026-6": {"releases": {"trixie": {"status": "open"}}}}})";

TEST(Tracker, SaysWhatDebianKnows)
{
    ASSERT_TRUE(is_tracker(tracker));
    EXPECT_FALSE(is_tracker(slurm_hole));
    Set set;
    const auto added = set.add_text(tracker, "tracker.json", {{"slurm-wlm", {"slurm"}}});
    ASSERT_TRUE(added) << util::to_string(added.error());
    const auto findings = assess(set, {"slurm", "24.11.5", {{"b.patch", {"CVE-2026-2"}}}});
    ASSERT_EQ(findings.size(), 3U); // not 3, which Debian never had, and not 5, of which it says nothing
    EXPECT_EQ(findings[0].advisory->id, "CVE-2026-1");
    EXPECT_EQ(findings[0].advisory->summary, "A hole.");
    EXPECT_EQ(findings[0].state, State::open);
    EXPECT_EQ(findings[0].fixed_in, "26.05.4");
    EXPECT_EQ(findings[1].state, State::patched);
    EXPECT_EQ(findings[2].state, State::unknown);
    EXPECT_EQ(assess(set, {"slurm", "26.05.5", {}})[0].state, State::not_affected);
}

TEST(Tracker, CutsSummariesBetweenCharacters)
{
    std::string line = "x";
    for (int i = 0; i < 199; ++i)
        line += "\u00e9";
    const auto summary_of = [](const std::string& text) {
        const auto read = read_tracker(R"({"slurm-wlm": {"CVE-2026-1": {"description": ")" + text +
                                           R"(", "releases": {"sid": {"status": "open"}}}}})",
                                       "tracker.json", {{"slurm-wlm", {"slurm"}}});
        return read && read->size() == 1 ? read->front().summary : std::string();
    };
    EXPECT_EQ(summary_of(line), line);
    EXPECT_EQ(summary_of(line + "y"), line + " ...");
}

TEST(Tracker, KnowsFirstRevisionsOfUpstreamVersions)
{
    EXPECT_EQ(new_upstream_version("26.05.4-1"), "26.05.4");
    EXPECT_EQ(new_upstream_version("1:1.3.dfsg+really1.3.2-1~deb13u1"), "1.3.2");
    EXPECT_EQ(new_upstream_version("2.1.13-stable-1~deb13u1"), "2.1.13");
    EXPECT_EQ(new_upstream_version("2.15.2+dfsg-0.1"), "2.15.2");
    EXPECT_EQ(new_upstream_version("24.11.5-4+deb13u1"), std::nullopt);
    EXPECT_EQ(new_upstream_version("24.11.5-4"), std::nullopt);
    EXPECT_EQ(new_upstream_version("24.11.5-1~deb13u2"), std::nullopt);
    EXPECT_EQ(new_upstream_version("24.11.5-1~deb13u11"), std::nullopt);
    EXPECT_EQ(new_upstream_version("0"), std::nullopt);
}

/// What the version has of a hole of which the tracker says this.
Finding of_releases(const std::string& releases, const std::string& version, Set& set)
{
    EXPECT_TRUE(set.add_text(R"({"slurm-wlm": {"CVE-2026-1": {"releases": {)" + releases + "}}}}", "tracker.json",
                             {{"slurm-wlm", {"slurm"}}}));
    const auto findings = assess(set, {"slurm", version, {}});
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? Finding{} : findings.front();
}

TEST(Tracker, TheHighestMendedVersionBoundsTheRange)
{
    Set set;
    const std::string old = R"("bookworm": {"status": "resolved", "fixed_version": "3.0.17-1~deb12u1"})";
    const auto both = old + R"(, "sid": {"status": "resolved", "fixed_version": "3.5.2-1"})";
    EXPECT_EQ(of_releases(both, "3.5.1", set).state, State::open);
    EXPECT_EQ(of_releases(both, "3.5.1", set).fixed_in, "3.5.2");
    EXPECT_EQ(of_releases(both, "3.5.2", set).state, State::not_affected);
    EXPECT_EQ(of_releases(old + R"(, "sid": {"status": "open"})", "3.5.2", set).state, State::open);
    const auto trixie = [&](const std::string& version) {
        return old + R"(, "trixie": {"status": "open", "repositories": {"trixie": ")" + version + R"("}})";
    };
    EXPECT_EQ(of_releases(trixie("3.0.16-1"), "3.0.17", set).state, State::not_affected);
    EXPECT_EQ(of_releases(trixie("1:3.5.0-1"), "3.5.2", set).state, State::open);
    const auto patched = old + R"(, "sid": {"status": "resolved", "fixed_version": "3.5.1-2"})";
    EXPECT_EQ(of_releases(patched, "3.5.1", set).state, State::open);
}

TEST(Tracker, NeverReplacesAnOsvAdvisory)
{
    const std::string_view osv = R"({"id": "GHSA-1", "aliases": ["CVE-2026-1"], "affected": [
        {"package": {"ecosystem": "generic", "name": "slurm"}, "versions": ["1.0"]}]})";
    const std::string releases = R"("sid": {"status": "open"})";
    auto first = set_of(osv);
    EXPECT_EQ(of_releases(releases, "2.0", first).state, State::not_affected);
    Set last;
    EXPECT_EQ(of_releases(releases, "2.0", last).state, State::open);
    ASSERT_TRUE(last.add_text(osv, "b.json"));
    EXPECT_EQ(state_of(last, "2.0"), State::not_affected);
}

TEST(Tracker, SaysWhenItIsNoJson)
{
    Set set;
    const auto added = set.add_text("{\"a\": {\"releases\": ", "tracker.json", {{"a", {"a"}}});
    ASSERT_FALSE(added);
    EXPECT_THAT(added.error().message, HasSubstr("tracker.json is not an advisory"));
    EXPECT_FALSE(set.add_text("{\"a\": \"releases\"" + std::string(50, '['), "deep.json", {}));
}

TEST(Advisory, OfOtherEcosystemsOrWithdrawnIsLeftOut)
{
    const auto holes_of = [](std::string_view text) { return set_of(text).of_package("slurm").size(); };
    const std::string affected =
        R"("affected": [{"package": {"ecosystem": "generic", "name": "slurm"}, "versions": ["1"]}]})";
    EXPECT_EQ(holes_of(R"({"id": "X-1", )" + affected), 1U);
    EXPECT_EQ(holes_of(R"({"id": "X-1", "withdrawn": "2026-01-01T00:00:00Z", )" + affected), 0U);
    EXPECT_EQ(holes_of(R"({"id": "X-1", "withdrawn": "2026-01-01T00:00:00Z"})"), 0U);
    EXPECT_EQ(
        holes_of(
            R"({"id": "X-1", "affected": [{"package": {"ecosystem": "crates.io", "name": "slurm"}, "versions": ["1"]}]})"),
        0U);
}

TEST(Advisory, SaysWhyItIsNone)
{
    EXPECT_EQ(refusal("{"), "a.json is not an advisory: it is not JSON");
    EXPECT_EQ(refusal("[1]"), "a.json is not an advisory: it is not a JSON object");
    EXPECT_THAT(refusal("{}"), HasSubstr("no 'id'"));
    EXPECT_THAT(refusal(R"({"id": "a b", "affected": []})"), HasSubstr("no 'id'"));
    EXPECT_THAT(refusal(R"({"id": "X-1"})"), HasSubstr("no list 'affected'"));
    EXPECT_THAT(refusal(std::string(100, '[')), HasSubstr("levels deep"));
}

TEST(Advisory, ALaterOneOfTheSameIdReplacesTheEarlier)
{
    auto set = set_of(slurm_hole);
    ASSERT_TRUE(set.add_text(
        R"({"id": "CVE-2026-65107", "affected": [{"package": {"ecosystem": "generic", "name": "slurm"}, "versions": ["1.0"]}]})",
        "b.json"));
    EXPECT_EQ(state_of(set, "24.11.5"), State::not_affected);
    EXPECT_EQ(set.of_package("slurm").front()->origin, "b.json");
}

TEST(Advisory, OneUnderAnAliasIsTheSame)
{
    const std::string_view other = R"({"id": "GHSA-aaaa-bbbb-cccc", "affected": [
        {"package": {"ecosystem": "generic", "name": "slurm"}, "versions": ["24.11.5"]},
        {"package": {"ecosystem": "generic", "name": "munge"}, "versions": ["1.0"]}]})";
    auto set = set_of(slurm_hole);
    ASSERT_TRUE(set.add_text(other, "b.json"));
    ASSERT_EQ(set.of_package("slurm").size(), 1U);
    EXPECT_EQ(set.of_package("slurm").front()->origin, "b.json");
    EXPECT_EQ(set.of_package("munge").size(), 1U);
    EXPECT_EQ(state_of(set, "24.11.5", {{"one.patch", {"CVE-2026-65107"}}}), State::patched);
    auto reverse = set_of(other);
    ASSERT_TRUE(reverse.add_text(slurm_hole, "b.json"));
    ASSERT_EQ(reverse.of_package("slurm").size(), 1U);
    EXPECT_EQ(reverse.of_package("slurm").front()->id, "CVE-2026-65107");
}

TEST(Advisory, OnlyThoseOfThePackagesAreRead)
{
    const auto top = fs::path(testing::TempDir()) / "advisory_load";
    fs::create_directories(top / "slurm");
    fs::create_directories(top / "munge");
    std::ofstream(top / "slurm" / "CVE-2026-65107.json") << slurm_hole;
    std::ofstream(top / "munge" / "broken.json") << "{";
    std::ofstream(top / "slurm" / "README") << "no advisory";
    const auto set = Set::load({top, top / "missing"}, {"slurm", "zlib"});
    ASSERT_TRUE(set) << util::to_string(set.error());
    EXPECT_EQ(set->of_package("slurm").size(), 1U);
    const auto broken = Set::load({top}, {"munge"});
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message, HasSubstr("broken.json is not an advisory"));
    Set all;
    EXPECT_FALSE(all.add(top));
    EXPECT_TRUE(all.add(top / "slurm"));
    EXPECT_EQ(all.of_package("slurm").size(), 1U);
    fs::remove_all(top / "munge");
    fs::remove_all(top / "slurm");
    const auto none = all.add(top);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("there is no advisory in"));
}

TEST(Advisory, OfADirectoryAreItsJsonFilesToADepth)
{
    const auto top = fs::path(testing::TempDir()) / "advisory_files";
    fs::create_directories(top / "1/2/3/4");
    for (const auto* file : {"a.json", "README", "1/2/3/c.json", "1/2/3/4/d.json"})
        std::ofstream(top / file) << "{}";
    EXPECT_THAT(*files_in(top), ElementsAre(top / "1/2/3/c.json", top / "a.json"));
    EXPECT_THAT(*files_in(top / "README"), ElementsAre(top / "README"));
    fs::remove_all(top);
}

/// tests/structure/advisories_test.py checks the rest of what they have.
TEST(Advisory, TheShippedOnesAreReadable)
{
    const auto files = files_in(fs::path(SF_SOURCE_DIR) / "advisories");
    ASSERT_TRUE(files) << util::to_string(files.error());
    EXPECT_GT(files->size(), 150U);
    for (const auto& file : *files) {
        Set set;
        ASSERT_TRUE(set.add(file)) << file;
        const auto of_package = set.of_package(file.parent_path().filename().string());
        ASSERT_EQ(of_package.size(), 1U) << file;
        EXPECT_FALSE(of_package.front()->affected.front().unreadable) << file;
    }
}

} // namespace
} // namespace sf::advisory
