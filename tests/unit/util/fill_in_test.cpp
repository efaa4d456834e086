#include "util/fill_in.hpp"

#include <gtest/gtest.h>

namespace {

using sf::util::fill_in;

TEST(FillIn, GapsWithinALine)
{
    EXPECT_EQ(fill_in("a=@a@, b=@b@@a@;", {{"a", "1"}, {"b", "2"}}), "a=1, b=21;");
}

TEST(FillIn, AGapOfALineStandsForLines)
{
    EXPECT_EQ(fill_in("case\n#@some@\n@none@\nesac\n", {{"some", "one\ntwo\n"}, {"none", ""}}),
              "case\none\ntwo\nesac\n");
    EXPECT_EQ(fill_in("@some@\n", {{"some", "one\n"}}), "one\n");
    EXPECT_EQ(fill_in("#@some@", {{"some", "one\n"}}), "one\n");
    EXPECT_EQ(fill_in("# @some@\n @some@\n", {{"some", "one"}}), "# one\n one\n");
}

TEST(FillIn, OtherSignsStay)
{
    EXPECT_EQ(fill_in("\"$@\" a@b c@ @unknown@ @Name@ @@ @", {{"b c", "1"}, {"name", "2"}}),
              "\"$@\" a@b c@ @unknown@ @Name@ @@ @");
    EXPECT_EQ(fill_in("x@unknown@a@", {{"a", "1"}}), "x@unknown1");
    EXPECT_EQ(fill_in("", {}), "");
}

TEST(FillIn, ValuesHaveNoGaps)
{
    EXPECT_EQ(fill_in("@a@ @b@\n@a@\n", {{"a", "@b@\n"}, {"b", "@a@"}}), "@b@\n @a@\n@b@\n");
}

} // namespace
