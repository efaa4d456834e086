#include "plan/key.hpp"
#include "plan/plan.hpp"
#include "plan/script.hpp"
#include "support/recipes.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A library, a build-only generator that itself links the library, and a program that needs both.
class Plans : public ::testing::Test {
protected:
    void SetUp() override
    {
        directory_.add("lib", "1.0");
        directory_.add("gen", "1.0", "dependencies:\n  - {spec: lib, type: link}\n");
        directory_.add("app", "2.0", R"(variants:
  json: {default: true, description: d}
dependencies:
  - {spec: gen, type: build}
  - {spec: lib, type: [build, link]}
build:
  system: autotools
  environment: {WHERE: "{prefix}/etc"}
  configure:
    - --first
    - {args: ["--with-json={prefix}"], when: +json}
    - {args: [--never], when: ~json}
  steps:
    finish: "true"
)");
    }
    plan::Plan make(const std::string& spec = "app")
    {
        return *make_with({util::sha256("image"), "img", {}, true}, spec);
    }
    util::Result<plan::Plan> make_with(const plan::PlanOptions& options, const std::string& spec = "app")
    {
        const auto& recipes = *sets_.emplace_back(std::make_unique<recipe::RecipeSet>(directory_.load()));
        const auto answer = solve::solve({*spec::Spec::parse(spec), {}, {}}, recipes);
        return plan::make_plan(std::get<solve::Solution>(*answer), recipes, options);
    }
    static plan::KeyInputs key(const plan::Plan& plan, std::size_t step, const std::string& layer = "x")
    {
        std::vector<plan::InputLayers> layers;
        for (const auto input : plan.steps[step].inputs)
            layers.push_back({plan.steps[input].name, util::sha256(layer), util::sha256("dev")});
        return plan::key_inputs(plan, plan.steps[step], layers);
    }

    test::RecipeDirectory directory_;
    std::vector<std::unique_ptr<recipe::RecipeSet>> sets_; ///< plans point into them
};

TEST_F(Plans, OnlyTheLinkAndRunClosureShips)
{
    const auto plan = make();
    ASSERT_EQ(plan.steps.size(), 3U);
    EXPECT_EQ(plan.steps[0].id(), "lib@1.0");
    EXPECT_EQ(plan.steps[2].id(), "app@2.0");
    EXPECT_THAT(plan.run_closure(), ElementsAre(0, 2));
    EXPECT_THAT(plan.steps[2].inputs, ElementsAre(0, 1)) << "a build sees what its build tools need as well";
}

TEST_F(Plans, ConditionsAndPlaceholdersAreFilledIn)
{
    const auto plan = make();
    const auto script = plan::step_script(plan.steps[2], "");
    EXPECT_THAT(script, HasSubstr("--libdir=/opt/slurm/software/lib"));
    EXPECT_THAT(script, HasSubstr("--with-json=/opt/slurm/software"));
    EXPECT_THAT(script, Not(HasSubstr("--never")));
    EXPECT_EQ(plan.steps[2].environment.at("WHERE"), "/opt/slurm/software/etc");
}

TEST_F(Plans, AScriptStopsAtTheFirstFailureAndMarksItsPhases)
{
    const auto directory = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-script");
    plan::Step step{"x", *spec::Version::parse("1"), {}, nullptr, {}, {}, {}, {}, {}, {}, {}, {}};
    step.phases = {{recipe::Phase::unpack, "echo unpacked\nfalse\necho never"}, {recipe::Phase::unpack, "echo never"}};
    auto script = plan::step_script(step, (directory.path() / "marks").string());
    script = util::replace_all(script, "cd /build", "cd /tmp");
    ASSERT_TRUE(util::write_file_atomic(directory.path() / "run.sh", script));
    const auto result = util::run({{"sh", (directory.path() / "run.sh").string()}});
    ASSERT_TRUE(result);
    EXPECT_NE(result->exit_code, 0);
    EXPECT_THAT(result->output, HasSubstr("unpacked"));
    EXPECT_THAT(result->output, Not(HasSubstr("never")));
    const auto marks = util::read_file(directory.path() / "marks");
    ASSERT_TRUE(marks);
    EXPECT_THAT(*marks, ::testing::StartsWith("unpack "));
    EXPECT_THAT(*marks, Not(HasSubstr("end ")));
}

TEST_F(Plans, OnlyThePhaseBuildFindsOtherCompilers)
{
    auto step = make().steps[2];
    step.compiler_specs.clear(); // would write to /build, with programs of the PATH
    step.phases.clear();
    for (const auto phase : {recipe::Phase::unpack, recipe::Phase::build, recipe::Phase::install})
        step.phases.push_back({phase, "echo $PATH"});
    const auto script = util::replace_all(
        util::replace_all(plan::step_script(step, "", "/other"), "cd /build/app", "cd /tmp"), "cd /build", "cd /tmp");
    const auto result = util::run({{"sh", "-c", "PATH=/usual\n" + script}});
    ASSERT_TRUE(result);
    std::vector<std::string> paths;
    for (const auto& line : util::split(result->output, '\n'))
        if (line.starts_with('/'))
            paths.push_back(line);
    EXPECT_THAT(paths, ElementsAre("/usual", "/other:/usual", "/usual"));
}

TEST_F(Plans, KeysDependOnEachInputAndNothingElse)
{
    const auto plan = make();
    const auto base = key(plan, 2).digest();
    EXPECT_EQ(key(make(), 2).digest(), base);
    EXPECT_NE(key(plan, 2, "other layer").digest(), base);
    EXPECT_NE(key(make("app ~json"), 2).digest(), base);

    directory_.add("lib", "1.0", "# a comment\nhomepage: https://example.org\n");
    EXPECT_EQ(key(make(), 0).digest(), key(plan, 0).digest()) << "what does not reach the build is not in the key";
    ASSERT_TRUE(util::write_file_atomic(directory_.path() / "lib" / "helper.sh", "true"));
    EXPECT_NE(key(make(), 0).digest(), key(plan, 0).digest());
    ASSERT_TRUE(util::remove_tree(directory_.path() / "lib" / "helper.sh"));

    directory_.add("lib", "1.0", "build: {system: make, directory: below}\n");
    EXPECT_NE(key(make(), 0).digest(), key(plan, 0).digest());

    auto other_image = make();
    other_image.image = util::sha256("another");
    EXPECT_NE(key(other_image, 2).digest(), base);
}

TEST_F(Plans, TheOrderOfPatchesCountsOnlyAmongThoseThatAreApplied)
{
    const auto key_with = [&](std::initializer_list<const char*> patches) {
        std::string yaml = "variants:\n  odd: {default: false, description: d}\npatches:\n";
        for (const auto* patch : patches)
            yaml += fmt::format("  - {}\n", patch);
        directory_.add("lib", "1.0", yaml);
        return key(make("lib"), 0).digest();
    };
    for (const auto* name : {"a.patch", "b.patch"})
        ASSERT_TRUE(util::write_file_atomic(directory_.path() / "lib" / name, name));
    const auto* const a = "{file: a.patch}";
    const auto* const b = "{file: b.patch}";
    const auto* const unused_a = "{file: a.patch, when: +odd}";
    const auto* const unused_b = "{file: b.patch, when: +odd}";
    EXPECT_EQ(key_with({unused_a, unused_b}), key_with({unused_b, unused_a}));
    EXPECT_EQ(key_with({a, unused_b}), key_with({unused_b, a}));
    EXPECT_NE(key_with({a, b}), key_with({b, a}));
    EXPECT_NE(key_with({a, unused_b}), key_with({a, b}));
}

TEST_F(Plans, PatchesOfTheDistributionAreInKeysAndScripts)
{
    const auto plan_with = [&](const std::string& sum, const std::string& series, bool local = false) {
        EXPECT_TRUE(util::write_file_atomic(directory_.path() / "lib" / "recipe.yaml", R"(name: lib
description: A test.
license: MIT
versions:
  - version: "1.0"
    sources: [{url: "file:///none/lib.tar", sha256: )" + util::sha256("lib").to_hex() + R"(}]
    patches:
      - {apt: libx, revision: 1.0-2, sha256: )" + util::sha256(sum).to_hex() + ", series: [" +
                                                                                           series + R"(]}
patches: [{file: own.patch, strip: 0}]
build: {system: make}
)"));
        EXPECT_TRUE(util::write_file_atomic(directory_.path() / "lib" / "own.patch", "own"));
        plan::PlanOptions options{util::sha256("image"), "img", {}, true};
        if (local)
            options.local_sources.insert_or_assign("lib", plan::LocalSource{"/nowhere", true, util::sha256("mine")});
        return *make_with(options, "lib");
    };
    const auto plan = plan_with("archive", "one.patch, two.patch");
    const auto script = plan::step_script(plan.steps[0], "");
    EXPECT_THAT(script, HasSubstr("tar -x -f /sources/patches-0 --no-same-owner -C /build/lib.patches-0 \\\n"
                                  "    debian/patches/one.patch \\\n    debian/patches/two.patch\n"));
    const auto first = script.find("apply 'one.patch of libx 1.0-2'");
    const auto second = script.find("apply 'two.patch of libx 1.0-2'");
    const auto own = script.find("apply own.patch /recipe/own.patch -p0");
    EXPECT_LT(script.find("/sources/archive"), first);
    EXPECT_LT(first, second);
    EXPECT_LT(second, own);
    EXPECT_NE(own, std::string::npos);
    EXPECT_EQ(plan.steps[0].patch_sets.size(), 1U);
    EXPECT_THAT(*plan::plain_script(plan), HasSubstr(util::sha256("archive").to_hex() + "/*; do"));

    const auto base = key(plan, 0);
    EXPECT_EQ(key(plan_with("archive", "one.patch, two.patch"), 0).digest(), base.digest());
    EXPECT_NE(key(plan_with("other", "one.patch, two.patch"), 0).digest(), base.digest());
    EXPECT_NE(key(plan_with("archive", "two.patch, one.patch"), 0).digest(), base.digest());
    EXPECT_NE(key(plan_with("archive", "one.patch"), 0).digest(), base.digest());
    EXPECT_THAT(base.to_string(), HasSubstr("patches libx 1.0-2: " + util::sha256("archive").to_hex()));

    const auto local = plan_with("archive", "one.patch", true);
    EXPECT_TRUE(local.steps[0].patch_sets.empty()) << "they are for the recipe's archive";
    EXPECT_THAT(plan::step_script(local.steps[0], ""), Not(HasSubstr("one.patch")));
}

TEST_F(Plans, TheImagesConfigureCacheIsALeverThatARecipeCanRefuse)
{
    directory_.add("gen", "1.0", "build: {system: autotools, configure_cache: false}\n");
    plan::PlanOptions options{util::sha256("image"), "img", {}};
    options.configure_site = "/usr/share/config.site";
    const auto plan = make_with(options);
    ASSERT_TRUE(plan) << util::to_string(plan.error());
    const auto without = make();
    for (std::size_t place = 0; place < plan->steps.size(); ++place) {
        const bool uses = plan->steps[place].name != "gen";
        EXPECT_EQ(plan->steps[place].levers.count("CONFIG_SITE"), uses ? 1U : 0U);
        EXPECT_EQ(key(*plan, place).digest() != key(without, place).digest(), uses);
    }
    EXPECT_EQ(plan->steps.back().levers.at("CONFIG_SITE"), "/usr/share/config.site");
    EXPECT_THAT(*plan::plain_script(*plan), Not(HasSubstr("CONFIG_SITE"))) << "the script has no levers";
}

TEST_F(Plans, ATargetIsInEnvironmentsAndKeys)
{
    directory_.add("gen", "1.0",
                   "dependencies:\n  - {spec: lib, type: link}\n"
                   "build: {system: make, environment: {CFLAGS: -O2 -pipe, CPPFLAGS: \"\"}}\n");
    const auto generic = make();
    plan::PlanOptions options{util::sha256("image"), "img", {}};
    options.target = *spec::Target::parse("x86_64_v3");
    const auto plan = make_with(options);
    ASSERT_TRUE(plan) << util::to_string(plan.error());
    EXPECT_EQ(plan->target.to_string(), "x86_64_v3");
    EXPECT_EQ(generic.target, spec::Target::generic());
    EXPECT_EQ(generic.steps[0].environment.at("CFLAGS"), "-O2 -pipe -ffile-prefix-map=/build/=") << "nothing is added";
    EXPECT_EQ(generic.steps[1].environment.at("CFLAGS"), "-O2 -pipe");
    for (std::size_t place = 0; place < plan->steps.size(); ++place) {
        const auto& with = plan->steps[place].environment;
        const auto& without = generic.steps[place].environment;
        for (const auto* name : {"CFLAGS", "CXXFLAGS"})
            EXPECT_EQ(with.at(name), without.at(name) + " -march=x86-64-v3 -mneeded");
        EXPECT_EQ(with.at("CPPFLAGS"), without.at("CPPFLAGS"));
        EXPECT_EQ(with.at("LDFLAGS"), without.at("LDFLAGS"));
        EXPECT_NE(key(*plan, place).digest(), key(generic, place).digest());
    }
    EXPECT_EQ(plan->steps[1].environment.at("CFLAGS"), "-O2 -pipe -march=x86-64-v3 -mneeded")
        << "a recipe that has its own flags";
}

TEST_F(Plans, AGlibcFloorIsInEnvironmentsAndKeys)
{
    directory_.add("gen", "1.0", "build: {system: make, environment: {LIBRARY_PATH: /own}}\n");
    const auto none = make();
    EXPECT_TRUE(none.floor.is_host());
    EXPECT_EQ(none.steps.back().environment.at("LIBRARY_PATH"), plan::compiler_directory) << "of the hardening level";
    EXPECT_EQ(none.steps.back().environment.count("GLIBC_FLOOR"), 0U);
    plan::PlanOptions options{util::sha256("image"), "img", {}};
    options.floor = spec::Floor::usual();
    options.floor_sources = util::sha256("table");
    const auto plan = make_with(options);
    ASSERT_TRUE(plan) << util::to_string(plan.error());
    for (std::size_t place = 0; place < plan->steps.size(); ++place) {
        const auto& with = plan->steps[place].environment;
        EXPECT_EQ(with.at("GLIBC_FLOOR"), "2.28");
        EXPECT_EQ(with.at("CMAKE_LIBRARY_PATH"), "/floor/lib");
        EXPECT_EQ(with.at("LIBRARY_PATH"), std::string(plan::compiler_directory) + ":/floor/lib" +
                                               (plan->steps[place].name == "gen" ? ":/own" : ""));
        EXPECT_NE(key(*plan, place).digest(), key(none, place).digest());
    }
    EXPECT_THAT(key(*plan, 0).to_string(), HasSubstr("floor: 2.28 " + util::sha256("table").to_hex()));
    const auto base = key(*plan, 0).digest();
    options.floor_sources = util::sha256("another table");
    EXPECT_NE(key(*make_with(options), 0).digest(), base) << "what the libraries are made of counts";
}

TEST_F(Plans, FlagsFollowThoseOfTargetAndRecipe)
{
    const auto plain = make();
    plan::PlanOptions options{util::sha256("image"), "img", {}};
    options.target = *spec::Target::parse("x86_64_v2");
    options.flags = {{"all", {{"CFLAGS", "-g1"}, {"LDFLAGS", ""}}},
                     {"app", {{"CFLAGS", "-O3"}, {"CPPFLAGS", "-DX"}}},
                     {"other", {{"CFLAGS", "-O0"}}}};
    const auto plan = make_with(options);
    ASSERT_TRUE(plan) << util::to_string(plan.error());
    const auto& was = plain.steps[2].environment;
    const auto& app = plan->steps[2].environment;
    EXPECT_EQ(app.at("CFLAGS"), was.at("CFLAGS") + " -march=x86-64-v2 -mneeded -g1 -O3");
    EXPECT_EQ(app.at("CPPFLAGS"), was.at("CPPFLAGS") + " -DX");
    EXPECT_EQ(app.at("LDFLAGS"), was.at("LDFLAGS"));
    const auto& lib = plan->steps[0].environment;
    EXPECT_EQ(lib.at("CFLAGS"), plain.steps[0].environment.at("CFLAGS") + " -march=x86-64-v2 -mneeded -g1");
    EXPECT_EQ(lib.at("CPPFLAGS"), plain.steps[0].environment.at("CPPFLAGS"));

    options.flags = {{"app", {{"PATH", "/x"}}}};
    const auto refused = make_with(options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, util::ErrorCode::usage);
    EXPECT_THAT(util::to_string(refused.error()), HasSubstr("flags of app: PATH"));
}

TEST_F(Plans, FieldBordersAreInTheDigest)
{
    plan::KeyInputs a{{{"ab", "c"}}};
    plan::KeyInputs b{{{"a", "bc"}}};
    EXPECT_NE(a.digest(), b.digest());
    EXPECT_EQ(plan::KeyInputs({{{"steps", "one\ntwo"}}}).to_string(), "steps: one\n    two\n");
}

TEST_F(Plans, ThePlainScriptIsValidShellWithEveryPackageInOrder)
{
    const auto script = plan::plain_script(make());
    ASSERT_TRUE(script);
    const auto lib = script->find("# ---- lib@1.0");
    const auto app = script->find("# ---- app@2.0");
    ASSERT_NE(lib, std::string::npos);
    ASSERT_NE(app, std::string::npos);
    EXPECT_LT(lib, app);
    const auto directory = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-script");
    ASSERT_TRUE(util::write_file_atomic(directory.path() / "plain.sh", *script));
    EXPECT_EQ(util::run({{"sh", "-n", (directory.path() / "plain.sh").string()}})->exit_code, 0);
}

TEST_F(Plans, LocalSourcesAreHashedByContent)
{
    const auto directory = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-local");
    const auto tree = directory.path() / "tree";
    ASSERT_TRUE(util::write_file_atomic(tree / "a.c", "int main;"));
    const auto before = plan::read_local_source(tree);
    ASSERT_TRUE(before);
    EXPECT_TRUE(before->directory);
    ASSERT_TRUE(util::write_file_atomic(tree / "a.c", "int Main;"));
    EXPECT_NE(plan::read_local_source(tree)->digest, before->digest);
    EXPECT_FALSE(plan::read_local_source(directory.path() / "none"));
}

TEST_F(Plans, HardeningIsInTheKeyAndFoundByTheCompilers)
{
    plan::PlanOptions options{util::sha256("image"), "img", {}, true};
    const auto usual = *make_with(options);
    options.hardening = spec::HardeningLevel::strict;
    const auto strict = *make_with(options);
    options.hardening = spec::HardeningLevel::none;
    const auto none = *make_with(options);
    EXPECT_NE(key(usual, 0).digest(), key(strict, 0).digest());
    EXPECT_NE(key(usual, 0).digest(), key(none, 0).digest());
    EXPECT_THAT(key(usual, 0).to_string(), HasSubstr("hardening: default\n    *self_spec:"));
    EXPECT_THAT(key(none, 0).to_string(), Not(HasSubstr("hardening")));
    EXPECT_EQ(usual.steps[0].environment.at("LIBRARY_PATH"), plan::compiler_directory);
    EXPECT_FALSE(none.steps[0].environment.contains("LIBRARY_PATH"));
    EXPECT_THAT(plan::step_script(usual.steps[0], ""), HasSubstr("-fstack-protector-strong"));
    EXPECT_THAT(plan::step_script(none.steps[0], ""), Not(HasSubstr("specs")));
}

TEST_F(Plans, ARecipesLibraryPathStays)
{
    directory_.add("lib", "1.0", "build: {system: make, environment: {LIBRARY_PATH: /own}}\n");
    EXPECT_EQ(make().steps[0].environment.at("LIBRARY_PATH"), std::string(plan::compiler_directory) + ":/own");
}

TEST_F(Plans, APackageIsBuiltWithoutWhatItsRecipeSays)
{
    directory_.add("lib", "1.0",
                   "build: {system: make}\nhardening:\n  without: [bind-now]\n"
                   "  allow: [{what: bind-now, path: lib/x, reason: plugins}]\n");
    const auto plan = make();
    EXPECT_THAT(plan.steps[0].compiler_specs, HasSubstr("-z lazy"));
    EXPECT_THAT(plan.steps[1].compiler_specs, Not(HasSubstr("-z lazy")));
}

} // namespace
