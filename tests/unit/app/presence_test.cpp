#include "app/session/presence.hpp"

#include "store/layer_store.hpp"
#include "util/files/claim.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using ::testing::SizeIs;

class PresenceTest : public ::testing::Test {
protected:
    PresenceTest() { site_.root = directory_.path() / "root"; }
    [[nodiscard]] std::vector<fs::path> marks() const { return util::readable_paths_in(site_.work() / "present"); }
    /// As if the clock had been set back by so much since the file was made.
    static void set_ahead(const fs::path& file, std::chrono::hours hours)
    {
        fs::last_write_time(file, fs::file_time_type::clock::now() + hours);
    }

    util::TempDir directory_ = *util::TempDir::make(fs::temp_directory_path(), "sf-presence");
    site::Site site_;
};

TEST_F(PresenceTest, EachHasAMarkOfItsOwn)
{
    const auto first = Presence::announce(site_);
    ASSERT_TRUE(first);
    {
        const auto second = Presence::announce(site_);
        ASSERT_TRUE(second);
        EXPECT_THAT(marks(), SizeIs(2));
    }
    EXPECT_THAT(marks(), SizeIs(1));
    EXPECT_FALSE(Remover::alone(site_));
}

/// As two containers that share a root have: the same number for two processes.
TEST_F(PresenceTest, ProcessIdsOfOtherNamespacesDoNotMatter)
{
    std::vector<pid_t> helpers;
    for (int i = 0; i < 2; ++i) {
        const auto helper = ::fork();
        if (helper == 0) {
            if (::unshare(CLONE_NEWPID) != 0)
                ::_exit(77);
            const auto first_of_namespace = ::fork();
            if (first_of_namespace == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                const auto present = Presence::announce(site_);
                ::pause();
            }
            ::pause();
        }
        helpers.push_back(helper);
    }
    for (int tries = 0; tries < 100 && marks().size() < 2; ++tries)
        ::usleep(20'000);
    const auto seen = marks().size();
    int status = 0;
    const bool refused = ::waitpid(helpers[0], &status, WNOHANG) == helpers[0];
    for (const auto helper : helpers)
        if (!refused) {
            ::kill(helper, SIGKILL);
            ::waitpid(helper, nullptr, 0);
        }
    if (refused)
        GTEST_SKIP() << "no PID namespaces for this user";
    EXPECT_EQ(seen, 2U);
}

TEST_F(PresenceTest, MarksOfTheKilledGo)
{
    const auto child = ::fork();
    if (child == 0) {
        const auto present = Presence::announce(site_);
        ::raise(SIGKILL);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ASSERT_THAT(marks(), SizeIs(1));
    set_ahead(marks().front(), std::chrono::hours(-2));
    const auto here = Presence::announce(site_);
    const auto remover = Remover::beside(site_);
    ASSERT_TRUE(remover);
    EXPECT_FALSE(remover->is_alone());
    EXPECT_THAT(marks(), SizeIs(1));
    EXPECT_GT(remover->since(), std::time(nullptr) - 60) << "the dead need nothing";
}

/// Claims of somebody who is present stay, also when the clock was set back between his coming and the claim, and went
/// on since.
TEST_F(PresenceTest, AClockThatGoesBackTakesNothingAway)
{
    const util::Claims claims(directory_.path() / "lock");
    const auto thing = directory_.path() / "thing";
    ASSERT_TRUE(util::make_directories(thing));

    // A remover looked at the clock when it was an hour later than it is now.
    ASSERT_TRUE(util::write_file_atomic(site_.work() / "lock.remover", ""));
    set_ahead(site_.work() / "lock.remover", std::chrono::hours(1));
    const auto since = util::claimed_at(site_.work() / "lock.remover") - 1;
    const auto present = Presence::announce(site_);
    ASSERT_TRUE(present);
    ASSERT_EQ(claims.claim({thing}), true);
    EXPECT_EQ(claims.remove(thing, since), false) << "who comes after that remover is not seen by it";

    // The same of a layer that is new.
    store::LayerStore layers(site_.layers());
    ASSERT_TRUE(util::write_file_atomic(directory_.path() / "tree/file", "x"));
    const auto layer = layers.add(directory_.path() / "tree");
    ASSERT_TRUE(layer) << util::to_string(layer.error());
    EXPECT_EQ(layers.remove(layer->digest, since), false);
}

} // namespace
} // namespace sf::app
