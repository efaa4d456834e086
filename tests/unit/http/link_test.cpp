#include "http/link.hpp"

#include <gtest/gtest.h>

namespace sf::http {
namespace {

TEST(NextReference, IsThatOfTheLinkWithTheRelationNext)
{
    EXPECT_EQ(next_reference(R"(</a?n=1>; rel="next")"), "/a?n=1");
    EXPECT_EQ(next_reference("<a>;rel=next"), "a");
    EXPECT_EQ(next_reference(R"(<a>; rel="prev", <b>; rel="next")"), "b");
    EXPECT_EQ(next_reference(R"(<a>; title="<x>; rel=next, \"", <b,c;d>; REL="Last NEXT")"), "b,c;d");
    for (const auto* none : {"", "next", "<a>", R"(<a>; rel="prev"; rel="next")", "<next>; rel=previous",
                             R"(<a>; title="next")", "<a; rel=next", ">next<"})
        EXPECT_EQ(next_reference(none), std::nullopt) << none;
}

} // namespace
} // namespace sf::http
