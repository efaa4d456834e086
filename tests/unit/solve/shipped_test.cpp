// The recipes that ship: every series of Slurm can be asked for, and what they excuse.
#include "unit/solve/helpers.hpp"

#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace {

using namespace sf;

TEST(SolveShipped, EverySeriesOfSlurm)
{
    const auto recipes = recipe::RecipeSet::load({std::filesystem::path(SF_SOURCE_DIR) / "recipes"});
    ASSERT_TRUE(recipes) << util::to_string(recipes.error());
    const auto tools = test::tools_of(*recipes);
    for (const auto& entry : recipes->find("slurm")->versions)
        for (const auto* variants : {"", " +minimal", " +gpu"}) {
            auto wanted = test::request("slurm@=" + entry.version.to_string() + variants);
            wanted.externals = tools;
            EXPECT_FALSE(test::solved(wanted, *recipes).packages.empty()) << entry.version.to_string() << variants;
        }
}

TEST(SolveShipped, SlingshotBringsCurl)
{
    const auto recipes = recipe::RecipeSet::load({std::filesystem::path(SF_SOURCE_DIR) / "recipes"});
    ASSERT_TRUE(recipes) << util::to_string(recipes.error());
    for (const auto& [spec, curl] : {std::pair("slurm@25.11 +minimal", "false"),
                                     {"slurm@22.05 +minimal", "false"},
                                     {"slurm@25.11 +minimal +slingshot", "true"},
                                     {"slurm@22.05", "true"}}) {
        auto wanted = test::request(spec);
        wanted.externals = test::tools_of(*recipes);
        EXPECT_EQ(test::solved(wanted, *recipes).packages.back().variants.at("curl"), curl) << spec;
    }
}

/// Where everything can be had. Slurm's plugin knows the major versions of PMIx that its series was written for.
TEST(SolveShipped, TheNewestLibrariesForMpiThatASeriesTakes)
{
    const auto recipes = recipe::RecipeSet::load({std::filesystem::path(SF_SOURCE_DIR) / "recipes"});
    ASSERT_TRUE(recipes) << util::to_string(recipes.error());
    for (const auto& [spec, pmix] :
         {std::pair("slurm@22.05", "@5"), {"slurm@24.11", "@5"}, {"slurm@25.05", "@6"}, {"slurm@26.05", "@6"}}) {
        auto wanted = test::request(spec);
        wanted.externals = test::tools_of(*recipes);
        const auto solution = test::solved(wanted, *recipes);
        for (const auto& [name, range] : {std::pair("pmix", pmix), {"ucx", "@1.20:"}, {"hwloc", "@2.12:"}})
            EXPECT_TRUE(spec::Spec::parse(name + std::string(range))->versions->contains(solution.find(name)->version))
                << spec << ": " << name << " " << solution.find(name)->version.to_string();
    }
}

/// All packages share one prefix, and the audit knows no owners of files.
TEST(ShippedRecipes, ExcuseTheirOwnFilesOnly)
{
    const auto recipes = recipe::RecipeSet::load({std::filesystem::path(SF_SOURCE_DIR) / "recipes"});
    ASSERT_TRUE(recipes) << util::to_string(recipes.error());
    const auto excused = [&recipes](const char* name, const char* file) {
        const auto& allowed = recipes->find(name)->hardening.allow;
        return std::any_of(allowed.begin(), allowed.end(),
                           [file](const auto& one) { return util::glob_match(one.path, file); });
    };
    for (const auto& name : recipes->names())
        for (const auto* file : {"lib/libcrypto.so.3", "lib/libssl.so.3", "lib/libpmix.so.2.9.0", "sbin/slurmctld"})
            EXPECT_FALSE(excused(name.c_str(), file)) << name << ": " << file;
    for (const auto* file : {"lib/slurm/libslurmfull.so", "lib/slurm/mpi_pmix_v5.so", "lib/libslurm.so.42.0.0",
                             "lib/libpmi.so.0.0.0", "lib/libpmi2.so.0.0.0", "lib/security/pam_slurm_adopt.so"})
        EXPECT_TRUE(excused("slurm", file)) << file;
    EXPECT_FALSE(excused("slurm", "lib/libnss_slurm.so.2")) << "it takes no symbol of what loads it";
}

} // namespace
