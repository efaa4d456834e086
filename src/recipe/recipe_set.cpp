#include "recipe/recipe_set.hpp"

#include "recipe/added_versions.hpp"

#include "util/fd.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"
#include "util/threads.hpp"

#include <fcntl.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

namespace sf::recipe {
namespace {

/// The directories of packages in a directory of recipes, sorted by name.
util::Result<std::vector<std::filesystem::path>> package_directories(const std::filesystem::path& directory)
{
    const util::UniqueFd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened)
        return util::fail(util::ErrorCode::recipe,
                          fmt::format("cannot read the recipe directory {}: {}", directory.string(),
                                      std::generic_category().message(errno)),
                          "name an existing directory that holds NAME/recipe.yaml for each package");
    SF_TRY(const auto names, util::names_in(opened.get(), directory.string()));
    std::vector<std::filesystem::path> found;
    for (const auto& name : names) {
        std::error_code ignored; // an entry that cannot be looked at is no directory of ours
        if (!name.starts_with('.') && std::filesystem::is_directory(directory / name, ignored))
            found.push_back(directory / name);
    }
    return found;
}

bool has_recipe(const std::filesystem::path& package)
{
    return util::path_exists(package / "recipe.yaml");
}

bool has_added_versions(const std::filesystem::path& package)
{
    return util::path_exists(package / added_versions_file);
}

util::Error nothing_to_add_to(const std::filesystem::path& package)
{
    const auto name = package.filename().string();
    return {
        util::ErrorCode::recipe,
        fmt::format("{} adds versions to '{}', which has no recipe", (package / added_versions_file).string(), name),
        {},
        {},
        util::Reason::recipe_missing};
}

util::Error unknown_dependency(const Dependency& dependency, const std::set<std::string>& known)
{
    const auto near = util::nearest(dependency.spec.name, {known.begin(), known.end()});
    return {util::ErrorCode::recipe,
            fmt::format("{}: there is no recipe '{}', and no base image has such a build tool",
                        dependency.where.to_string(), dependency.spec.name),
            near ? fmt::format("did you mean '{}'?", *near)
                 : fmt::format("write recipes/{}/recipe.yaml or remove the dependency", dependency.spec.name),
            {}};
}

bool has_recipe_in(const std::vector<std::filesystem::path>& directories, const std::filesystem::path& name)
{
    return std::any_of(directories.begin(), directories.end(),
                       [&name](const std::filesystem::path& directory) { return has_recipe(directory / name); });
}

/// In the order of the packages. Reading YAML is most of what a command does before it has an answer, so all cores do
/// it.
std::vector<util::Result<Recipe>> load_all(const std::vector<std::filesystem::path>& packages)
{
    constexpr std::size_t worth_a_thread = 8;
    std::vector<std::optional<util::Result<Recipe>>> loaded(packages.size());
    util::in_threads(std::min<std::size_t>(std::thread::hardware_concurrency(), packages.size() / worth_a_thread),
                     packages.size(), [&](std::size_t place) { loaded[place] = load_recipe(packages[place]); });
    std::vector<util::Result<Recipe>> recipes;
    recipes.reserve(loaded.size());
    for (auto& recipe : loaded)
        recipes.push_back(std::move(*recipe));
    return recipes;
}

} // namespace

util::Result<RecipeSet> RecipeSet::load(const std::vector<std::filesystem::path>& directories)
{
    std::vector<std::filesystem::path> packages;
    std::vector<std::filesystem::path> additions;
    for (const auto& directory : directories) {
        SF_TRY(const auto found, package_directories(directory));
        std::copy_if(found.begin(), found.end(), std::back_inserter(packages), has_recipe);
        std::copy_if(found.begin(), found.end(), std::back_inserter(additions), has_added_versions);
    }
    RecipeSet set;
    for (auto& loaded : load_all(packages)) {
        SF_TRY(auto recipe, std::move(loaded));
        auto name = recipe.name;
        set.recipes_.insert_or_assign(std::move(name), std::move(recipe));
    }
    for (const auto& package : additions) {
        SF_TRY(auto added, load_added_versions(package));
        const auto found = set.recipes_.find(package.filename().string());
        if (found == set.recipes_.end())
            return tl::unexpected<util::Error>(nothing_to_add_to(package));
        add_versions(found->second, std::move(added));
    }
    return set;
}

const Recipe* RecipeSet::find(std::string_view name) const
{
    const auto found = recipes_.find(name);
    return found == recipes_.end() ? nullptr : &found->second;
}

util::Result<const Recipe*> RecipeSet::require(std::string_view name) const
{
    if (const auto* recipe = find(name); recipe != nullptr)
        return recipe;
    const auto known = names();
    const auto near = util::nearest(name, known);
    return util::fail(util::ErrorCode::usage, fmt::format("there is no recipe for '{}'", name),
                      near ? fmt::format("did you mean '{}'?", *near) : "known packages: " + util::join(known, ", "));
}

std::vector<std::string> RecipeSet::names() const
{
    std::vector<std::string> names;
    names.reserve(recipes_.size());
    for (const auto& entry : recipes_)
        names.push_back(entry.first);
    return names;
}

util::Result<CheckResult> check_recipes(const std::filesystem::path& directory,
                                        const std::vector<std::filesystem::path>& underlying,
                                        const std::vector<std::string>& externals)
{
    std::set<std::string> known(externals.begin(), externals.end());
    auto learn = [&known](const util::Result<Recipe>& recipe) {
        if (recipe)
            for (const auto& provision : recipe->provides)
                known.insert(provision.name);
    };
    for (const auto& lower : underlying) {
        SF_TRY(const auto packages, package_directories(lower));
        for (const auto& package : packages) {
            if (!has_recipe(package))
                continue;
            known.insert(package.filename().string());
            learn(load_recipe(package)); // whether it is good is not the question here
        }
    }
    SF_TRY(const auto packages, package_directories(directory));
    CheckResult result;
    std::vector<Recipe> good;
    for (const auto& package : packages) {
        ++result.checked;
        known.insert(package.filename().string()); // also where the recipe is faulty: one fault is reported once
        if (has_added_versions(package)) {
            if (auto added = load_added_versions(package); !added)
                result.faults.push_back(std::move(added).error());
            if (!has_recipe(package) && !has_recipe_in(underlying, package.filename()))
                result.faults.push_back(nothing_to_add_to(package));
            if (!has_recipe(package))
                continue;
        }
        if (!has_recipe(package)) {
            result.faults.push_back({util::ErrorCode::recipe,
                                     fmt::format("{} has no recipe.yaml", package.string()),
                                     "write one or remove the directory",
                                     {}});
            continue;
        }
        auto recipe = load_recipe(package);
        learn(recipe);
        if (recipe)
            good.push_back(std::move(*recipe));
        else
            result.faults.push_back(recipe.error());
    }
    for (const auto& recipe : good)
        for (const Dependency& dependency : recipe.dependencies)
            if (!known.contains(dependency.spec.name))
                result.faults.push_back(unknown_dependency(dependency, known));
    return result;
}

} // namespace sf::recipe
