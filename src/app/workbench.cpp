#include "app/workbench.hpp"

#include "util/text.hpp"

namespace sf::app {
namespace {

using util::ErrorCode;

util::Result<std::map<std::string, plan::LocalSource>> read_sources(const std::vector<std::string>& arguments)
{
    std::map<std::string, plan::LocalSource> sources;
    for (const auto& argument : arguments) {
        const auto equals = argument.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
            return util::fail(ErrorCode::usage, fmt::format("--source {}: not of the form PACKAGE=PATH", argument),
                              "for example: --source slurm=./slurm-24.11.5.tar.bz2");
        SF_TRY(auto local, plan::read_local_source(argument.substr(equals + 1)));
        sources.insert_or_assign(argument.substr(0, equals), std::move(local));
    }
    return sources;
}

/// "slurm@24.11+minimal"; a version that cannot be read is the user's mistake.
util::Result<spec::Spec> root_spec(const BuildRequest& request)
{
    // One version and no range: it names the files that ship and the module.
    constexpr const char* hint = "give a series such as 24.11, or an exact version such as 24.11.5";
    if (const auto version = spec::Version::parse(request.slurm_version); !version)
        return util::fail(ErrorCode::usage,
                          fmt::format("--slurm-version {}: {}", request.slurm_version, version.error().message), hint);
    auto range = spec::VersionRange::parse(request.slurm_version);
    if (!range)
        return util::fail(ErrorCode::usage,
                          fmt::format("--slurm-version {}: {}", request.slurm_version, range.error().message), hint);
    spec::Spec root;
    root.name = "slurm";
    root.versions = std::move(*range);
    if (request.minimal)
        root.variants["minimal"] = "true";
    return root;
}

} // namespace

util::Result<Planned> solve_request(const Context& context, const BuildRequest& request)
{
    Planned planned;
    if (!request.target.empty()) {
        SF_TRY(planned.target, spec::Target::parse(request.target));
    }
    SF_TRY(planned.local_sources, read_sources(request.sources));
    SF_TRY(auto recipes, recipe::RecipeSet::load(context.site.recipe_directories));
    planned.recipes = std::make_unique<recipe::RecipeSet>(std::move(recipes));
    const auto image_name =
        context.site.image.empty() ? image::default_image_name(context.site.image_directories) : context.site.image;
    SF_TRY(planned.image_recipe, image::find_image_recipe(context.site.image_directories, image_name));

    solve::Request wanted;
    SF_TRY(wanted.root, root_spec(request));
    for (const auto& [name, command] : planned.image_recipe.externals)
        wanted.externals.push_back(name);
    for (const auto& [name, source] : planned.local_sources)
        wanted.own_source.push_back(name);
    SF_TRY(auto answer, solve::solve(wanted, *planned.recipes));
    if (const auto* unsolvable = std::get_if<solve::Unsolvable>(&answer))
        return util::fail(ErrorCode::conflict, unsolvable->explanation);
    planned.solution = std::get<solve::Solution>(std::move(answer));
    for (const auto& [name, source] : planned.local_sources)
        if (planned.solution.find(name) == nullptr)
            return util::fail(ErrorCode::usage,
                              fmt::format("--source {}: this build has no package of that name", name));
    return planned;
}

util::Result<plan::Plan> plan_request(const Context& context, const Planned& planned, const util::Digest& image)
{
    plan::PlanOptions options{image, planned.image_recipe.name, planned.local_sources, context.site.levers.mold};
    options.target = planned.target;
    return plan::make_plan(planned.solution, *planned.recipes, options);
}

} // namespace sf::app
