#include "json/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::json {
namespace {

using ::testing::HasSubstr;

std::string repeat(std::string_view text, std::size_t times)
{
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

TEST(Json, IsRead)
{
    const auto value = read(R"( {"name": ["a", 1, -2.5, null, true, {"inner": "[[[\"{{{\\"}]} )");
    ASSERT_TRUE(value) << util::to_string(value.error());
    EXPECT_EQ(value->at("name").at(1), 1);
    EXPECT_EQ(value->at("name").at(5).at("inner"), "[[[\"{{{\\");
    EXPECT_EQ(*read("7"), 7);
}

TEST(Json, ThatIsNoneIsRefused)
{
    for (const char* text : {"", "{", "[1,]", "[1] 2", "]", "\"", "\"\\", "\xff\xfe", "[}", "1e999", "// a\n1"}) {
        const auto value = read(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, util::ErrorCode::verify) << text;
        EXPECT_EQ(value.error().message, "it is not JSON") << text;
    }
}

TEST(Json, OfManyLevelsIsRefused)
{
    constexpr std::size_t deep = 400'000; // copying such a value overflows the stack
    for (const auto& text : {repeat("[", deep), repeat("[", deep) + repeat("]", deep),
                             repeat(R"({"a":)", deep) + "1" + repeat("}", deep), "[1," + repeat("[[],", deep)}) {
        const auto value = read(text);
        ASSERT_FALSE(value);
        EXPECT_THAT(value.error().message, HasSubstr("nested more than 64 levels deep"));
    }
}

TEST(Json, OfAsManyLevelsAsAllowedIsRead)
{
    const Limits limits{.depth = 3};
    EXPECT_TRUE(read("[[[1]], {\"a\": {\"b\": 2}}]", limits));
    EXPECT_FALSE(read("[[[[1]]]]", limits));
    EXPECT_FALSE(read(R"([{"\"": [{}]}])", limits));
    EXPECT_TRUE(read("[[[]], [[]], [[]]]", limits)); // side by side
}

TEST(Json, IsNotLargerThanAllowed)
{
    EXPECT_TRUE(read("[1, 2]", {.bytes = 6}));
    EXPECT_THAT(read("[1, 2] ", {.bytes = 6}).error().message, HasSubstr("longer than 6 B"));
    EXPECT_TRUE(read("[1, 2, \",,,,\"]", {.values = 4}));
    EXPECT_THAT(read("[1, 2, 3, 4]", {.values = 4}).error().message, HasSubstr("more than 4 values"));
}

TEST(Json, OfWhichLittleIsWantedHasNoMore)
{
    const auto value = read_members(R"({"a": {"b": [1]}, "c": {"a": 2}, "d": [{"a": 3}]})", {"a", "x"}, {});
    ASSERT_TRUE(value) << util::to_string(value.error());
    EXPECT_EQ(value->dump(), R"({"a":{"b":[1]}})");
    EXPECT_EQ(read_members("[1]", {"a"}, {}).error().message, "it is not a JSON object");
    EXPECT_EQ(read_members("{", {"a"}, {}).error().message, "it is not JSON");
    EXPECT_FALSE(read_members("{\"c\": [[[[]]]]}", {"a"}, {.depth = 3}));
}

} // namespace
} // namespace sf::json
