// What the LXD backend does besides running jobs: bases, leftovers, publishing, and what it says without a daemon.
#include "fixture.hpp"

#include "lxd/client.hpp"
#include "sandbox/lxd/lxd.hpp"
#include "util/files/life_sign.hpp"

#include <cstdlib>

namespace sf::sandbox::test {
namespace {

class LxdTest : public SandboxTest {
protected:
    static std::string socket() { return std::getenv("SF_TEST_LXD_SOCKET"); } // NOLINT(concurrency-mt-unsafe)
    static lxd::Client client() { return {socket(), "slurm-factory"}; }

    /// Names of all instances whose name begins so.
    static std::vector<std::string> instances(const std::string& prefix)
    {
        std::vector<std::string> found;
        const auto all = client().get("/1.0/instances?recursion=1", {});
        EXPECT_TRUE(all) << util::to_string(all.error());
        for (const auto& one : all.value_or(lxd::Json::array()))
            if (const std::string name = one["name"]; name.starts_with(prefix))
                found.push_back(name + " of " + one["created_at"].get<std::string>());
        return found;
    }
};

TEST_P(LxdTest, ABaseIsMadeOnceAndStays)
{
    EXPECT_EQ(run(shell("true")).exit_code, 0);
    const auto bases = instances("base-");
    EXPECT_EQ(bases.size(), 1U);
    const auto again = kind().make(scratch());
    ASSERT_TRUE(again);
    const auto outcome = (*again)->run(shell("true"), {});
    EXPECT_TRUE(outcome) << util::to_string(outcome.error());
    EXPECT_EQ(instances("base-"), bases);
    EXPECT_TRUE(instances("run-").empty());
    EXPECT_TRUE(client().get("/1.0/images", {})->empty()) << "the image is there as its base";
}

TEST_P(LxdTest, RunsDoNotChangeTheBase)
{
    auto job = shell("touch /new/x");
    job.tmpfs = {"/new"};
    EXPECT_EQ(run(job).exit_code, 0);
    EXPECT_EQ(run(shell("[ ! -e /new ] && [ ! -e /.slurm-factory ]")).exit_code, 0) << log();
}

TEST_P(LxdTest, LeftoversOfDeadToolsGoAndBasesStay)
{
    EXPECT_EQ(run(shell("true")).exit_code, 0);
    const auto bases = instances("base-");
    const auto base = bases.at(0).substr(0, bases.at(0).find(' ')) + "/ready";
    const std::string stale = "run-stale";
    const std::string alive = "run-4194305-1";  // no process has an id so high
    const std::string of_others = "run-others"; // whose files are not to be seen here
    const auto mine = util::ScratchDir::make(scratch(), "test");
    ASSERT_TRUE(mine);
    const auto gone = scratch() / "test.gone";
    ASSERT_TRUE(util::make_directories(gone));
    const auto not_here = files() / "elsewhere";
    ASSERT_TRUE(util::make_directories(not_here / "root/work/sandbox/test"));
    for (const auto& [name, directory] :
         {std::pair{stale, gone}, {alive, mine->path()}, {of_others, not_here / "root/work/sandbox/test"}})
        ASSERT_TRUE(client().post("/1.0/instances",
                                  {{"name", name},
                                   {"profiles", {"slurm-factory"}},
                                   {"devices",
                                    {{"control",
                                      {{"type", "disk"},
                                       {"source", directory.string()},
                                       {"path", "/.slurm-factory/control"},
                                       {"readonly", "true"}}}}},
                                   {"source", {{"type", "copy"}, {"source", base}}}},
                                  {}));
    ASSERT_TRUE(util::remove_tree(not_here));
    const auto cleaned = clean_lxd(socket(), LxdRemains::leftovers, {});
    EXPECT_TRUE(cleaned) << util::to_string(cleaned.error());
    EXPECT_TRUE(instances(stale).empty());
    EXPECT_EQ(instances(alive).size(), 1U);
    EXPECT_EQ(instances(of_others).size(), 1U);
    EXPECT_EQ(instances("base-"), bases);
    EXPECT_TRUE(client().remove("/1.0/instances/" + alive, {}));
    EXPECT_TRUE(client().remove("/1.0/instances/" + of_others, {}));
}

TEST_P(LxdTest, BasesOfImagesThatAreGoneGo)
{
    const auto copy = files() / "rootfs";
    ASSERT_TRUE(make_tiny_rootfs(copy));
    auto job = shell("true");
    job.rootfs = copy;
    EXPECT_EQ(run(job).exit_code, 0);
    const auto before = instances("base-").size();
    ASSERT_TRUE(util::remove_tree(copy));
    ASSERT_TRUE(clean_lxd(socket(), LxdRemains::leftovers, {}));
    EXPECT_EQ(instances("base-").size(), before - 1);
}

TEST_P(LxdTest, ABaseIsPublishedUnderAnAlias)
{
    const auto first = publish_lxd_base(socket(), rootfs(), scratch(), "tiny", {});
    ASSERT_TRUE(first) << util::to_string(first.error());
    const auto second = publish_lxd_base(socket(), rootfs(), scratch(), "small", {});
    ASSERT_TRUE(second) << util::to_string(second.error());
    EXPECT_EQ(*second, *first) << "it is published once";
    for (const auto* name : {"tiny", "small"}) {
        const auto alias = client().get(std::string("/1.0/images/aliases/") + name, {});
        ASSERT_TRUE(alias) << util::to_string(alias.error());
        EXPECT_EQ((*alias)["target"], *first);
    }

    // An alias goes from one image to another.
    const auto other = files() / "other";
    ASSERT_TRUE(make_tiny_rootfs(other));
    const auto third = publish_lxd_base(socket(), other, scratch(), "small", {});
    ASSERT_TRUE(third) << util::to_string(third.error());
    EXPECT_NE(*third, *first);
    const auto alias = client().get("/1.0/images/aliases/small", {});
    ASSERT_TRUE(alias) << util::to_string(alias.error());
    EXPECT_EQ((*alias)["target"], *third);

    // Somebody else may start it.
    const auto made = client().post(
        "/1.0/instances",
        {{"name", "taken"}, {"profiles", {"slurm-factory"}}, {"source", {{"type", "image"}, {"alias", "tiny"}}}}, {});
    EXPECT_TRUE(made) << util::to_string(made.error());
    EXPECT_TRUE(client().remove("/1.0/instances/taken", {}));
    for (const auto& image : {*first, *third})
        EXPECT_TRUE(client().remove("/1.0/images/" + image, {}));
}

TEST_P(LxdTest, EverythingGoesAndIsMadeAgain)
{
    EXPECT_EQ(run(shell("true")).exit_code, 0);
    const auto cleaned = clean_lxd(socket(), LxdRemains::everything, {});
    ASSERT_TRUE(cleaned) << util::to_string(cleaned.error());
    EXPECT_FALSE(*client().find("/1.0/projects/slurm-factory", {}));
    EXPECT_TRUE(clean_lxd(socket(), LxdRemains::everything, {})) << "nothing to clean is no error";
    EXPECT_TRUE(clean_lxd(socket(), LxdRemains::leftovers, {}));
    const auto again = kind().make(scratch());
    ASSERT_TRUE(again) << util::to_string(again.error());
    const auto outcome = (*again)->run(shell("true"), {});
    EXPECT_TRUE(outcome) << util::to_string(outcome.error());
}

TEST_P(LxdTest, TheHostsNetworkIsThereWhenAskedFor)
{
    auto job = shell("readlink /proc/self/ns/net");
    job.network = true;
    std::error_code error;
    EXPECT_EQ(output_of(job), std::filesystem::read_symlink("/proc/self/ns/net", error).string() + "\n");
}

TEST_P(LxdTest, NoDaemonIsAClearError)
{
    const auto made = make_lxd_backend(files() / "no.socket", scratch());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, util::ErrorCode::sandbox);
    EXPECT_NE(made.error().message.find("no.socket does not answer: No such file"), std::string::npos)
        << made.error().message;
    EXPECT_NE(made.error().hint.find("start the daemon"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Daemon, LxdTest, ::testing::Values("lxd"), [](const auto& each) { return each.param; });

} // namespace
} // namespace sf::sandbox::test
