#include "engine/reason.hpp"

#include "util/files/sha256.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

plan::Step needed_step()
{
    return {"munge", *spec::Version::parse("0.5.16"), {}, nullptr, {}, {}, {}, {}, {}, {}, {}, {}};
}

plan::KeyInputs inputs(const std::string& image, const std::string& phase)
{
    return {{{"image", image}, {"phase build", phase}}};
}

store::Action action(const std::string& version, const plan::KeyInputs& key, double seconds)
{
    const auto digest = util::sha256("");
    return {key.digest(), "munge", version, {digest, digest, digest}, seconds, 2 * seconds, 0, key.to_string(), ""};
}

TEST(Reason, TheBuildMostLikeItIsComparedWith)
{
    const auto now = inputs("a", "make");
    const std::vector<store::Action> earlier = {action("0.5.15", inputs("b", "make -k"), 3),
                                                action("0.5.14", inputs("a", "make -k"), 7)};
    const auto needed = engine::why_needed(needed_step(), now, earlier);
    EXPECT_EQ(needed.package, "munge@0.5.16");
    EXPECT_EQ(needed.compared_with, "munge@0.5.14");
    EXPECT_THAT(needed.changes, ElementsAre("phase build"));
    EXPECT_EQ(needed.last_wall_seconds, 3) << "of the newest";
    EXPECT_EQ(needed.last_cpu_seconds, 6);
}

TEST(Reason, OfTwoAlikeTheNewest)
{
    const auto needed = engine::why_needed(needed_step(), inputs("a", "make"),
                                           {action("2", inputs("b", "make"), 1), action("1", inputs("c", "make"), 1)});
    EXPECT_EQ(needed.compared_with, "munge@2");
}

TEST(Reason, TheFirstBuildIsComparedWithNothing)
{
    const auto needed = engine::why_needed(needed_step(), inputs("a", "make"), {});
    EXPECT_EQ(needed.compared_with, "");
    EXPECT_EQ(needed.last_wall_seconds, std::nullopt);
}

TEST(Reason, TheSameInputsDifferInNothing)
{
    const auto now = inputs("a", "make\nline two");
    EXPECT_THAT(engine::why_needed(needed_step(), now, {action("1", now, 1)}).changes, IsEmpty());
}

} // namespace
