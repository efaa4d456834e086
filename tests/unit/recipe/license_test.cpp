#include "recipe/license.hpp"

#include <gtest/gtest.h>

namespace sf::recipe {
namespace {

TEST(License, WellFormedExpressions)
{
    for (const char* text :
         {"MIT", "GPL-2.0-or-later WITH OpenSSL-exception", "GPL-2.0+", "(MIT)",
          "MIT AND (BSD-3-Clause OR Apache-2.0 WITH LLVM-exception)", "(A OR B) AND (C)", "LicenseRef-own"})
        EXPECT_EQ(license_fault(text), std::nullopt) << text;
}

TEST(License, MalformedExpressions)
{
    EXPECT_EQ(license_fault(""), "it ends where a licence is expected");
    EXPECT_EQ(license_fault("MIT AND"), "it ends where a licence is expected");
    EXPECT_EQ(license_fault("MIT BSD"), "AND, OR, WITH or ')' is expected instead of 'BSD'");
    EXPECT_EQ(license_fault("MIT and BSD"), "AND, OR, WITH or ')' is expected instead of 'and'");
    EXPECT_EQ(license_fault("AND MIT"), "a licence is expected instead of 'AND'");
    EXPECT_EQ(license_fault("MIT, BSD"), "a licence is expected instead of 'MIT,'");
    EXPECT_EQ(license_fault("(MIT"), "a '(' has no ')'");
    EXPECT_EQ(license_fault("MIT)"), "a ')' has no '('");
    EXPECT_EQ(license_fault("()"), "a licence is expected instead of ')'");
    EXPECT_EQ(license_fault("MIT (BSD)"), "AND, OR, WITH or ')' is expected instead of '('");
    EXPECT_EQ(license_fault("GPL-2.0 WITH (X)"), "an exception's name must follow WITH");
}

} // namespace
} // namespace sf::recipe
