#include "deploy/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::deploy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

const std::string old_version = "24.05.8-aaaaaaaaaaaa";
const std::string version = "24.11.5-bbbbbbbbbbbb";
const std::string patch = "24.11.6-cccccccccccc";

HostState host_with(std::map<Role, std::string> links)
{
    HostState state;
    for (const auto& [role, name] : links)
        if (!state.has(name))
            state.versions.push_back(name);
    state.links = std::move(links);
    return state;
}

std::vector<Role> moved(const HostPlan& plan)
{
    std::vector<Role> roles;
    for (const auto& [role, change] : plan.moves)
        roles.push_back(role);
    return roles;
}

TEST(Plan, AFreshHostGetsAllRoles)
{
    const auto plan = plan_deploy({}, version, true, std::nullopt);
    EXPECT_TRUE(plan.install);
    EXPECT_THAT(moved(plan), ElementsAre(Role::slurmdbd, Role::slurmctld, Role::slurmd, Role::client));
    EXPECT_EQ(plan.moves.at(Role::slurmd), (Change{std::nullopt, version}));
}

TEST(Plan, LaterThoseThatItHas)
{
    const auto state = host_with({{Role::slurmd, version}, {Role::client, patch}});
    EXPECT_EQ(plan_deploy(state, version, true, std::nullopt).moves,
              (std::map<Role, Change>{{Role::client, {patch, version}}}));
    EXPECT_FALSE(plan_deploy(state, version, true, std::nullopt).install);
    EXPECT_TRUE(plan_deploy(state, old_version, true, std::nullopt).install);
    EXPECT_THAT(moved(plan_deploy(state, patch, true, std::vector{Role::slurmdbd})), ElementsAre(Role::slurmdbd));
    EXPECT_THAT(plan_deploy(state, patch, false, std::nullopt).moves, IsEmpty());
}

TEST(Plan, RollbackGoesToWhatWasBefore)
{
    auto state = host_with({{Role::slurmd, patch}, {Role::client, version}});
    EXPECT_THAT(plan_rollback(state, std::nullopt).refusal, HasSubstr("no role has an earlier version"));
    state.previous = {{Role::slurmd, version}, {Role::client, old_version}};
    EXPECT_THAT(plan_rollback(state, std::nullopt).refusal,
                HasSubstr(old_version + " of client is not installed any more"));
    EXPECT_THAT(plan_rollback(state, std::nullopt).moves, IsEmpty()); // all or none
    state.versions.push_back(old_version);
    const auto plan = plan_rollback(state, std::nullopt);
    EXPECT_THAT(plan.moves, ElementsAre(Pair(Role::slurmd, Change{patch, version}),
                                        Pair(Role::client, Change{version, old_version})));
    EXPECT_THAT(plan_rollback(state, std::vector{Role::slurmdbd}).refusal, HasSubstr("slurmdbd has no earlier"));
}

/// The violations of deploying `to` for the roles on all hosts.
std::vector<Violation> of_deploy(const std::vector<HostInfo>& hosts, const std::string& to,
                                 const std::vector<Role>& roles, const Stated& stated = {})
{
    std::vector<HostPlan> plans;
    plans.reserve(hosts.size());
    for (const auto& host : hosts)
        plans.push_back(plan_deploy(host.state, to, true, roles));
    return violations(hosts, plans, stated);
}

TEST(Plan, LinksOfOtherRolesCountAndHostsAreFolded)
{
    const std::vector<HostInfo> hosts = {
        {"n1", host_with({{Role::slurmctld, old_version}, {Role::slurmd, old_version}})},
        {"n2", host_with({{Role::slurmctld, old_version}, {Role::slurmd, old_version}})}};
    const auto found = of_deploy(hosts, version, {Role::slurmd});
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].detail, "slurmctld would be 24.05.8 on n[1-2], slurmd 24.11.5 on n[1-2]");
    EXPECT_THAT(of_deploy(hosts, version, {Role::slurmctld, Role::slurmd}), IsEmpty());
}

TEST(Plan, WhatIsStatedReplacesLinks)
{
    const std::vector<HostInfo> hosts = {{"n1", host_with({{Role::slurmctld, old_version}})}};
    EXPECT_THAT(of_deploy(hosts, version, {Role::slurmd}, {{{Role::slurmctld, {"24.11.1"}}}, {}}), IsEmpty());
    EXPECT_THAT(of_deploy(hosts, version, {Role::slurmd}, {{}, "24.11.1"}), IsEmpty());
    EXPECT_THAT(of_deploy(hosts, version, {Role::slurmd}, {{}, "24.05.1"}), SizeIs(2)); // client may be older
}

TEST(Plan, WhatRunsCountsMoreThanALinkWithoutADaemon)
{
    auto controller = host_with({{Role::slurmctld, version}});
    controller.running[Role::slurmctld] = {version};
    // Nodes have the link, too, but nothing behind it.
    const auto node = host_with({{Role::slurmctld, old_version}, {Role::slurmd, old_version}});
    EXPECT_THAT(of_deploy({{"c", controller}, {"n", node}}, version, {Role::slurmd}), IsEmpty());
    // A link that moved while the daemon did not.
    controller.running[Role::slurmctld] = {old_version};
    const auto found = of_deploy({{"c", controller}}, version, {Role::slurmd});
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_THAT(found[0].detail, HasSubstr("slurmctld would be 24.05.8 on c"));
}

TEST(Plan, ADaemonUpgradesFromWhatRuns)
{
    auto state = host_with({{Role::slurmd, old_version}});
    state.running[Role::slurmd] = {"22.05.1-dddddddddddd"};
    const auto found = of_deploy({{"n", state}}, version, {Role::slurmd});
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_THAT(found[0].detail, HasSubstr("slurmd would go from 22.05.1 to 24.11.5 on n"));
}

TEST(Plan, OldVersions)
{
    auto state = host_with({{Role::slurmd, patch}});
    state.previous = {{Role::slurmd, version}};
    state.busy = {"22.05.1-e"};
    state.versions = {patch, "24.11.4-f", "22.05.1-e", "24.11.3-g", version, "24.11.2-h"};
    EXPECT_THAT(removable(state, 0, patch), ElementsAre("24.11.4-f", "24.11.3-g", "24.11.2-h"));
    EXPECT_THAT(removable(state, 1, patch), ElementsAre("24.11.3-g", "24.11.2-h"));
    EXPECT_THAT(removable(state, 9, patch), IsEmpty());
    EXPECT_THAT(removable(state, 0, "24.11.3-g"), ElementsAre("24.11.4-f", "24.11.2-h"));
}

TEST(Plan, WhatWillBeThereIsKnownBefore)
{
    auto state = host_with({{Role::slurmd, version}});
    state.versions.push_back(old_version);
    state.previous = {{Role::slurmd, old_version}};
    const auto plan = plan_deploy(state, patch, true, std::vector{Role::slurmd, Role::client});
    const auto after = state_after(state, plan, patch);
    EXPECT_THAT(after.versions, ElementsAre(patch, version, old_version));
    EXPECT_EQ(after.links, (std::map<Role, std::string>{{Role::slurmd, patch}, {Role::client, patch}}));
    EXPECT_EQ(after.previous, (std::map<Role, std::string>{{Role::slurmd, version}}));
    EXPECT_THAT(removable(after, 0, patch), ElementsAre(old_version)) << "nothing goes back there any more";
    const auto nothing = plan_deploy(state, version, true, std::nullopt);
    EXPECT_THAT(removable(state_after(state, nothing, version), 0, version), IsEmpty());
}

} // namespace
} // namespace sf::deploy
