#include "engine/key_walk.hpp"
#include "unit/engine/diamond.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

store::Action made(const std::string& name, const std::string& bytes)
{
    const auto layer = util::sha256(bytes);
    return {util::sha256(name), name, "1", {layer, layer, layer}, 0, 0, 0, {}, {}};
}

TEST(KeyWalk, StepsHaveKeysOnceTheirInputsHaveLayers)
{
    const auto plan = test::diamond();
    engine::KeyWalk walk(plan);
    EXPECT_THAT(walk.open_steps(), ElementsAre(0, 1));
    walk.set(0, made("a", "a"));
    EXPECT_THAT(walk.open_steps(), ElementsAre(1, 2));
    EXPECT_FALSE(walk.has_key(3));
    walk.set(2, made("c", "c"));
    walk.set(1, made("b", "b"));
    EXPECT_THAT(walk.open_steps(), ElementsAre(3));
    EXPECT_FALSE(walk.is_complete());
    walk.set(3, made("d", "d"));
    EXPECT_THAT(walk.open_steps(), IsEmpty());
    EXPECT_TRUE(walk.is_complete());
    EXPECT_EQ(walk.actions().size(), 4U);
}

TEST(KeyWalk, AKeyIsThatOfTheInputsLayersAndNotOfTheirKeys)
{
    const auto plan = test::diamond();
    const auto key_over = [&plan](const store::Action& input) {
        engine::KeyWalk walk(plan);
        walk.set(0, input);
        return walk.key(2);
    };
    auto again = made("a", "a");
    again.key = util::sha256("another key, the same layers");
    EXPECT_EQ(key_over(made("a", "a")), key_over(again));
    EXPECT_NE(key_over(made("a", "a")), key_over(made("a", "other bytes")));
}

} // namespace
