#include "app/request/solving.hpp"

#include "app/audit/audit.hpp"
#include "app/request/source_availability.hpp"
#include "image/floor.hpp"
#include "solve/lock.hpp"
#include "util/files/foreign_file.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

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

util::Result<std::optional<image::Image>> find_image(const Session& session, const image::ImageRecipe& recipe)
{
    SF_TRY(auto* const database, session.find_database());
    if (database == nullptr)
        return std::optional<image::Image>();
    return image::ImageStore(session.site, *database, session.events).find(recipe);
}

/// The build tools of the base image: with their versions once it is made, else as the site claims them.
util::Result<std::vector<solve::External>> externals_of(const Session& session, const SolvedRequest& solved)
{
    std::map<std::string, std::string> claimed;
    for (const auto& [name, package] : session.site.packages.packages)
        for (const auto& external : package.externals)
            if (solved.image_recipe.externals.contains(name) && external.spec.versions)
                claimed[name] = external.spec.versions->to_string();
    if (solved.image)
        SF_CHECK(image::check_externals(*solved.image, claimed));
    std::vector<solve::External> externals;
    for (const auto& [name, command] : solved.image_recipe.externals) {
        solve::External external{name, std::nullopt};
        auto known = claimed[name];
        if (solved.image)
            if (const auto found = solved.image->externals.find(name); found != solved.image->externals.end())
                known = found->second;
        if (!known.empty()) {
            SF_TRY(external.version, spec::Version::parse(known.starts_with('=') ? known.substr(1) : known));
        }
        externals.push_back(std::move(external));
    }
    return externals;
}

util::Result<solve::Solution> solve_wanted(const solve::SolveRequest& wanted, const recipe::RecipeSet& recipes)
{
    SF_TRY(auto answer, solve::solve(wanted, recipes));
    if (const auto* unsolvable = std::get_if<solve::Unsolvable>(&answer))
        return util::fail(ErrorCode::conflict, unsolvable->explanation);
    return std::get<solve::Solution>(std::move(answer));
}

bool needs_gone(const solve::Solution& solution, const solve::SolveRequest& wanted)
{
    const auto& own = wanted.own_source;
    return std::any_of(solution.packages.begin(), solution.packages.end(), [&](const solve::SolvedPackage& package) {
        return std::find(own.begin(), own.end(), package.name) == own.end() &&
               solve::is_gone(wanted, package.name, package.version);
    });
}

/// Whether the other answer has another version of a package of which the site prefers some.
bool disregards_site(const solve::Solution& other, const solve::Solution& best, const preference::Preferences& site)
{
    return std::any_of(best.packages.begin(), best.packages.end(), [&](const solve::SolvedPackage& package) {
        const auto* wanted = site.find(package.name);
        const auto* same = other.find(package.name);
        return wanted != nullptr && (!wanted->versions.empty() || !wanted->prefer.empty()) &&
               (same == nullptr || same->version != package.version);
    });
}

/// The best answer whose sources the tool can get. If there is none, or it disregards what the site prefers: the best
/// of all.
util::Result<solve::Solution> solve_obtainable(const solve::SolveRequest& wanted, const recipe::RecipeSet& recipes)
{
    SF_TRY(auto best, solve_wanted(wanted, recipes));
    if (!needs_gone(best, wanted))
        return best;
    auto stricter = wanted;
    stricter.obtainable_only = true;
    SF_TRY(auto answer, solve::solve(stricter, recipes));
    auto* solution = std::get_if<solve::Solution>(&answer);
    if (solution != nullptr && !disregards_site(*solution, best, wanted.preferences))
        return std::move(*solution);
    return best;
}

/// Solves; where the answer needs a host that does not answer, once more without it.
util::Result<solve::Solution> solve_obtainable(const Session& session, solve::SolveRequest& wanted,
                                               const recipe::RecipeSet& recipes)
{
    SourceAvailability availability(session);
    for (;;) {
        wanted.unobtainable = availability.unobtainable(recipes);
        SF_TRY(auto solution, solve_obtainable(wanted, recipes));
        SF_TRY(const bool again, availability.probe(solution, recipes, wanted.stored));
        if (!again)
            return solution;
    }
}

/// An image may lack a tool that its recipe names, where the mirrors did not have the package.
util::Status check_tools(const solve::Solution& solution, const image::Image& image)
{
    for (const auto& package : solution.packages)
        for (const auto& tool : package.external_build_tools)
            if (!image.externals.contains(tool))
                return util::fail(util::ErrorCode::conflict,
                                  fmt::format("{} is built with {}, which the host's package mirrors did not have when "
                                              "base image {} was made",
                                              package.name, tool, image.name),
                                  fmt::format("once the mirrors have it, 'slurm-factory image remove {}' and build "
                                              "again; or choose what does not need it",
                                              image.name));
    return {};
}

/// Newer versions that the solver would have taken instead of the chosen one if the tool could get their sources.
std::vector<spec::Version> passed_over(const recipe::Recipe& recipe, solve::SolveRequest wanted,
                                       const spec::Version& chosen)
{
    std::vector<spec::Version> newer;
    const auto passed = std::exchange(wanted.unobtainable, {});
    const auto ranked = solve::ranked_versions(recipe, wanted);
    const auto end = std::find(ranked.begin(), ranked.end(), chosen);
    if (end == ranked.end()) // the user brings it
        return newer;
    std::copy_if(ranked.begin(), end, std::back_inserter(newer), [&](const spec::Version& version) {
        return version > chosen && solve::lists(passed, recipe.name, version) &&
               (!wanted.root.versions || wanted.root.versions->contains(version));
    });
    return newer;
}

/// Warns if a newer version was skipped because its source cannot be downloaded.
void warn_of_older(const Session& session, const solve::SolveRequest& wanted, const SolvedRequest& solved)
{
    const auto& root = solved.root();
    const auto* preferred = wanted.preferences.find(root.name);
    if (!wanted.unobtainable.contains(root.name) || (preferred != nullptr && !preferred->versions.empty()))
        return; // the site chose it
    const auto better = passed_over(*solved.recipes->find(root.name), wanted, root.version);
    if (better.empty())
        return;
    const auto newest = std::max_element(better.begin(), better.end())->to_string();
    const auto skipped = better.size() == 1 ? newest
                                            : fmt::format("{} and {} other newer version{}", newest, better.size() - 1,
                                                          better.size() == 2 ? "" : "s");
    session.events.on_event(event::Message{
        event::Message::Level::warning,
        fmt::format("cannot download {0} {1}; building {2} ('{0}@={3}' insists, --source {0}=PATH supplies it)",
                    root.name, skipped, root.version.to_string(), newest)});
}

/// The recipe's patches of the distribution are for the archive that it names.
void warn_of_unpatched(const Session& session, const SolvedRequest& solved)
{
    for (const auto& [name, source] : solved.local_sources) {
        const auto* package = solved.solution.find(name);
        const auto* entry = package == nullptr ? nullptr : solved.recipes->find(name)->find_version(package->version);
        if (entry != nullptr && !entry->patches.empty())
            session.events.on_event(
                event::Message{event::Message::Level::warning,
                               fmt::format("{}@{} is built from --source unchanged, without the recipe's patches of {}",
                                           name, package->version.to_string(), entry->patches.front().to_string())});
    }
}

/// What the command line names, where it does.
struct Asked {
    std::optional<spec::HardeningLevel> hardening = {};
    std::optional<spec::Floor> floor = {};
};

util::Result<Asked> read_asked(const BuildRequest& request)
{
    Asked asked;
    if (!request.hardening.empty()) {
        SF_TRY(asked.hardening, spec::parse_hardening_level(request.hardening));
    }
    if (!request.glibc.empty()) {
        SF_TRY(asked.floor, spec::Floor::parse(request.glibc));
    }
    return asked;
}

/// A lock file says what is built; an option must not say something else.
util::Status check_asked(const std::filesystem::path& file, const solve::Lock& lock, const Asked& asked)
{
    constexpr const char* way_out =
        "leave the option out, or make the lock file again: slurm-factory spec ... --lock FILE";
    if (asked.hardening && *asked.hardening != lock.hardening)
        return util::fail(ErrorCode::usage,
                          fmt::format("{} was made for hardening level {}, and --hardening asks for {}", file.string(),
                                      spec::to_string(lock.hardening), spec::to_string(*asked.hardening)),
                          way_out);
    if (asked.floor && *asked.floor != lock.floor)
        return util::fail(ErrorCode::usage,
                          fmt::format("{} was made for glibc floor {}, and --glibc asks for {}", file.string(),
                                      lock.floor.to_string(), asked.floor->to_string()),
                          way_out);
    return {};
}

util::Status read_locked(const std::filesystem::path& file, const Asked& asked, SolvedRequest& solved)
{
    SF_TRY(const auto text, util::read_named_file(file, json::Limits().bytes));
    SF_TRY(auto lock, solve::read_lock(text, file.string(), *solved.recipes));
    if (lock.image != solved.image_recipe.name)
        return util::fail(
            ErrorCode::conflict,
            fmt::format("{} was made for base image {}, not {}", file.string(), lock.image, solved.image_recipe.name),
            "add --image " + lock.image);
    if (solved.image)
        for (const auto& external : lock.solution.externals) {
            const auto known = solved.image->externals.find(external.name);
            const auto wanted = external.version ? external.version->to_string() : "";
            if (known == solved.image->externals.end() || (!wanted.empty() && known->second != wanted))
                return util::fail(ErrorCode::conflict,
                                  fmt::format("{} was made with {} {}, and base image {} has {}", file.string(),
                                              external.name, wanted, lock.image,
                                              known == solved.image->externals.end() ? "none" : known->second),
                                  "make the lock file again: slurm-factory spec ... --lock FILE");
        }
    SF_TRY(solved.target, spec::Target::parse(lock.target));
    SF_CHECK(check_asked(file, lock, asked));
    solved.hardening = lock.hardening;
    solved.floor = lock.floor;
    solved.request = std::move(lock.request);
    solved.solution = std::move(lock.solution);
    return {};
}

/// By the first that says one: the command line, config.yaml, packages.yaml.
util::Result<spec::Target> choose_target(const site::Site& site, const BuildRequest& request, const spec::Spec& root)
{
    for (const auto& named : {request.target, root.target, site.slurm.target})
        if (!named.empty())
            return spec::Target::parse(named);
    for (const auto& name : {root.name, std::string("all")}) {
        const auto* package = site.packages.find(name);
        if (package == nullptr || package->target.empty())
            continue;
        auto target = spec::Target::parse(package->target);
        if (!target)
            return util::fail(std::move(target).error(),
                              fmt::format("reading 'target' of '{}' in packages.yaml", name));
        return target;
    }
    return spec::Target::generic();
}

/// The series that the solver chose, as if it had been asked for: it names the files that ship and the module.
util::Status name_series(const SolvedRequest& solved, spec::Spec& root)
{
    const auto& chosen = solved.root();
    const auto series = solved.recipes->find(chosen.name)->series_of(chosen.version);
    if (root.versions || !series)
        return {};
    SF_TRY(root.versions, spec::VersionRange::parse(series->to_string()));
    return {};
}

/// Warns of versions past their support and of holes; otherwise says who supports the requested package.
void warn_of_faults(const Session& session, const SolvedRequest& solved)
{
    for (auto& fault : faults_of(solved.solution, solved.statuses))
        session.events.on_event(event::Message{event::Message::Level::warning, std::move(fault)});
    if (auto text = support_text(solved.root(), solved.statuses); !text.empty())
        session.events.on_event(event::Message{event::Message::Level::info, std::move(text)});
}

std::vector<std::string> names_of(const std::map<std::string, plan::LocalSource>& sources)
{
    std::vector<std::string> names;
    names.reserve(sources.size());
    for (const auto& [name, source] : sources)
        names.push_back(name);
    return names;
}

/// An unknown flag would fail each package in its first configure script.
util::Status check_compiler(const SolvedRequest& solved)
{
    if (!solved.image || solved.hardening == spec::HardeningLevel::none)
        return {};
    const auto gcc = solved.image->externals.find("gcc");
    if (gcc == solved.image->externals.end())
        return {};
    SF_TRY(const auto least, spec::Version::parse(std::string(spec::least_gcc(solved.hardening))));
    const auto version = spec::Version::parse(gcc->second);
    if (!version || *version >= least)
        return {};
    return util::fail(
        ErrorCode::conflict,
        fmt::format("hardening level {} needs GCC {}, and base image {} has {}", spec::to_string(solved.hardening),
                    least.to_string(), solved.image->name, gcc->second),
        solved.hardening == spec::HardeningLevel::strict ? "build with --hardening default, or in another image"
                                                         : "build in another image, or with --hardening none");
}

util::Status solve_root(const Session& session, const BuildRequest& request, SolvedRequest& solved)
{
    solve::SolveRequest wanted{{}, {}, {}, session.site.packages, {}, {}};
    wanted.today = today();
    wanted.vulnerable = vulnerable_versions(*solved.recipes, solved.advisories);
    SF_TRY(wanted.root, root_spec(session.site, request));
    SF_TRY(solved.target, choose_target(session.site, request, wanted.root));
    SF_TRY(wanted.externals, externals_of(session, solved));
    wanted.own_source = names_of(solved.local_sources);
    if (session.site.reuse && !request.fresh && solved.image) {
        SF_TRY(wanted.stored, stored_versions(session, solved.image->digest));
    }
    SF_TRY(solved.solution, solve_obtainable(session, wanted, *solved.recipes));
    if (solved.image)
        SF_CHECK(check_tools(solved.solution, *solved.image));
    warn_of_older(session, wanted, solved);
    SF_CHECK(name_series(solved, wanted.root));
    solved.request = wanted.root.to_string();
    return {};
}

/// As a package, or, in an imported image, as a tool that was found.
bool has_mold(const image::ImageRecipe& recipe)
{
    constexpr const char* mold = "mold";
    const auto& packages = recipe.packages;
    return recipe.externals.contains(mold) || std::find(packages.begin(), packages.end(), mold) != packages.end();
}

} // namespace

util::Result<SolvedRequest> solve_request(const Session& session, const BuildRequest& request)
{
    SolvedRequest solved;
    SF_TRY(solved.local_sources, read_sources(request.sources));
    for (const auto& note : session.site.packages.notes)
        session.events.on_event(event::Message{event::Message::Level::info, note});
    SF_TRY(solved.recipes, session.recipes());
    const auto directories = image::recipe_directories(session.site);
    const auto usual = image::usual_image_name(session.site);
    SF_TRY(solved.image_recipe,
           image::find_image_recipe(directories, request.toolchain.empty() ? usual : request.toolchain));
    solved.usual_image = solved.image_recipe.name == usual;
    SF_TRY(solved.image, find_image(session, solved.image_recipe));
    SF_TRY(solved.advisories, shipped_advisories(solved.recipes->names()));
    SF_TRY(const auto asked, read_asked(request));
    solved.hardening = asked.hardening.value_or(session.site.hardening);
    solved.floor = asked.floor.value_or(session.site.floor);
    if (request.lock)
        SF_CHECK(read_locked(*request.lock, asked, solved));
    else
        SF_CHECK(solve_root(session, request, solved));
    for (const auto& [name, source] : solved.local_sources)
        if (solved.solution.find(name) == nullptr)
            return util::fail(ErrorCode::usage,
                              fmt::format("--source {}: this build has no package of that name", name));
    SF_CHECK(check_compiler(solved));
    warn_of_unpatched(session, solved);
    solved.statuses =
        security_statuses(solved.solution, *solved.recipes, solved.advisories, names_of(solved.local_sources), today());
    warn_of_faults(session, solved);
    return solved;
}

util::Result<plan::Plan> plan_request(const Session& session, const SolvedRequest& solved, const util::Digest& image)
{
    plan::PlanOptions options{image,
                              solved.image_recipe.name,
                              solved.local_sources,
                              session.site.levers.mold && has_mold(solved.image_recipe),
                              {},
                              solved.target,
                              {},
                              solved.hardening,
                              solved.floor};
    if (!solved.floor.is_host()) {
        SF_TRY(const auto sources, image::read_floor_sources(session.site.floor_directory));
        options.floor_sources = sources.digest;
    }
    if (session.site.levers.configure_cache && solved.image_recipe.answers_configure()) {
        if (solved.floor.is_host())
            options.configure_site = image::configure_site_file;
        else if (!solved.image_recipe.configure_cache.empty()) // an imported image has answers, and no questions
            options.configure_site = image::floor_configure_site;
    }
    for (const auto& [name, package] : session.site.packages.packages)
        options.flags[name] = package.flags;
    return plan::make_plan(solved.solution, *solved.recipes, options);
}

std::string lock_text(const SolvedRequest& solved)
{
    return solve::lock_text({solved.request, solved.target.to_string(), solved.image_recipe.name, solved.solution,
                             solved.hardening, solved.floor},
                            *solved.recipes);
}

} // namespace sf::app
