#include "preference/preference.hpp"

#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace sf::preference {
namespace {

using Words = std::vector<std::string>;

util::Result<Preferences> read(const std::string& text)
{
    SF_TRY(const auto document, yaml::Document::parse(text, "p.yaml"));
    return read_packages(document.root());
}

Preferences must_read(const std::string& text)
{
    auto preferences = read(text);
    if (!preferences)
        throw std::runtime_error(util::to_string(preferences.error()));
    return std::move(*preferences);
}

util::Error fault_of(const std::string& text)
{
    const auto preferences = read(text);
    if (preferences) {
        ADD_FAILURE() << "accepted:\n" << text;
        return {};
    }
    EXPECT_EQ(preferences.error().code, util::ErrorCode::recipe);
    return preferences.error();
}

Words texts(const std::vector<spec::Spec>& specs)
{
    Words words;
    for (const auto& spec : specs)
        words.push_back(spec.to_string());
    return words;
}

/// A file as sites of Spack's have them.
constexpr const char* site_file = R"(# Site-wide settings
packages:
  all:
    compiler: [gcc@12.2.0, clang]
    target: [zen3, x86_64_v3]
    providers:
      mpi: ["openmpi@4.1:", mpich]
      blas: [openblas]
    permissions:
      read: world
      write: group
      group: hpc
    require:
    - "%gcc@12.2.0"
    - any_of: ["%gcc", "%clang"]
      message: no other compilers
    variants: +shared ~docs
    buildable: True
  gcc:
    externals:
    - spec: gcc@12.2.0 languages:='c,c++,fortran'
      prefix: /usr
      extra_attributes:
        compilers:
          c: /usr/bin/gcc
          cxx: /usr/bin/g++
  openmpi:
    externals:
    - spec: "openmpi@4.1.5%gcc@12.2.0+cuda fabrics=ucx schedulers=slurm arch=linux-debian12-zen3"
      prefix: /opt/openmpi-4.1.5
    - spec: openmpi@4.0.7
      modules:
      - openmpi/4.0.7
    buildable: false
    version: [4.1.5, "4.0"]
    require:
    - one_of: ["@4.1.5", "@4.0.7 fabrics=ucx"]
      when: "+cuda"
      message: only these were tested with CUDA
    - spec: "~static"
      when: "%clang"
    prefer: ["+legacylaunchers"]
    conflict:
    - spec: "@4.1.0"
      message: hangs at start
    - "%intel"
  hdf5:
    variants: [+hl, "~mpi api=v112"]
    package_attributes:
      url: https://mirror.example.org/hdf5.tar.gz
  pmix:
    version: [5]
  slurm:
    buildable: false
    set:
      x: 1
  cmake::
    version:: [3.31]
)";

class SpackFile : public ::testing::Test {
protected:
    SpackFile() : preferences_(make()) {}

    static Preferences make()
    {
        const auto directory = util::TempDir::make(std::filesystem::temp_directory_path(), "sf-preference-test");
        if (!directory)
            throw std::runtime_error(directory.error().message);
        const auto file = directory->path() / "packages.yaml";
        if (!util::write_file_atomic(file, site_file))
            throw std::runtime_error("cannot write " + file.string());
        auto preferences = load_packages_file(file);
        if (!preferences)
            throw std::runtime_error(util::to_string(preferences.error()));
        for (auto& note : preferences->notes)
            note.erase(0, file.parent_path().string().size() + 1);
        return std::move(*preferences);
    }

    Preferences preferences_;
};

TEST_F(SpackFile, Externals)
{
    const PackagePreference* openmpi = preferences_.find("openmpi");
    ASSERT_NE(openmpi, nullptr);
    ASSERT_EQ(openmpi->externals.size(), 1U);
    EXPECT_EQ(openmpi->externals[0].spec.to_string(), "openmpi@4.1.5 +cuda fabrics=ucx schedulers=slurm");
    EXPECT_EQ(openmpi->externals[0].prefix, "/opt/openmpi-4.1.5");
    EXPECT_EQ(openmpi->externals[0].where.line, 29);
    EXPECT_EQ(openmpi->where.line, 27);
    EXPECT_EQ(openmpi->buildable, false);
    EXPECT_EQ(openmpi->keys.at("buildable").line, 34);
    EXPECT_EQ(preferences_.find("gcc")->externals.at(0).spec.to_string(), "gcc@12.2.0");
}

TEST_F(SpackFile, Constraints)
{
    const PackagePreference* openmpi = preferences_.find("openmpi");
    ASSERT_EQ(openmpi->require.size(), 1U);
    const Requirement& require = openmpi->require[0];
    EXPECT_EQ(require.mode, Requirement::Mode::one_of);
    EXPECT_EQ(texts(require.specs), (Words{"@4.1.5", "@4.0.7 fabrics=ucx"}));
    ASSERT_TRUE(require.when);
    EXPECT_EQ(require.when->to_string(), "+cuda");
    EXPECT_EQ(require.message, "only these were tested with CUDA");
    EXPECT_EQ(require.where.line, 37);
    ASSERT_EQ(openmpi->prefer.size(), 1U);
    EXPECT_EQ(texts(openmpi->prefer[0].specs), (Words{"+legacylaunchers"}));
    ASSERT_EQ(openmpi->conflict.size(), 1U);
    EXPECT_EQ(texts(openmpi->conflict[0].specs), (Words{"@4.1.0"}));
    EXPECT_FALSE(openmpi->conflict[0].when);
}

TEST_F(SpackFile, Preferences)
{
    const PackagePreference* openmpi = preferences_.find("openmpi");
    ASSERT_EQ(openmpi->versions.size(), 2U);
    EXPECT_EQ(openmpi->versions[0].to_string(), "4.1.5");
    EXPECT_EQ(openmpi->versions[1].to_string(), "4.0");
    EXPECT_EQ(preferences_.find("hdf5")->variants,
              (spec::VariantValues{{"api", "v112"}, {"hl", "true"}, {"mpi", "false"}}));
    const PackagePreference* all = preferences_.find("all");
    EXPECT_EQ(all->variants, (spec::VariantValues{{"docs", "false"}, {"shared", "true"}}));
    EXPECT_EQ(all->target, "zen3");
    EXPECT_EQ(all->buildable, true);
    EXPECT_TRUE(all->require.empty());
    EXPECT_EQ(preferences_.providers,
              (std::map<std::string, Words>{{"blas", {"openblas"}}, {"mpi", {"openmpi", "mpich"}}}));
    EXPECT_EQ(preferences_.find("pmix")->versions.at(0).to_string(), "5");
    EXPECT_TRUE(preferences_.find("cmake")->replaces);
    EXPECT_EQ(preferences_.find("cmake")->versions.at(0).to_string(), "3.31");
    EXPECT_FALSE(openmpi->replaces);
    EXPECT_FALSE(preferences_.replaces);
    EXPECT_EQ(preferences_.find("mpich"), nullptr);
}

TEST_F(SpackFile, WhatHasNoMeaningIsNoted)
{
    EXPECT_EQ(preferences_.notes,
              (Words{"packages.yaml:4: 'compiler' has no meaning here",
                     "packages.yaml:5: the target 'x86_64_v3' is left out: 'zen3' comes first",
                     "packages.yaml:7: of a provider only the name counts: '@4.1:' has no meaning here",
                     "packages.yaml:9: 'permissions' has no meaning here",
                     "packages.yaml:14: this 'require' is left out, as '%gcc@12.2.0' has no meaning here",
                     "packages.yaml:15: this 'require' is left out, as '%gcc' has no meaning here",
                     "packages.yaml:23: 'extra_attributes' has no meaning here",
                     "packages.yaml:21: 'languages:='c,c++,fortran'' has no meaning here",
                     "packages.yaml:29: '%gcc@12.2.0' has no meaning here",
                     "packages.yaml:29: 'arch=linux-debian12-zen3' has no meaning here",
                     "packages.yaml:32: 'modules' has no meaning here",
                     "packages.yaml:31: the external 'openmpi@4.0.7' has modules only and is left out",
                     "packages.yaml:40: this 'require' is left out, as '%clang' has no meaning here",
                     "packages.yaml:46: this 'conflict' is left out, as '%intel' has no meaning here",
                     "packages.yaml:49: 'package_attributes' has no meaning here",
                     "packages.yaml:55: 'set' has no meaning here"}));
}

TEST(ReadPackages, RequireHasManyForms)
{
    auto preferences = must_read("a: {require: '@1 +x'}\n"
                                 "b: {require: ['@1', {any_of: ['@2', '+y']}, {spec: +z %gcc}]}\n");
    EXPECT_EQ(texts(preferences.find("a")->require.at(0).specs), (Words{"@1 +x"}));
    const auto& several = preferences.find("b")->require;
    ASSERT_EQ(several.size(), 3U);
    EXPECT_EQ(several[0].mode, Requirement::Mode::one_of);
    EXPECT_EQ(several[1].mode, Requirement::Mode::any_of);
    EXPECT_EQ(texts(several[1].specs), (Words{"@2", "+y"}));
    EXPECT_EQ(texts(several[2].specs), (Words{"+z"}));
    EXPECT_EQ(preferences.notes, (Words{"p.yaml:2: '%gcc' has no meaning here"}));
}

TEST(ReadPackages, AConstraintThatWouldSayMoreWithoutACompilerIsLeftOut)
{
    const auto preferences = must_read("a:\n"
                                       "  conflict: ['+x %gcc', {spec: +y, when: 'target=x86_64_v3:'}]\n"
                                       "  require: [{one_of: ['%clang', '@:']}]\n"
                                       "  prefer: ['%gcc', '+x']\n");
    const PackagePreference* package = preferences.find("a");
    EXPECT_TRUE(package->conflict.empty());
    EXPECT_TRUE(package->require.empty());
    ASSERT_EQ(package->prefer.size(), 1U);
    EXPECT_EQ(preferences.notes,
              (Words{"p.yaml:2: this 'conflict' is left out, as '%gcc' has no meaning here",
                     "p.yaml:2: this 'conflict' is left out, as 'target=x86_64_v3:' has no meaning here",
                     "p.yaml:3: this 'require' is left out, as '%clang' has no meaning here",
                     "p.yaml:4: this 'prefer' is left out, as '%gcc' has no meaning here"}));
}

TEST(ReadPackages, FlagsAndTargetOfAPackage)
{
    const auto preferences = must_read("slurm:\n  cflags: -O3 -g\n  cxxflags: -O3\n  cppflags: -DX=1\n"
                                       "  ldflags: >-\n    -Wl,-z,now\n    -s\n  target: zen4\n"
                                       "b: {target: ['x86_64:', zen2]}\n");
    const PackagePreference* slurm = preferences.find("slurm");
    EXPECT_EQ(slurm->flags,
              (std::map<std::string, std::string>{
                  {"CFLAGS", "-O3 -g"}, {"CPPFLAGS", "-DX=1"}, {"CXXFLAGS", "-O3"}, {"LDFLAGS", "-Wl,-z,now -s"}}));
    EXPECT_EQ(slurm->target, "zen4");
    EXPECT_EQ(preferences.find("b")->target, "zen2");
    EXPECT_EQ(preferences.notes, (Words{"p.yaml:9: the target 'x86_64:' is not a single one and is left out"}));
}

TEST(ReadPackages, WhatCannotBeUsedIsLeftOutWithANote)
{
    const auto preferences = must_read("all: {version: [1]}\n"
                                       "a: {externals: [{spec: a@1, prefix: $spack/x}, {spec: a@2, prefix: ~/a}]}\n"
                                       "b: {providers: {mpi: [b]}, deprecation: {allow: []}}\n"
                                       "c:\n");
    EXPECT_TRUE(preferences.find("all")->versions.empty());
    EXPECT_TRUE(preferences.find("a")->externals.empty());
    EXPECT_TRUE(preferences.providers.empty());
    EXPECT_TRUE(preferences.find("c")->keys.empty());
    EXPECT_EQ(preferences.notes, (Words{"p.yaml:1: 'version' has no meaning under 'all'",
                                        "p.yaml:2: variables are not expanded: the external at '$spack/x' is left out",
                                        "p.yaml:2: variables are not expanded: the external at '~/a' is left out",
                                        "p.yaml:3: 'providers' has a meaning under 'all' only",
                                        "p.yaml:3: 'deprecation' has no meaning here"}));
}

TEST(ReadPackages, UnknownKeysNameTheNearest)
{
    auto fault = fault_of("slurm:\n  buildible: false\n");
    EXPECT_EQ(fault.message, "p.yaml:2:3: unknown key 'buildible' in 'slurm'");
    EXPECT_EQ(fault.hint, "did you mean 'buildable'?");
    fault = fault_of("slurm: {permisions: {}}\n");
    EXPECT_EQ(fault.hint, "did you mean 'permissions'?");
    fault = fault_of("slurm: {x: 1}\n");
    EXPECT_EQ(fault.hint, "known keys: externals, buildable, version, variants, require, prefer, conflict, providers, "
                          "target, cflags, cppflags, cxxflags, ldflags");
    fault = fault_of("a:\n  externals:\n  - spec: a@1\n    prefx: /usr\n");
    EXPECT_EQ(fault.message, "p.yaml:4:5: unknown key 'prefx' in an item of 'externals'");
    EXPECT_EQ(fault.hint, "did you mean 'prefix'?");
    fault = fault_of("a: {require: [{oneof: [+x]}]}\n");
    EXPECT_EQ(fault.hint, "did you mean 'one_of'?");
    fault = fault_of("a: {conflict: [{one_of: [+x]}]}\n");
    EXPECT_EQ(fault.message, "p.yaml:1:17: unknown key 'one_of' in an item of 'conflict'");
}

TEST(ReadPackages, FaultsOfSpecsAreAtTheirColumn)
{
    EXPECT_EQ(fault_of("a:\n  require: '@1 $x'\n").message,
              "p.yaml:2:16: bad spec \"@1 $x\", column 4: one of @version, +variant, ~variant, key=value or ^package "
              "is expected here");
    EXPECT_EQ(fault_of("a:\n  require:\n  - any_of: [\"+x\", \"%gcc@12 $\"]\n").message.substr(0, 13), "p.yaml:3:29: ");
    EXPECT_EQ(fault_of("a:\n  version: [1.0, 2.x y]\n").message.substr(0, 39),
              "p.yaml:2:21: bad version \"2.x y\": a spa");
    EXPECT_EQ(fault_of("a: {conflict: [{spec: +x, when: ''}]}\n").message.substr(0, 13), "p.yaml:1:33: ");
}

TEST(ReadPackages, FaultsOfShape)
{
    EXPECT_EQ(fault_of("- a\n").message, "p.yaml:1:1: the file must be a mapping (key: value), not a list");
    EXPECT_EQ(fault_of("a: 1\n").message, "p.yaml:1:4: 'a' must be a mapping (key: value), not a single value");
    EXPECT_EQ(fault_of("a b: {}\n").message, "p.yaml:1:1: 'a b' cannot be a package's name");
    EXPECT_EQ(fault_of("a: {}\nb: {}\na:: {}\n").message, "p.yaml:3:1: key 'a' appears twice, first in line 1");
    EXPECT_EQ(fault_of("a: {buildable: no}\n").message, "p.yaml:1:16: 'buildable' must be true or false, not 'no'");
    EXPECT_EQ(fault_of("a: {buildable: []}\n").message, "p.yaml:1:16: 'buildable' must be true or false, not a list");
    EXPECT_EQ(fault_of("a: {externals: {spec: a}}\n").message,
              "p.yaml:1:16: 'externals' must be a list, not a mapping");
    EXPECT_EQ(fault_of("all: {externals: []}\n").message, "p.yaml:1:7: 'externals' is not allowed under 'all'");
    EXPECT_EQ(fault_of("a: {externals: [{prefix: /usr}]}\n").message,
              "p.yaml:1:17: an item of 'externals' lacks the key 'spec'");
    EXPECT_EQ(fault_of("a: {externals: [{spec: a@1}]}\n").message,
              "p.yaml:1:17: an item of 'externals' lacks the key 'prefix'");
    EXPECT_EQ(fault_of("a: {externals: [{spec: b@1, prefix: /usr}]}\n").message,
              "p.yaml:1:24: the external \"b@1\" is not of 'a'");
    EXPECT_EQ(fault_of("a: {externals: [{spec: a@1, prefix: opt/a}]}\n").message,
              "p.yaml:1:37: the prefix 'opt/a' is not an absolute path");
    EXPECT_EQ(fault_of("a: {variants: +x @2}\n").message, "p.yaml:1:15: 'variants' holds variants only");
    EXPECT_EQ(fault_of("a: {variants: [+x, ~x]}\n").message, "p.yaml:1:20: variant 'x' is given twice");
    EXPECT_EQ(fault_of("a: {require: {spec: +x}}\n").message, "p.yaml:1:14: 'require' must be a list, not a mapping");
    EXPECT_EQ(fault_of("a:\n  require:\n").message, "p.yaml:2:3: 'require' must be a list, not nothing");
    EXPECT_EQ(fault_of("a: {require: [{message: m}]}\n").message,
              "p.yaml:1:15: one of 'spec', 'one_of' and 'any_of' is expected here");
    EXPECT_EQ(fault_of("a: {require: [{spec: +x, any_of: [+y]}]}\n").message,
              "p.yaml:1:15: one of 'spec', 'one_of' and 'any_of' is expected here");
    EXPECT_EQ(fault_of("a: {require: [{any_of: []}]}\n").message, "p.yaml:1:24: the list of specs is empty");
    EXPECT_EQ(fault_of("a: {prefer: [{message: m}]}\n").message, "p.yaml:1:14: 'spec' is expected here");
    EXPECT_EQ(fault_of("all: {providers: {mpi: ['@4']}}\n").message,
              "p.yaml:1:25: a package's name is expected as a provider of 'mpi'");
    EXPECT_EQ(fault_of("a:\n  cflags: |\n    -O2\n    -g\n").message, "p.yaml:2:11: flags must be on one line");
}

TEST(ReadPackages, AnchorsAreRefused)
{
    const auto fault = fault_of("a:\n  variants: &v +x\nb:\n  variants: *v\n");
    EXPECT_EQ(fault.message, "p.yaml:2:13: anchors (&name) and aliases (*name) are not used in these files");
    EXPECT_EQ(fault.hint, "write the value out, or quote it if it is meant to begin with & or *");
}

TEST(ReadPackages, ManyPackagesAreReadInTimeThatGrowsWithThem)
{
    const auto text = [](int count) {
        std::string packages;
        for (int i = 0; i < count; ++i)
            packages += "p" + std::to_string(i) + ": {}\n";
        return packages;
    };
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    EXPECT_EQ(must_read(text(40'000)).packages.size(), 40'000U);
    const auto once = Clock::now() - start;
    const auto middle = Clock::now();
    for (int i = 0; i < 10; ++i)
        must_read(text(4'000));
    EXPECT_LT(once, 5 * (Clock::now() - middle))
        << "a tenth of them takes a tenth of the time; the machine may be busy";
    EXPECT_EQ(fault_of("a: {}\n\"a:\": {}\n").message, "p.yaml:2:1: key 'a' appears twice, first in line 1");
}

} // namespace
} // namespace sf::preference
