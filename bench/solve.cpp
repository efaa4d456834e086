// How solving grows with the recipes: the built-in ones, and generated sets of 100, 1,000 and 10,000 packages.
#include "solve/solve.hpp"
#include "recipe/recipe_set.hpp"
#include "solve/lock.hpp"
#include "util/files/fs.hpp"

#include <benchmark/benchmark.h>

#include <map>
#include <random>

namespace {

using namespace sf;

const std::vector<std::filesystem::path> recipe_directories = {std::filesystem::path(SF_SOURCE_DIR) / "recipes"};

/// What the base images have, by name.
std::vector<solve::External> externals()
{
    std::vector<solve::External> result;
    for (const auto* name : {"autoconf", "automake", "libtool", "perl", "cmake", "make", "gcc", "g++", "m4", "pkgconf",
                             "bison", "flex", "python", "nvml", "xz", "bzip2"})
        result.push_back({name, std::nullopt});
    return result;
}

solve::SolveRequest request(const char* spec)
{
    return {*spec::Spec::parse(spec), externals(), {}, {}, {}, {}};
}

void solve_built_in(benchmark::State& state, const char* spec)
{
    const auto recipes = *recipe::RecipeSet::load(recipe_directories);
    const auto wanted = request(spec);
    for (auto _ : state) {
        const auto answer = solve::solve(wanted, recipes);
        if (!answer || !std::holds_alternative<solve::Solution>(*answer))
            state.SkipWithError("the request was not solved");
        benchmark::DoNotOptimize(answer);
    }
}
BENCHMARK_CAPTURE(solve_built_in, minimal, "slurm@24.11 +minimal")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(solve_built_in, default, "slurm@24.11")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(solve_built_in, gpu, "slurm@24.11 +gpu")->Unit(benchmark::kMillisecond);

/// Package N of a generated set: three versions, two variants, and up to six dependencies on packages with lower
/// numbers, near ones more often than far ones, some with version ranges or under a variant. The root reaches nearly
/// all of them.
std::string generated_recipe(std::size_t number, std::mt19937& random)
{
    auto yaml = fmt::format("name: p{}\ndescription: Generated.\nlicense: MIT\nversions:\n", number);
    for (const auto* version : {"1.0", "1.5", "2.0"})
        yaml += fmt::format("  - version: \"{}\"\n    sources:\n      - {{url: \"file:///none/p.tar\", sha256: {}}}\n",
                            version, util::sha256(version).to_hex());
    yaml += "variants:\n  a: {default: true}\n  b: {default: x, values: [x, y, z]}\nbuild: {system: make}\n";
    if (number == 0)
        return yaml;
    yaml += "dependencies:\n";
    std::map<std::size_t, std::string> dependencies;
    std::geometric_distribution<std::size_t> distance(0.05);
    std::uniform_int_distribution<int> kind(0, 9);
    for (int i = 0; i < 5; ++i)
        dependencies[number - 1 - std::min(number - 1, distance(random))] = kind(random) < 3 ? "@1.5:" : "";
    for (const auto& [target, range] : dependencies)
        yaml += fmt::format("  - {{spec: \"p{}{}\", type: link{}}}\n", target, range,
                            kind(random) == 0 ? ", when: +a" : "");
    return yaml;
}

const recipe::RecipeSet& generated_set(std::size_t size)
{
    static std::map<std::size_t, recipe::RecipeSet> sets; // making them takes longer than solving
    const auto known = sets.find(size);
    if (known != sets.end())
        return known->second;
    const auto directory = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-solve-bench");
    std::mt19937 random(42); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same sets each time
    for (std::size_t number = 0; number < size; ++number) {
        const auto file = directory.path() / fmt::format("p{}", number) / "recipe.yaml";
        if (!util::write_file_atomic(file, generated_recipe(number, random)))
            throw std::runtime_error("cannot write " + file.string());
    }
    return sets.emplace(size, *recipe::RecipeSet::load({directory.path()})).first->second;
}

void solve_generated(benchmark::State& state)
{
    const auto size = static_cast<std::size_t>(state.range(0));
    const auto& recipes = generated_set(size);
    const auto wanted = request(fmt::format("p{}", size - 1).c_str());
    std::size_t packages = 0;
    for (auto _ : state) {
        const auto answer = solve::solve(wanted, recipes);
        const auto* solution = answer ? std::get_if<solve::Solution>(&*answer) : nullptr;
        if (solution == nullptr) {
            state.SkipWithError("the request was not solved");
            return;
        }
        packages = solution->packages.size();
    }
    state.counters["packages"] = static_cast<double>(packages);
    state.SetComplexityN(state.range(0));
}
BENCHMARK(solve_generated)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond)
    ->Complexity(benchmark::oAuto);

} // namespace
