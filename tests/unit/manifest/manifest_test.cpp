#include "manifest/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sf::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Manifest, HasWhatItsReadersNeed)
{
    const auto manifest = parse(R"({
        "schema": 1, "name": "slurm-24.11", "slurm_version": "24.11.5", "target": "x86_64_v3", "glibc": "2.28",
        "image": {"name": "bookworm", "digest": "00"}, "new in a later version": {"of": ["the tool"]},
        "packages": [{"name": "hwloc", "version": "2.9.0", "license": "BSD-3-Clause", "bytes": 4711,
                      "variants": {"pci": "true", "levels": 3}, "layers": {"run": "ab", "dev": "cd"},
                      "source": "apt:hwloc=2.9.0", "patches": [{"package": "hwloc", "revision": "2.9.0-1", "files": [
                          {"name": "a.patch", "fixes": ["CVE-2026-1", 7]}, {"name": "b.patch"}]}, 1],
                      "relocation": [{"path": "bin/*", "reason": "prints it"}, {"reason": "of nothing"}],
                      "hardening": [{"what": "bind-now", "path": "lib/*", "reason": "plugins"}, {"what": "pie"}]}]})");
    ASSERT_TRUE(manifest) << util::to_string(manifest.error());
    EXPECT_EQ(manifest->name, "slurm-24.11");
    EXPECT_EQ(manifest->slurm_version, "24.11.5");
    EXPECT_EQ(manifest->target, "x86_64_v3");
    EXPECT_EQ(manifest->glibc, "2.28");
    EXPECT_EQ(manifest->image, "bookworm");
    ASSERT_EQ(manifest->packages.size(), 1U);
    const auto& package = manifest->packages.front();
    EXPECT_EQ(package.name, "hwloc");
    EXPECT_EQ(package.version, "2.9.0");
    EXPECT_EQ(package.license, "BSD-3-Clause");
    EXPECT_EQ(package.bytes, 4711U);
    EXPECT_EQ(package.run_layer, "ab");
    EXPECT_EQ(package.source, "apt:hwloc=2.9.0");
    ASSERT_EQ(package.patches.size(), 2U);
    EXPECT_EQ(package.patches.front().package, "hwloc");
    EXPECT_EQ(package.patches.front().revision, "2.9.0-1");
    ASSERT_EQ(package.patches.front().files.size(), 2U);
    EXPECT_EQ(package.patches.front().files.front().name, "a.patch");
    EXPECT_THAT(package.patches.front().files.front().fixes, ElementsAre("CVE-2026-1"));
    EXPECT_THAT(package.patches.front().files.back().fixes, IsEmpty());
    EXPECT_THAT(package.variants, ElementsAre(Pair("levels", "3"), Pair("pci", "true")));
    ASSERT_EQ(package.relocation.size(), 1U);
    EXPECT_EQ(package.relocation.front().path, "bin/*");
    EXPECT_EQ(package.relocation.front().reason, "prints it");
    ASSERT_EQ(package.hardening.size(), 1U);
    EXPECT_EQ(package.hardening.front().what, "bind-now");
    EXPECT_EQ(package.hardening.front().path, "lib/*");
    EXPECT_EQ(package.hardening.front().reason, "plugins");
}

TEST(Manifest, WithoutWhatItShouldHaveIsEmptyThere)
{
    const auto manifest = parse(R"({"name": 7, "image": "bookworm", "packages":
        [{}, "zlib", {"name": ["x"], "bytes": -1, "layers": [], "variants": "none", "relocation": [1, {"path": 2}], "hardening": [{"path": 3}, "x"]}]})");
    ASSERT_TRUE(manifest) << util::to_string(manifest.error());
    EXPECT_EQ(manifest->name, "");
    EXPECT_EQ(manifest->image, "");
    ASSERT_EQ(manifest->packages.size(), 3U);
    for (const auto& package : manifest->packages) {
        EXPECT_EQ(package.name, "");
        EXPECT_EQ(package.bytes, 0U);
        EXPECT_THAT(package.variants, IsEmpty());
        EXPECT_THAT(package.relocation, IsEmpty());
        EXPECT_THAT(package.hardening, IsEmpty());
    }
}

TEST(Manifest, IsAnObjectWithPackages)
{
    for (const char* text : {"", "{", "[]", "{}", R"({"packages": {"zlib": 1}})", "\xff\xfe"}) {
        const auto manifest = parse(text);
        ASSERT_FALSE(manifest) << text;
        EXPECT_EQ(manifest.error().code, util::ErrorCode::verify);
        EXPECT_THAT(manifest.error().message,
                    HasSubstr("share/slurm-factory/manifest.json is not a slurm-factory manifest"));
    }
}

TEST(Manifest, OfManyLevelsIsRefused)
{
    constexpr std::size_t deep = 400'000;
    const auto manifest =
        parse(R"({"packages": [{"variants": {"pci": )" + std::string(deep, '[') + std::string(deep, ']') + "}}]}");
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().message, HasSubstr("nested more than"));
}

} // namespace
} // namespace sf::manifest
