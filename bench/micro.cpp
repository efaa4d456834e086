// The loops that a run with nothing to do consists of, on the built-in recipes.
#include "plan/key.hpp"
#include "plan/plan.hpp"
#include "recipe/recipe_set.hpp"
#include "solve/solve.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace sf;

const std::vector<std::filesystem::path> recipe_directories = {std::filesystem::path(SF_SOURCE_DIR) / "recipes"};

recipe::RecipeSet load_recipes()
{
    return *recipe::RecipeSet::load(recipe_directories);
}

/// What the base images have, by name.
std::vector<solve::External> externals()
{
    std::vector<solve::External> result;
    for (const auto* name : {"autoconf", "automake", "libtool", "perl", "cmake", "make", "gcc", "g++", "m4", "pkgconf",
                             "bison", "flex", "python", "nvml", "xz", "bzip2"})
        result.push_back({name, std::nullopt});
    return result;
}

solve::Solution solve_minimal(const recipe::RecipeSet& recipes)
{
    return std::get<solve::Solution>(
        *solve::solve({*spec::Spec::parse("slurm@24.11 +minimal"), externals(), {}, {}, {}, {}}, recipes));
}

void load_all_recipes(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(recipe::RecipeSet::load(recipe_directories));
}
BENCHMARK(load_all_recipes)->Unit(benchmark::kMicrosecond);

void parse_spec(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(
            spec::Spec::parse("slurm@25.05:25.11 +pmix ~gtk auth=munge target=x86_64_v3 ^hwloc@2:"));
}
BENCHMARK(parse_spec);

void solve_request(benchmark::State& state)
{
    const auto recipes = load_recipes();
    for (auto _ : state)
        benchmark::DoNotOptimize(solve_minimal(recipes));
}
BENCHMARK(solve_request)->Unit(benchmark::kMicrosecond);

void make_plan_and_keys(benchmark::State& state)
{
    const auto recipes = load_recipes();
    const auto solution = solve_minimal(recipes);
    for (auto _ : state) {
        const auto plan = *plan::make_plan(solution, recipes, {util::sha256("image"), "image", {}, true});
        for (const auto& step : plan.steps) {
            std::vector<plan::InputLayers> layers;
            for (const auto input : step.inputs)
                layers.push_back({plan.steps[input].name, util::sha256("run"), util::sha256("dev")});
            benchmark::DoNotOptimize(plan::key_inputs(plan, step, layers).digest());
        }
    }
}
BENCHMARK(make_plan_and_keys)->Unit(benchmark::kMicrosecond);

} // namespace
