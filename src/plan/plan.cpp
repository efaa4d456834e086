#include "plan/plan.hpp"

#include "plan/script.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <set>

namespace sf::plan {
namespace {

using Index = std::map<std::string, std::size_t>;

/// Everything in the recipe's directory but recipe.yaml itself, whose meaning is in the key already.
util::Result<std::vector<RecipeFile>> hash_recipe_files(const recipe::Recipe& recipe)
{
    SF_TRY(const auto entries, util::walk_tree(recipe.directory));
    std::vector<RecipeFile> files;
    for (const auto& entry : entries) {
        if (entry.type != std::filesystem::file_type::regular || entry.relative == "recipe.yaml")
            continue;
        SF_TRY(const auto digest, util::sha256_file(recipe.directory / entry.relative));
        files.push_back({entry.relative.string(), digest});
    }
    return files;
}

std::vector<std::size_t> places(const Index& index, std::initializer_list<const std::vector<std::string>*> lists)
{
    std::set<std::size_t> result;
    for (const auto* list : lists)
        for (const auto& name : *list)
            result.insert(index.at(name));
    return {result.begin(), result.end()};
}

/// `start` and everything reachable from it by `edges`, in step order.
std::vector<std::size_t> closure(const std::vector<std::size_t>& start,
                                 const std::vector<std::vector<std::size_t>>& edges)
{
    std::set<std::size_t> seen;
    auto waiting = start;
    while (!waiting.empty()) {
        const auto place = waiting.back();
        waiting.pop_back();
        if (seen.insert(place).second)
            waiting.insert(waiting.end(), edges[place].begin(), edges[place].end());
    }
    return {seen.begin(), seen.end()};
}

std::map<std::string, std::string> make_levers(const PlanOptions& options, const recipe::Recipe& recipe)
{
    // libtool and configure spend most of their time in the shell, and dash is several times faster than bash.
    std::map<std::string, std::string> levers = {{"CONFIG_SHELL", "/bin/dash"}};
    if (options.mold) {
        levers["COMPILER_PATH"] = "/usr/libexec/mold"; // gcc looks for `ld` there first
        levers["LD"] = "/usr/bin/ld";                  // for libtool's partial links, which mold 1.10 cannot do
    }
    if (recipe.build.configure_cache && !options.configure_site.empty())
        levers["CONFIG_SITE"] = options.configure_site;
    return levers;
}

util::Status check_flags(const std::map<std::string, Flags>& flags)
{
    for (const auto& [package, variables] : flags)
        for (const auto& [name, text] : variables)
            if (std::find(flag_variables.begin(), flag_variables.end(), name) == flag_variables.end())
                return util::fail(util::ErrorCode::usage, fmt::format("flags of {}: {} holds no flags", package, name),
                                  fmt::format("flags are given in {}",
                                              util::join({flag_variables.begin(), flag_variables.end()}, ", ")));
    return {};
}

/// The target's, those of all packages, and the package's own.
std::vector<Flags> added_flags(const PlanOptions& options, const std::string& package)
{
    std::vector<Flags> added = {options.target.flags()};
    for (const auto& whose : {std::string(all_packages), package})
        if (const auto found = options.flags.find(whose); found != options.flags.end())
            added.push_back(found->second);
    return added;
}

/// A recipe may name directories itself.
std::string with_compiler_directory(const std::string& library_path)
{
    return library_path.empty() ? compiler_directory : fmt::format("{}:{}", compiler_directory, library_path);
}

/// The linker finds the floor's libraries by $LIBRARY_PATH, CMake by its own; recipes may ask which floor it is.
void add_floor(const spec::Floor& floor, std::map<std::string, std::string>& environment)
{
    if (floor.is_host())
        return;
    for (const auto* name : {"LIBRARY_PATH", "CMAKE_LIBRARY_PATH"}) {
        auto& directories = environment[name];
        directories = directories.empty() ? floor_libraries : fmt::format("{}:{}", floor_libraries, directories);
    }
    environment["GLIBC_FLOOR"] = floor.to_string();
}

util::Result<Step> make_step(const solve::SolvedPackage& package, const recipe::RecipeSet& recipes,
                             const PlanOptions& options)
{
    Step step{package.name,
              package.version,
              package.variants,
              recipes.find(package.name),
              {},
              {},
              {},
              {},
              {},
              {},
              {},
              {},
              {}};
    const auto local = options.local_sources.find(package.name);
    if (local != options.local_sources.end()) {
        step.local = local->second;
    } else if (const auto* entry = step.recipe->find_version(package.version)) {
        step.sources = entry->sources;
        step.patch_sets = entry->patches;
    }
    SF_TRY(step.recipe_files, hash_recipe_files(*step.recipe));
    step.phases = make_phases(step);
    step.environment = make_environment(*step.recipe, step.version, added_flags(options, step.name));
    add_floor(options.floor, step.environment);
    step.hardening = options.hardening;
    step.compiler_specs = spec::compiler_specs(options.hardening, step.recipe->hardening.without);
    if (!step.compiler_specs.empty())
        step.environment["LIBRARY_PATH"] = with_compiler_directory(step.environment["LIBRARY_PATH"]);
    step.levers = make_levers(options, *step.recipe);
    return step;
}

} // namespace

std::string patch_archive(std::size_t number)
{
    return fmt::format("{}/patches-{}", sources_directory, number);
}

std::string Step::id() const
{
    return name + "@" + version.to_string();
}

std::vector<std::size_t> Plan::run_closure() const
{
    return closure({steps.size() - 1}, runtime_dependencies);
}

util::Result<Plan> make_plan(const solve::Solution& solution, const recipe::RecipeSet& recipes,
                             const PlanOptions& options)
{
    SF_CHECK(check_flags(options.flags));
    Plan plan{{},
              options.image,
              options.image_name,
              {},
              options.target,
              options.hardening,
              options.floor,
              options.floor_sources};
    Index index;
    for (const auto& package : solution.packages) {
        SF_TRY(auto step, make_step(package, recipes, options));
        step.dependencies = places(index, {&package.build_dependencies, &package.link_dependencies});
        plan.runtime_dependencies.push_back(places(index, {&package.link_dependencies, &package.run_dependencies}));
        step.inputs = closure(step.dependencies, plan.runtime_dependencies);
        index[package.name] = plan.steps.size();
        plan.steps.push_back(std::move(step));
    }
    return plan;
}

util::Result<LocalSource> read_local_source(const std::filesystem::path& path)
{
    const auto absolute = util::absolute_path(path);
    std::error_code error;
    const auto status = std::filesystem::status(absolute, error);
    if (std::filesystem::is_regular_file(status)) {
        SF_TRY(const auto digest, util::sha256_file(absolute));
        return LocalSource{absolute, false, digest};
    }
    if (!std::filesystem::is_directory(status))
        return util::fail(util::ErrorCode::source,
                          fmt::format("--source: there is no file or directory {}", path.string()));
    util::Sha256 hash;
    SF_TRY(const auto entries, util::walk_tree(absolute));
    for (const auto& entry : entries) {
        hash.update(fmt::format("{}\n{:o}\n{}\n", entry.relative.string(), entry.mode, entry.link_target));
        if (entry.type != std::filesystem::file_type::regular)
            continue;
        SF_TRY(const auto digest, util::sha256_file(absolute / entry.relative));
        hash.update(digest.to_hex());
    }
    return LocalSource{absolute, true, hash.finish()};
}

} // namespace sf::plan
