#include "sandbox/init_plan.hpp"

#include <gtest/gtest.h>

namespace sf::sandbox {
namespace {

InitPlan full_plan()
{
    InitPlan plan;
    plan.host_name = "name";
    plan.own_proc = OwnProc::required;
    plan.nice = 7;
    plan.idle_io = true;
    plan.user_namespace = true;
    plan.overlays = {{{"/a", "/b c:d,e"}, "/upper", "/work", "/target", "/inside"}, {{}, "", "", "/t", "/"}};
    plan.hide = {"/sys"};
    plan.mounts = {{"/x", "tmpfs", "none", {"mode=755", "nosuid"}, false, 01777}, {"/f", "bind", "/g", {}, true, 0755}};
    plan.mask_proc = true;
    plan.own_directory = "/own";
    plan.read_only = "/";
    plan.runtime = {"/usr/bin/crun", "run"};
    plan.pid_file = "/pid";
    plan.command = {"/root", "/build", 65521, false, std::string("\0\x01", 2), {"sh", ""}, {"A=1\n2"}};
    return plan;
}

TEST(InitPlan, IsReadAsItWasWritten)
{
    const auto plan = full_plan();
    EXPECT_EQ(plan_of(to_bytes(plan)), plan);
}

TEST(InitPlan, ThatIsCutOffIsNone)
{
    const auto bytes = to_bytes(full_plan());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(plan_of(std::string_view(bytes).substr(0, size))) << size;
    EXPECT_FALSE(plan_of(bytes + "x"));
    EXPECT_FALSE(plan_of(to_bytes(InitPlan()))) << "nothing to run";
}

} // namespace
} // namespace sf::sandbox
