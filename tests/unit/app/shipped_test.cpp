// The recipes and advisories that ship: what is built where nobody asks for anything special has no known hole.
#include "app/audit/security_status.hpp"
#include "unit/solve/helpers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace sf;

/// "hdf5 CVE-2026-1", and why nothing closes it. What is closed must go from here.
using Unmended = std::map<std::string, std::string>;

const Unmended nothing = {};

// Slurm 26.05.5 mends them. The sum of its project's archive is not known; Debian repacks it.
const std::string no_archive = "the recipe has Debian's archive of 26.05.5 only";
const Unmended without_debian = {
    {"slurm CVE-2026-65107", no_archive}, {"slurm CVE-2026-65108", no_archive}, {"slurm CVE-2026-65109", no_archive},
    {"slurm CVE-2026-65138", no_archive}, {"slurm CVE-2026-65139", no_archive}, {"slurm CVE-2026-65140", no_archive},
    {"slurm CVE-2026-65165", no_archive}, {"slurm CVE-2026-65168", no_archive},
};

/// What Debian's archive listed on the day below and answered 404 for: the next version must do.
const std::vector<std::string> missing_that_day = {
    "slurm@26.05.5", "curl@8.23.0", "expat@2.9.0",   "freeipmi@1.6.20", "hwloc@2.12.0",
    "hwloc@2.15.0",  "json-c@0.19", "openssl@3.5.9", "pmix@5.0.7",      "ucx@1.18.1",
};

// Support ends some day, and then another version is chosen; that must not fail a test.
constexpr auto audited_on = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30);

class Shipped : public ::testing::Test {
protected:
    void SetUp() override
    {
        const auto top = std::filesystem::path(SF_SOURCE_DIR);
        auto recipes = recipe::RecipeSet::load({top / "recipes"});
        ASSERT_TRUE(recipes) << util::to_string(recipes.error());
        recipes_ = std::make_unique<recipe::RecipeSet>(std::move(*recipes));
        auto advisories = advisory::Set::load({top / "advisories"}, recipes_->names());
        ASSERT_TRUE(advisories) << util::to_string(advisories.error());
        advisories_ = std::move(*advisories);
    }

    /// Of the default build of a site that can have the versions that `reach` is true of: "hdf5 CVE-2026-1".
    std::vector<std::string> holes(const std::string& spec,
                                   const std::function<bool(const recipe::Recipe&, const recipe::VersionEntry&)>& reach)
    {
        auto wanted = test::request(spec);
        wanted.externals = test::tools_of(*recipes_);
        wanted.today = audited_on;
        wanted.vulnerable = app::vulnerable_versions(*recipes_, advisories_);
        for (const auto& name : recipes_->names())
            for (const auto& entry : recipes_->find(name)->versions)
                if (!reach(*recipes_->find(name), entry))
                    wanted.unobtainable[name].push_back(entry.version);
        const auto solution = test::solved(wanted, *recipes_);
        std::vector<std::string> found;
        for (const auto& [name, standing] : app::security_statuses(solution, *recipes_, advisories_, {}, audited_on))
            for (const auto& hole : standing.holes)
                found.push_back(name + " " + hole);
        return found;
    }
    /// Whether each of a version's archives, that of its patches among them, has a source of that kind.
    template <typename Kind> static bool all_from(const recipe::VersionEntry& entry)
    {
        const auto archives = entry.archives();
        return std::all_of(archives.begin(), archives.end(), [](const auto* alternatives) {
            return std::any_of(alternatives->begin(), alternatives->end(),
                               [](const recipe::Source& source) { return std::holds_alternative<Kind>(source.from); });
        });
    }
    static bool in_debian(const recipe::Recipe& recipe, const recipe::VersionEntry& entry)
    {
        // What is made of the base image has no archive; what Debian does not have everybody brings by a mirror.
        const bool nowhere = std::none_of(recipe.versions.begin(), recipe.versions.end(), [](const auto& other) {
            return !other.sources.empty() && all_from<recipe::AptSource>(other);
        });
        return nowhere || all_from<recipe::AptSource>(entry);
    }

    std::unique_ptr<recipe::RecipeSet> recipes_;
    advisory::Set advisories_;
};

std::vector<std::string> names_of(const Unmended& unmended)
{
    std::vector<std::string> holes;
    for (const auto& [hole, reason] : unmended) {
        EXPECT_FALSE(reason.empty()) << hole;
        holes.push_back(hole);
    }
    return holes;
}

TEST_F(Shipped, WithANetworkNothingHasAKnownHole)
{
    EXPECT_EQ(holes("slurm", [](const auto&, const auto&) { return true; }), names_of(nothing));
}

TEST_F(Shipped, WithDebiansArchiveOnlyNothingHasAKnownHole)
{
    EXPECT_EQ(holes("slurm", in_debian), names_of(nothing));
}

TEST_F(Shipped, WhereTheArchiveLacksItsNewestNothingHasAKnownHole)
{
    const auto reach = [](const recipe::Recipe& recipe, const recipe::VersionEntry& entry) {
        const auto name = recipe.name + "@" + entry.version.to_string();
        return in_debian(recipe, entry) &&
               std::find(missing_that_day.begin(), missing_that_day.end(), name) == missing_that_day.end();
    };
    EXPECT_EQ(holes("slurm", reach), names_of(nothing));
}

TEST_F(Shipped, WithoutDebiansArchiveTheKnownHolesAreThese)
{
    EXPECT_EQ(holes("slurm",
                    [](const recipe::Recipe& recipe, const recipe::VersionEntry& entry) {
                        const bool nowhere =
                            std::none_of(recipe.versions.begin(), recipe.versions.end(), [](const auto& other) {
                                return !other.sources.empty() && all_from<recipe::UrlSource>(other);
                            });
                        return nowhere || all_from<recipe::UrlSource>(entry);
                    }),
              names_of(without_debian));
}

} // namespace
