#include "verify/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::verify {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Policy parse(const std::string& text)
{
    auto policy = Policy::parse(text, "policy.yaml");
    EXPECT_TRUE(policy) << util::to_string(policy.error());
    return policy ? *policy : Policy();
}

/// The whole message of what is refused.
std::string refusal(const std::string& text)
{
    const auto policy = Policy::parse(text, "policy.yaml");
    EXPECT_FALSE(policy) << text;
    if (policy)
        return {};
    EXPECT_EQ(policy.error().code, util::ErrorCode::recipe) << text;
    return util::to_string(policy.error());
}

TEST(Policy, AnEmptyFileDemandsTheUsual)
{
    for (const auto* text : {"", "# nothing\n", "hardening: {}\n"}) {
        const auto policy = parse(text);
        EXPECT_THAT(policy.system_libraries, Contains("libc.so.6")) << text;
        EXPECT_FALSE(policy.hardening) << text;
        EXPECT_FALSE(policy.least_relro || policy.bind_now || policy.fortify) << text;
        EXPECT_TRUE(policy.hardening_exceptions) << text;
        EXPECT_FALSE(policy.executable_stack) << text;
        EXPECT_FALSE(policy.text_relocations) << text;
        EXPECT_FALSE(policy.setuid) << text;
        EXPECT_FALSE(policy.world_writable) << text;
        EXPECT_TRUE(policy.rpath) << text;
        EXPECT_EQ(policy.highest_glibc, "") << text;
        EXPECT_EQ(policy.most_bytes, 0U) << text;
    }
}

TEST(Policy, EveryKeyIsRead)
{
    const auto policy = parse(R"(
system-libraries: [libc.so.6, "libnss_*"]
glibc: "2.34"
target: x86_64_v3
forbidden-paths: [/home/, nfs.example]
hardening:
  relro: full
  executable-stack: allow
  text-relocations: allow
  rpath: refuse
  pie: require
  bind-now: require
  level: strict
  stack-protector: require
  fortify: optional
  control-flow: optional
  exceptions: refuse
files: {setuid: allow, world-writable: allow}
size: 100MiB
licenses:
  allowed: [MIT, "BSD-*"]
  denied: [AGPL-*]
)");
    EXPECT_THAT(policy.system_libraries, ElementsAre("libc.so.6", "libnss_*"));
    EXPECT_EQ(policy.highest_glibc, "2.34");
    ASSERT_TRUE(policy.highest_target);
    EXPECT_EQ(policy.highest_target->to_string(), "x86_64_v3");
    EXPECT_THAT(policy.forbidden_paths, ElementsAre("/home/", "nfs.example"));
    EXPECT_EQ(policy.least_relro, Relro::full);
    EXPECT_TRUE(policy.executable_stack);
    EXPECT_TRUE(policy.text_relocations);
    EXPECT_FALSE(policy.rpath);
    EXPECT_EQ(policy.position_independent, true);
    EXPECT_EQ(policy.bind_now, true);
    EXPECT_EQ(policy.hardening, spec::HardeningLevel::strict);
    EXPECT_EQ(policy.stack_protector, true);
    EXPECT_EQ(policy.fortify, false);
    EXPECT_EQ(policy.control_flow, false);
    EXPECT_FALSE(policy.hardening_exceptions);
    EXPECT_TRUE(policy.setuid);
    EXPECT_TRUE(policy.world_writable);
    EXPECT_EQ(policy.most_bytes, 100ULL << 20U);
    EXPECT_THAT(policy.allowed_licenses, ElementsAre("MIT", "BSD-*"));
    EXPECT_THAT(policy.denied_licenses, ElementsAre("AGPL-*"));
}

TEST(Policy, NoSystemLibraryAtAllMayBeDemanded)
{
    EXPECT_THAT(parse("system-libraries: []\n").system_libraries, IsEmpty());
}

TEST(Policy, AnUnknownKeyIsRefusedWithTheNearest)
{
    EXPECT_THAT(refusal("glibc: \"2.34\"\nsizes: 1\n"), HasSubstr("policy.yaml:2:1: unknown key 'sizes'"));
    const auto message = refusal("hardening:\n  relo: full\n");
    EXPECT_THAT(message, HasSubstr("policy.yaml:2:3"));
    EXPECT_THAT(message, HasSubstr("relro"));
    EXPECT_THAT(refusal("files: {setuids: allow}\n"), HasSubstr("setuid"));
    EXPECT_THAT(refusal("licenses: {allow: [MIT]}\n"), HasSubstr("allowed"));
}

TEST(Policy, AValueThatIsNoneIsRefusedWhereItStands)
{
    EXPECT_THAT(refusal("hardening:\n  relro: much\n"), HasSubstr("policy.yaml:2:10: 'relro' cannot be 'much'"));
    EXPECT_THAT(refusal("hardening: {executable-stack: false}\n"), HasSubstr("write refuse or allow"));
    EXPECT_THAT(refusal("hardening: {level: much}\n"),
                HasSubstr("policy.yaml:1:20: there is no hardening level 'much'"));
    EXPECT_THAT(refusal("hardening: {pie: allow}\n"), HasSubstr("write optional or require"));
    EXPECT_THAT(refusal("files: {setuid: no}\n"), HasSubstr("policy.yaml:1:17"));
    for (const auto* version : {"two", "2", "2.", ".34", "2.x", "\"\""})
        EXPECT_THAT(refusal(std::string("glibc: ") + version + "\n"), HasSubstr("is not a glibc version")) << version;
    for (const auto* target : {"x86_64_v5", "native", "haswell"})
        EXPECT_THAT(refusal(std::string("target: ") + target + "\n"), HasSubstr("is not a target")) << target;
    for (const auto* size : {"0", "-1", "many", "1.5GiB"})
        EXPECT_THAT(refusal(std::string("size: ") + size + "\n"), HasSubstr("'size' must be a size")) << size;
    EXPECT_THAT(refusal("forbidden-paths: [/home/, \"\"]\n"), HasSubstr("policy.yaml:1:27"));
    EXPECT_THAT(refusal("forbidden-paths: /home/\n"), HasSubstr("policy.yaml:1:18"));
    EXPECT_THAT(refusal("[1, 2]\n"), HasSubstr("policy.yaml:1:1"));
}

TEST(Policy, AFileThatIsNotThereIsAnError)
{
    const auto policy = Policy::load("/nonexistent/policy.yaml");
    ASSERT_FALSE(policy);
    EXPECT_THAT(util::to_string(policy.error()), HasSubstr("/nonexistent/policy.yaml"));
}

} // namespace
} // namespace sf::verify
