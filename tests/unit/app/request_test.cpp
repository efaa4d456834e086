#include "app/request/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::HasSubstr;

std::string root(const app::BuildRequest& request, const site::Site& site = {})
{
    const auto spec = app::root_spec(site, request);
    return spec ? spec->to_string() : util::to_string(spec.error());
}

TEST(RootSpec, OptionsAndSpecsSayTheSame)
{
    app::BuildRequest request;
    EXPECT_EQ(root(request), "slurm");
    request.spec = "slurm@25.05 +pmix ^hwloc@2.12:";
    EXPECT_EQ(root(request), "slurm@25.05 +pmix ^hwloc@2.12:");
    request.variants = {"~hdf5", "kafka", "auth=munge"};
    EXPECT_EQ(root(request), "slurm@25.05 ~hdf5 +kafka +pmix auth=munge ^hwloc@2.12:");
    request = {};
    request.spec = "+lua";
    request.slurm_version = "24.11.5";
    request.minimal = true;
    EXPECT_EQ(root(request), "slurm@24.11.5 +lua +minimal");
    request = {};
    request.spec = "hwloc@2";
    EXPECT_EQ(root(request), "hwloc@2");
}

TEST(RootSpec, TheSitesDefaultsGiveWay)
{
    site::Site site;
    site.slurm.version = "25.05";
    site.slurm.gpu = true;
    site.slurm.variants = {{"kafka", "true"}, {"hdf5", "false"}};
    app::BuildRequest request;
    EXPECT_EQ(root(request, site), "slurm@25.05 +gpu ~hdf5 +kafka");
    request.minimal = true;
    request.variants = {"+hdf5"};
    EXPECT_EQ(root(request, site), "slurm@25.05 +hdf5 +kafka +minimal");
    request = {};
    request.spec = "hwloc";
    EXPECT_EQ(root(request, site), "hwloc");
}

TEST(RootSpec, ContradictionsAreTheUsersMistake)
{
    app::BuildRequest request;
    request.spec = "slurm@24.11";
    request.slurm_version = "25.05";
    EXPECT_THAT(root(request), HasSubstr("--slurm-version and slurm@24.11 both name a version"));
    request = {};
    request.spec = "slurm ~minimal";
    request.minimal = true;
    EXPECT_THAT(root(request), HasSubstr("slurm's variant 'minimal' cannot be 'true' and 'false'"));
    request = {};
    request.spec = "hwloc";
    request.gpu = true;
    EXPECT_THAT(root(request), HasSubstr("are about Slurm, not about hwloc"));
    request = {};
    request.variants = {"slurm@24.11"};
    EXPECT_THAT(root(request), HasSubstr("--variant slurm@24.11: this is not a variant"));
}

} // namespace
