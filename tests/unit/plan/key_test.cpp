#include "plan/key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const KeyInputs inputs{{{"package", "hwloc"},
                        {"slice run", ""},
                        {"phase build", "make\nmake check\n"},
                        {"file a: b.patch", "0123"},
                        {"dependency zlib", "aa bb"}}};

TEST(KeyInputs, TextReadsBackTheSame)
{
    const auto back = KeyInputs::parse(inputs.to_string());
    EXPECT_EQ(back.fields[1], inputs.fields[1]);
    EXPECT_EQ(back.fields[2], inputs.fields[2]);
    EXPECT_EQ(back.fields.size(), inputs.fields.size());
    EXPECT_THAT(difference(back, KeyInputs::parse(back.to_string())), IsEmpty());
}

TEST(KeyInputs, WhatIsNoFieldIsPassedOver)
{
    EXPECT_THAT(KeyInputs::parse("    indented\nno field\nname: value\n").fields,
                ElementsAre(std::pair<std::string, std::string>("name", "value")));
    EXPECT_THAT(KeyInputs::parse("").fields, IsEmpty());
}

TEST(KeyInputs, TheOrderOfDependenciesDoesNotMatter)
{
    const recipe::Recipe recipe;
    const Step step{"top", *spec::Version::parse("1.0"), {}, &recipe, {}, {}, {}, {}, {}, {}, {}, {}};
    const Plan plan{{}, util::sha256("image"), "img", {}, spec::Target::generic()};
    const InputLayers a{"a", util::sha256("1"), util::sha256("2")};
    const InputLayers b{"b", util::sha256("3"), util::sha256("4")};
    EXPECT_EQ(key_inputs(plan, step, {a, b}).digest(), key_inputs(plan, step, {b, a}).digest());
    EXPECT_NE(key_inputs(plan, step, {a, b}).digest(), key_inputs(plan, step, {a}).digest());
}

TEST(KeyDifference, NamesWhatChangedWhatCameAndWhatWent)
{
    auto now = inputs;
    now.fields[0].second = "hwloc2";
    now.fields.erase(now.fields.begin() + 1);
    now.fields.emplace_back("variant pci", "true");
    EXPECT_THAT(difference(inputs, now),
                ElementsAre(InputChange{"package", "hwloc", "hwloc2"}, InputChange{"variant pci", std::nullopt, "true"},
                            InputChange{"slice run", "", std::nullopt}));
    EXPECT_THAT(difference(inputs, inputs), IsEmpty());
}

} // namespace
} // namespace sf::plan
