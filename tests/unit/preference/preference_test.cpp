#include "preference/preference.hpp"

#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace sf::preference {
namespace {

using Words = std::vector<std::string>;

class PackagesFile : public ::testing::Test {
protected:
    PackagesFile() : directory_(make()) {}

    static util::TempDir make()
    {
        auto made = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-preference-test");
        if (!made)
            throw std::runtime_error(made.error().message);
        return std::move(*made);
    }

    [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "packages.yaml"; }

    [[nodiscard]] util::Result<Preferences> load(const std::string& text) const
    {
        SF_CHECK(util::write_file_atomic(file(), text));
        return load_packages_file(file());
    }

    [[nodiscard]] Preferences must_load(const std::string& text) const
    {
        auto preferences = load(text);
        if (!preferences)
            throw std::runtime_error(util::to_string(preferences.error()));
        return std::move(*preferences);
    }

    /// Files one over the other, the lowest first.
    [[nodiscard]] Preferences stack(const Words& texts) const
    {
        Preferences result;
        for (const auto& text : texts)
            result.overlay(must_load(text));
        return result;
    }

private:
    util::TempDir directory_;
};

TEST_F(PackagesFile, MayBeEmpty)
{
    for (const char* text : {"", "# nothing\n", "packages:\n", "packages: {}\n"})
        EXPECT_TRUE(must_load(text).packages.empty()) << text;
}

TEST_F(PackagesFile, HasOneKey)
{
    const auto fault = load("config:\n  x: 1\n");
    ASSERT_FALSE(fault);
    EXPECT_EQ(fault.error().message, file().string() + ":1:1: unknown key 'config' in the file");
    EXPECT_EQ(fault.error().hint, "everything in such a file is under 'packages:'");
    const auto twice = load("packages: {}\npackages:: {}\n");
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().message, file().string() + ":2:1: key 'packages' appears twice, first in line 1");
}

TEST_F(PackagesFile, MustBeThere)
{
    EXPECT_FALSE(load_packages_file(file()));
}

TEST_F(PackagesFile, LaterFilesWinKeyByKey)
{
    const auto merged = stack({"packages:\n"
                               "  all: {target: zen2, providers: {mpi: [mpich], blas: [openblas]}}\n"
                               "  a:\n"
                               "    externals: [{spec: a@1, prefix: /one}]\n"
                               "    buildable: false\n"
                               "    version: [1]\n"
                               "    variants: +x +y\n"
                               "    require: '@1'\n"
                               "    prefer: ['+p']\n"
                               "    conflict: ['+q']\n"
                               "    cflags: -O1\n"
                               "    ldflags: -s\n"
                               "    permissions: {}\n",
                               "packages:\n"
                               "  all: {providers: {mpi: [openmpi]}}\n"
                               "  a: {version: [2], variants: ~x, require: [], cflags: -O2, target: zen3}\n"
                               "  b: {buildable: false, set: {}}\n"});
    const PackagePreference* a = merged.find("a");
    ASSERT_NE(a, nullptr);
    EXPECT_EQ(a->externals.at(0).prefix, "/one");
    EXPECT_EQ(a->buildable, false);
    ASSERT_EQ(a->versions.size(), 1U);
    EXPECT_EQ(a->versions[0].to_string(), "2");
    EXPECT_EQ(a->variants, (spec::VariantValues{{"x", "false"}}));
    EXPECT_TRUE(a->require.empty()) << "an empty list takes the lower file's away";
    EXPECT_EQ(a->prefer.size(), 1U);
    EXPECT_EQ(a->conflict.size(), 1U);
    EXPECT_EQ(a->flags, (std::map<std::string, std::string>{{"CFLAGS", "-O2"}, {"LDFLAGS", "-s"}}));
    EXPECT_EQ(a->target, "zen3");
    EXPECT_EQ(a->where.line, 3);
    EXPECT_EQ(a->keys.at("buildable").line, 5);
    EXPECT_EQ(a->keys.at("version").line, 3);
    EXPECT_EQ(merged.find("all")->target, "zen2");
    EXPECT_EQ(merged.find("b")->buildable, false);
    EXPECT_EQ(merged.providers, (std::map<std::string, Words>{{"blas", {"openblas"}}, {"mpi", {"openmpi"}}}));
    EXPECT_EQ(merged.notes, (Words{file().string() + ":13: 'permissions' has no meaning here",
                                   file().string() + ":4: 'set' has no meaning here"}));
}

TEST_F(PackagesFile, AllKindsOfConstraintsAndExternalsAreReplaced)
{
    const auto merged = stack({"packages:\n  a: {externals: [{spec: a@1, prefix: /one}], buildable: false,\n"
                               "      prefer: [+p], conflict: [+q]}\n",
                               "packages:\n  a: {externals: [{spec: a@2, prefix: /two}], buildable: true,\n"
                               "      prefer: [+r], conflict: []}\n"});
    const PackagePreference* a = merged.find("a");
    ASSERT_EQ(a->externals.size(), 1U);
    EXPECT_EQ(a->externals[0].prefix, "/two");
    EXPECT_EQ(a->buildable, true);
    ASSERT_EQ(a->prefer.size(), 1U);
    EXPECT_EQ(a->prefer[0].specs.at(0).to_string(), "+r");
    EXPECT_TRUE(a->conflict.empty());
}

TEST_F(PackagesFile, AFurtherColonLeavesNothingOfLowerFiles)
{
    const std::string lower = "packages:\n  all: {target: zen2, providers: {mpi: [mpich]}}\n"
                              "  a: {buildable: false, version: [1]}\n";
    auto merged = stack({lower, "packages:\n  a:: {version: [2]}\n"});
    EXPECT_FALSE(merged.find("a")->buildable);
    EXPECT_EQ(merged.find("all")->target, "zen2");
    EXPECT_EQ(merged.providers.size(), 1U);

    merged = stack({lower, "packages:\n  all:: {providers: {blas: [openblas]}}\n"});
    EXPECT_TRUE(merged.find("all")->target.empty());
    EXPECT_EQ(merged.providers, (std::map<std::string, Words>{{"blas", {"openblas"}}}));
    EXPECT_EQ(merged.find("a")->buildable, false);

    merged = stack({lower, "packages::\n  b: {version: [2]}\n"});
    EXPECT_EQ(merged.packages.size(), 1U);
    EXPECT_TRUE(merged.providers.empty());
    EXPECT_TRUE(merged.replaces);
}

External external(const std::string& spec, const std::string& prefix)
{
    auto parsed = spec::Spec::parse(spec);
    if (!parsed)
        throw std::runtime_error(parsed.error().message);
    return {std::move(*parsed), prefix, {}};
}

TEST(ExternalsYaml, IsSpacksFormat)
{
    EXPECT_EQ(externals_yaml({external("openmpi@4.1.5", "/opt/openmpi"), external("cmake@3.25.1", "/usr"),
                              external("openmpi@=5.0.3 ~cuda", "/opt/my \"mpi\"\\: 5")}),
              "packages:\n"
              "  cmake:\n"
              "    externals:\n"
              "    - spec: cmake@3.25.1\n"
              "      prefix: /usr\n"
              "    buildable: false\n"
              "  openmpi:\n"
              "    externals:\n"
              "    - spec: openmpi@4.1.5\n"
              "      prefix: /opt/openmpi\n"
              "    - spec: \"openmpi@=5.0.3 ~cuda\"\n"
              "      prefix: \"/opt/my \\\"mpi\\\"\\\\: 5\"\n"
              "    buildable: false\n");
    EXPECT_EQ(externals_yaml({}), "packages: {}\n");
}

TEST_F(PackagesFile, OfExternalsReadsBack)
{
    const std::vector<External> written = {external("a@1.2 +x", "/opt/a b"), external("a@2", "/x\"y\\z: #")};
    const auto read = must_load(externals_yaml(written));
    ASSERT_EQ(read.find("a")->externals.size(), 2U);
    for (std::size_t i = 0; i < written.size(); ++i) {
        EXPECT_EQ(read.find("a")->externals[i].spec, written[i].spec);
        EXPECT_EQ(read.find("a")->externals[i].prefix, written[i].prefix);
    }
    EXPECT_EQ(read.find("a")->buildable, false);
    EXPECT_TRUE(must_load(externals_yaml({})).packages.empty());
}

} // namespace
} // namespace sf::preference
