#include "spec/hardening.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::spec {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(HardeningLevel, ReadsBackTheSame)
{
    for (const auto level : all_hardening_levels) {
        const auto read = parse_hardening_level(to_string(level));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, level);
    }
    for (const auto* text : {"", "Default", "standard", "full"}) {
        const auto read = parse_hardening_level(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, util::ErrorCode::usage);
        EXPECT_THAT(read.error().message, HasSubstr(text));
        EXPECT_THAT(read.error().hint, HasSubstr("none, default or strict"));
    }
}

TEST(CompilerSpecs, NoneAddsNothing)
{
    EXPECT_THAT(compiler_specs(HardeningLevel::none, {}), IsEmpty());
    EXPECT_THAT(compiler_wrapper(HardeningLevel::none, {}, "distcc"), Not(HasSubstr("case")));
}

TEST(CompilerSpecs, EachLevelHasItsFlags)
{
    const auto usual = compiler_specs(HardeningLevel::standard, {});
    for (const auto* flag : {"-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-fstack-clash-protection",
                             "-fcf-protection", "-fPIE", "-pie", "-z relro", "-z now"})
        EXPECT_THAT(usual, HasSubstr(flag));
    EXPECT_THAT(usual, Not(HasSubstr("auto-var-init")));
    const auto strict = compiler_specs(HardeningLevel::strict, {});
    for (const auto* flag : {"-fstack-protector-strong", "-D_FORTIFY_SOURCE=3", "-ftrivial-auto-var-init=zero",
                             "-D_GLIBCXX_ASSERTIONS", "-z noexecstack"})
        EXPECT_THAT(strict, HasSubstr(flag));
}

TEST(CompilerSpecs, WhatACommandSaysItselfStays)
{
    const auto specs = compiler_specs(HardeningLevel::standard, {});
    EXPECT_THAT(specs, HasSubstr("%{!fstack-protector*:%{!fno-stack-protector:-fstack-protector-strong}}"));
    EXPECT_THAT(specs, HasSubstr("%{O*:%{!O0:%{!D_FORTIFY_SOURCE*:%{!U_FORTIFY_SOURCE:-D_FORTIFY_SOURCE=2}}}}"));
}

TEST(CompilerSpecs, APackageIsBuiltWithoutWhatItCannotHave)
{
    const auto lazy = compiler_specs(HardeningLevel::standard, {Protection::bind_now});
    EXPECT_THAT(lazy, HasSubstr("%{shared:-z lazy;:-z now}"));
    EXPECT_THAT(lazy, HasSubstr("-z relro"));
    const auto open = compiler_specs(HardeningLevel::standard, {Protection::fortify, Protection::pie});
    EXPECT_THAT(open, Not(HasSubstr("FORTIFY")));
    EXPECT_THAT(open, Not(HasSubstr("pie")));
    EXPECT_THAT(open, HasSubstr("-fcf-protection"));
}

TEST(CompilerWrapper, RunsTheCommandBehindThePrefix)
{
    const auto script = compiler_wrapper(HardeningLevel::standard, {Protection::control_flow}, "distcc");
    EXPECT_THAT(script, HasSubstr("-fstack-protector-strong"));
    EXPECT_THAT(script, Not(HasSubstr("cf-protection")));
    EXPECT_TRUE(script.ends_with("\nexec distcc \"$@\"\n"));
}

} // namespace
} // namespace sf::spec
