#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace {

using namespace sf::util;
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LifeSignTest : public ::testing::Test {
protected:
    [[nodiscard]] std::vector<std::string> left() const { return names_in(top_).value_or(std::vector<std::string>()); }

    /// What `make` makes in a process that is killed afterwards.
    template <typename Make> void made_by_dead(const Make& make)
    {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto made = make();
            ::raise(SIGKILL);
            static_cast<void>(made);
        }
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    }

    TempDir directory_ = *TempDir::make(fs::temp_directory_path(), "sf-life");
    fs::path top_ = directory_.path() / "top";
};

TEST_F(LifeSignTest, LivesAsLongAsItsMaker)
{
    fs::path path;
    {
        const auto sign = LifeSign::make(top_, "test");
        ASSERT_TRUE(sign);
        path = sign->path();
        EXPECT_TRUE(path.filename().string().starts_with("test."));
        EXPECT_EQ(is_alive(path), true);
    }
    EXPECT_EQ(is_alive(path), false);
    EXPECT_FALSE(path_exists(top_)) << "the last one takes the directory along";
}

TEST_F(LifeSignTest, TheDeadAreBuriedAndTheLivingAreNot)
{
    const auto alive = LifeSign::make(top_, "test");
    ASSERT_TRUE(alive);
    made_by_dead([this] { return LifeSign::make(top_, "dead"); });
    std::vector<std::string> buried;
    const auto bury = [&buried](const std::string& name) {
        buried.push_back(name.substr(0, name.find('.')));
        return Status();
    };
    ASSERT_TRUE(bury_dead(top_, bury));
    EXPECT_THAT(buried, ElementsAre("dead"));
    EXPECT_THAT(left(), ElementsAre(alive->path().filename().string()));
    ASSERT_TRUE(bury_dead(top_, bury));
    EXPECT_EQ(buried.size(), 1U);
    EXPECT_TRUE(bury_dead(directory_.path() / "none", bury));
}

TEST_F(LifeSignTest, ScratchOfTheDeadIsSweptAway)
{
    auto mine = ScratchDir::make(top_, "mine");
    ASSERT_TRUE(mine);
    ASSERT_TRUE(make_directories(top_ / "another"));
    made_by_dead([this]() -> Result<ScratchDir> {
        SF_TRY(auto scratch, ScratchDir::make(top_, "dead"));
        SF_CHECK(write_file_atomic(scratch.path() / "deep/file", "x"));
        return scratch;
    });
    EXPECT_EQ(left().size(), 4U);
    ASSERT_TRUE(sweep_scratch(top_));
    EXPECT_THAT(left(), ElementsAre("another", "lock.alive", mine->path().filename().string()));
    const auto kept = mine->keep();
    {
        const auto gone = std::move(*mine);
    }
    EXPECT_THAT(left(), ElementsAre("another", kept.filename().string()));
    ASSERT_TRUE(sweep_scratch(top_));
    EXPECT_TRUE(path_exists(kept));
}

/// However makers and those who sweep meet, what was made stays.
TEST_F(LifeSignTest, NobodySweepsWhatIsBeingMade)
{
    constexpr int rounds = 400;
    std::atomic<bool> enough = false;
    std::thread sweeper([&] {
        while (!enough)
            EXPECT_TRUE(sweep_scratch(top_));
    });
    for (int round = 0; round < rounds; ++round) {
        const auto scratch = ScratchDir::make(top_, "test");
        ASSERT_TRUE(scratch) << to_string(scratch.error());
        EXPECT_EQ(is_alive(life_sign_of(scratch->path())), true);
        EXPECT_TRUE(write_file_atomic(scratch->path() / "file", "x"));
    }
    enough = true;
    sweeper.join();
    EXPECT_FALSE(path_exists(top_ / "lock.alive"));
}

} // namespace
