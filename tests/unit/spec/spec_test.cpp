#include "spec/spec.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sf::spec {
namespace {

Spec spec(std::string_view text)
{
    return Spec::parse(text).value();
}

TEST(Spec, ReadsEveryPart)
{
    const auto parsed = spec("slurm@24.11 +pmix ~gtk auth=munge target=x86_64_v3 ^hwloc@2: +pci ^openssl");
    EXPECT_EQ(parsed.name, "slurm");
    ASSERT_TRUE(parsed.versions);
    EXPECT_EQ(parsed.versions->to_string(), "24.11");
    EXPECT_EQ(parsed.variants, (VariantValues{{"auth", "munge"}, {"gtk", "false"}, {"pmix", "true"}}));
    EXPECT_EQ(parsed.target, "x86_64_v3");
    ASSERT_EQ(parsed.dependencies.size(), 2U);
    EXPECT_EQ(parsed.dependencies[0].name, "hwloc");
    EXPECT_EQ(parsed.dependencies[0].versions->to_string(), "2:");
    EXPECT_EQ(parsed.dependencies[0].variants, (VariantValues{{"pci", "true"}}));
    EXPECT_EQ(parsed.dependencies[1].name, "openssl");
}

TEST(Spec, PrintsCanonically)
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"slurm", "slurm"},
        {"  slurm\t@24.11 ", "slurm@24.11"},
        {"slurm@24.11+pmix~gtk", "slurm@24.11 ~gtk +pmix"},
        {"slurm auth=munge -gtk +pmix", "slurm ~gtk +pmix auth=munge"},
        {"slurm target=zen3 auth=munge", "slurm auth=munge target=zen3"},
        {"slurm json=true hwloc=False", "slurm ~hwloc +json"},
        {"ncurses@6.5+20250216+wide", "ncurses@6.5+20250216 +wide"},
        {"slurm@=24.11.5,25.05:", "slurm@=24.11.5,25.05:"},
        {"slurm^hwloc@2:^zlib", "slurm ^hwloc@2: ^zlib"},
        {"slurm ^ hwloc", "slurm ^hwloc"},
        {"@23: +json", "@23: +json"},
        {"+json", "+json"},
        {"auth=munge", "auth=munge"},
        {"^zlib", "^zlib"},
        {"a ++", ""},
        {"lib-foo_2@1", "lib-foo_2@1"},
        {"slurm gpu=nvidia,amd", "slurm gpu=nvidia,amd"},
    };
    for (const auto& [text, canonical] : cases) {
        const auto parsed = Spec::parse(text);
        if (canonical.empty()) {
            EXPECT_FALSE(parsed) << text;
            continue;
        }
        ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
        EXPECT_EQ(parsed->to_string(), canonical);
        EXPECT_EQ(spec(canonical), *parsed) << text;
    }
}

TEST(Spec, RefusesWithTheColumnAndWhatWasExpected)
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "column 1: a spec is expected, such as slurm@24.11 +pmix"},
        {"slurm@", "column 7: a version or range is expected, such as 24.11, =24.11.5, 1.2:1.4 or 2:"},
        {"slurm@24..11 +pmix", "column 9: '.' must be between digits or letters"},
        {"slurm@24.11,", "column 13: a version or range is expected, such as 24.11, =24.11.5, 1.2:1.4 or 2:"},
        {"slurm +", "column 8: a variant's name is expected after '+'"},
        {"slurm ++pmix", "column 8: a variant's name is expected after '+'"},
        {"slurm ~ gtk", "column 8: a variant's name is expected after '~'"},
        {"slurm pmix", "column 7: 'pmix' is not a constraint"},
        {"+pmix slurm", "column 7: 'slurm' is not a constraint"},
        {"slurm auth=", "column 12: a value is expected after 'auth='"},
        {"slurm auth==munge", "column 12: a value is expected after 'auth='"},
        {"slurm auth=munge+pmix", "column 17: this is not allowed in the value of 'auth'"},
        {"slurm %gcc@12", "column 7: compilers (%) are not chosen by spec"},
        {"slurm ^", "column 8: a package name is expected after '^'"},
        {"slurm ^@2", "column 8: a package name is expected after '^'"},
        {"slurm ^hwloc ^hwloc", "column 15: '^hwloc' is given twice"},
        {"slurm@1 @2", "column 9: versions are given twice"},
        {"slurm +a ~a", "column 10: variant 'a' is given twice"},
        {"slurm target=a target=b", "column 16: target is given twice"},
        {"slurm +target", "column 7: target takes a value"},
        {"slurm (x)", "column 7: one of @version, +variant, ~variant, key=value or ^package is expected here"},
    };
    for (const auto& [text, message] : cases) {
        const auto parsed = Spec::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().message, fmt::format("spec \"{}\", {}", text, message));
        EXPECT_EQ(parsed.error().code, util::ErrorCode::usage);
    }
}

TEST(Spec, IsSatisfiedByAConcretePackage)
{
    const auto version = Version::parse("24.11.5").value();
    const VariantValues values = {{"json", "true"}, {"auth", "munge"}};
    EXPECT_TRUE(spec("slurm@24.11 +json auth=munge").satisfied_by("slurm", version, values));
    EXPECT_TRUE(spec("+json").satisfied_by("anything", version, values));
    EXPECT_TRUE(spec("@24: target=zen3 ^zlib@99").satisfied_by("slurm", version, values));
    EXPECT_FALSE(spec("munge").satisfied_by("slurm", version, values));
    EXPECT_FALSE(spec("@25:").satisfied_by("slurm", version, values));
    EXPECT_FALSE(spec("~json").satisfied_by("slurm", version, values));
    EXPECT_FALSE(spec("+pmix").satisfied_by("slurm", version, values));
    EXPECT_FALSE(spec("~pmix").satisfied_by("slurm", version, values)) << "a variant the package lacks is not met";
}

/// Random specs, always the same ones.
class Generator {
public:
    Spec spec()
    {
        Spec result = package(true);
        for (unsigned i = below(3); i > 0; --i) {
            Spec dependency = package(false);
            dependency.name += "-" + std::to_string(i);
            result.dependencies.push_back(dependency);
        }
        return result;
    }

    unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }

private:
    std::string word()
    {
        static const std::string first = "abcxyz019_";
        static const std::string rest = "abz09_-";
        std::string text(1, first[below(static_cast<unsigned>(first.size()))]);
        for (unsigned i = below(6); i > 0; --i)
            text += rest[below(static_cast<unsigned>(rest.size()))];
        return text;
    }

    std::string version()
    {
        std::string text = std::to_string(below(30));
        for (unsigned i = below(4); i > 0; --i) {
            static const std::vector<std::string> parts = {".0", ".11", "-3", "+20250216", "rc1", "a", "_b2", ".007"};
            text += parts[below(static_cast<unsigned>(parts.size()))];
        }
        return text;
    }

    std::string range()
    {
        switch (below(5)) {
        case 0:
            return "=" + version();
        case 1:
            return version() + ":";
        case 2:
            return ":" + version();
        case 3:
            return version() + "," + version() + ":";
        default:
            return version();
        }
    }

    Spec package(bool may_lack_name)
    {
        Spec result;
        if (!may_lack_name || below(4) != 0)
            result.name = word();
        if (below(2) == 0)
            result.versions = VersionRange::parse(range()).value();
        for (unsigned i = below(4); i > 0; --i)
            result.variants.emplace(word(), below(2) == 0 ? "true" : (below(2) == 0 ? "false" : "v1.2,x/y:z-3"));
        if (below(3) == 0)
            result.target = "x86_64_v3";
        return result;
    }

    std::mt19937 random_{20250216}; // NOLINT: a fixed seed makes the test repeatable
};

TEST(SpecProperty, ParseOfToStringIsTheSame)
{
    Generator generator;
    for (int i = 0; i < 5000; ++i) {
        const Spec original = generator.spec();
        if (original == Spec{})
            continue; // has no text
        const auto text = original.to_string();
        const auto parsed = Spec::parse(text);
        ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
        EXPECT_EQ(*parsed, original) << text;
        EXPECT_EQ(parsed->to_string(), text);
    }
}

TEST(SpecProperty, AnyTextIsAResult)
{
    Generator generator;
    static const std::string alphabet = "ab1.@:=,+~-^% _\t\x80%";
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        for (unsigned length = generator.below(12); length > 0; --length)
            text += alphabet[generator.below(static_cast<unsigned>(alphabet.size()))];
        const auto parsed = Spec::read(text);
        if (parsed) {
            const auto again = Spec::parse(parsed->to_string());
            ASSERT_TRUE(again) << text << " printed as " << parsed->to_string();
            EXPECT_EQ(*again, *parsed) << text;
        } else {
            EXPECT_LE(parsed.error().offset, text.size()) << text;
            EXPECT_FALSE(parsed.error().what.empty());
        }
    }
}

} // namespace
} // namespace sf::spec
