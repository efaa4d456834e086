// What there is to choose from: packages, versions, externals, providers.
#include "solve/problem.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <tuple>

namespace sf::solve {
namespace {

using recipe::Recipe;
using util::ErrorCode;

template <typename T, typename U> bool contains(const std::vector<T>& list, const U& value)
{
    return std::find(list.begin(), list.end(), value) != list.end();
}

std::string names_of(const std::vector<recipe::Variant>& variants)
{
    std::vector<std::string> names;
    names.reserve(variants.size());
    for (const auto& variant : variants)
        names.push_back(variant.name);
    return names.empty() ? "none" : util::join(names, ", ");
}

/// How to add the version that is asked for, where it looks like a patch release of a known series.
std::string way_to_add(const Recipe& recipe, const spec::VersionRange& wanted)
{
    const auto& text = wanted.to_string();
    const auto version = spec::Version::parse(text.starts_with('=') ? text.substr(1) : text);
    const auto parts = [](const std::string& dotted) { return std::count(dotted.begin(), dotted.end(), '.') + 1; };
    if (!version || parts(version->to_string()) < 2)
        return {};
    const auto count = parts(version->to_string());
    const auto series = version->up_to(static_cast<std::size_t>(count) - 1);
    const bool near = std::any_of(recipe.versions.begin(), recipe.versions.end(), [&](const auto& entry) {
        return parts(entry.version.to_string()) == count &&
               entry.version.up_to(static_cast<std::size_t>(count) - 1) == series;
    });
    return near ? fmt::format("; if {0} was released since: slurm-factory recipe add {1}@{0}", version->to_string(),
                              recipe.name)
                : std::string();
}

/// The series of a recipe's versions, newest first; what belongs to none comes last.
std::vector<std::optional<spec::Version>> series_of(const Recipe& recipe)
{
    std::vector<std::optional<spec::Version>> series;
    for (const auto& entry : recipe.versions)
        if (auto one = recipe.series_of(entry.version); !contains(series, one))
            series.push_back(std::move(one));
    std::sort(series.begin(), series.end(), [](const auto& a, const auto& b) { return a && (!b || *a > *b); });
    return series;
}

/// A recipe without `support` says nothing of any version.
bool is_supported(const Recipe& recipe, const spec::Version& version, const std::optional<std::chrono::sys_days>& today)
{
    return recipe.support.empty() || !today || recipe.is_supported(version, *today);
}

/// Place of the version in the site's list of preferred ones; the list's length when none of them has it.
std::size_t place_in(const preference::PackagePreference* preference, const spec::Version& version)
{
    if (preference == nullptr)
        return 0;
    std::size_t place = 0;
    for (const auto& range : preference->versions) {
        if (range.contains(version))
            return place;
        ++place;
    }
    for (const auto& preferred : preference->prefer) {
        for (const auto& spec : preferred.specs)
            if (spec.versions && spec.versions->contains(version))
                return place;
        ++place;
    }
    return place;
}

} // namespace

bool lists(const Versions& versions, const std::string& package, const spec::Version& version)
{
    const auto found = versions.find(package);
    return found != versions.end() && contains(found->second, version);
}

bool is_gone(const SolveRequest& request, const std::string& package, const spec::Version& version)
{
    const bool stored = package != request.root.name && lists(request.stored, package, version);
    return !stored && lists(request.unobtainable, package, version);
}

std::vector<spec::Version> ranked_versions(const Recipe& recipe, const SolveRequest& request)
{
    struct Ranked {
        spec::Version version;
        std::tuple<std::size_t, bool, bool, bool, bool, std::size_t, bool> worth; ///< lower is better
    };
    const auto* preference = request.preferences.find(recipe.name);
    const bool is_root = recipe.name == request.root.name;
    const auto series = series_of(recipe);
    std::vector<Ranked> ranked;
    for (const auto& entry : recipe.versions) {
        const auto& version = entry.version;
        const bool stored = !is_root && lists(request.stored, recipe.name, version);
        const bool gone = is_gone(request, recipe.name, version);
        const bool vulnerable = lists(request.vulnerable, recipe.name, version);
        const auto place = std::find(series.begin(), series.end(), recipe.series_of(version)) - series.begin();
        ranked.push_back(
            {version,
             {place_in(preference, version), gone, !stored || vulnerable, !entry.preferred,
              !is_supported(recipe, version, request.today), static_cast<std::size_t>(place), vulnerable}});
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
        return a.worth != b.worth ? a.worth < b.worth : a.version > b.version;
    });
    std::vector<spec::Version> versions;
    versions.reserve(ranked.size());
    for (auto& one : ranked)
        versions.push_back(std::move(one.version));
    return versions;
}

Problem::Problem(const SolveRequest& request, const recipe::RecipeSet& recipes) : request_(request), recipes_(recipes)
{
    for (const auto& name : recipes_.names())
        for (const auto& provision : recipes_.find(name)->provides)
            virtuals_[provision.name].push_back(name);
    for (auto& [name, providers] : virtuals_) {
        std::sort(providers.begin(), providers.end());
        providers.erase(std::unique(providers.begin(), providers.end()), providers.end());
        const auto wanted = request_.preferences.providers.find(name);
        if (wanted == request_.preferences.providers.end())
            continue;
        const auto place = [&list = wanted->second](const std::string& provider) {
            return std::find(list.begin(), list.end(), provider) - list.begin();
        };
        std::stable_sort(providers.begin(), providers.end(),
                         [&place](const std::string& a, const std::string& b) { return place(a) < place(b); });
    }
}

util::Result<Problem> Problem::make(const SolveRequest& request, const recipe::RecipeSet& recipes)
{
    Problem problem(request, recipes);
    SF_CHECK(problem.check_request());
    SF_CHECK(problem.collect());
    SF_CHECK(problem.add_rules());
    return problem;
}

util::Status Problem::check_spec(const spec::Spec& spec, Place place)
{
    const auto* recipe = recipes_.find(spec.name);
    if (recipe == nullptr) {
        for (const auto& external : request_.externals)
            if (external.name == spec.name && place == Place::dependency)
                return {};
        if (virtuals_.contains(spec.name))
            return util::fail(ErrorCode::usage, fmt::format("'{}' is a virtual package", spec.name),
                              "name one of its providers: " + util::join(virtuals_.at(spec.name), ", "));
        return tl::unexpected<util::Error>(recipes_.require(spec.name).error());
    }
    for (const auto& [name, value] : spec.variants)
        if (auto fault = variant_fault(*recipe, name, value))
            return tl::unexpected<util::Error>(std::move(*fault));
    const bool known = std::any_of(recipe->versions.begin(), recipe->versions.end(), [&spec](const auto& entry) {
        return !spec.versions || spec.versions->contains(entry.version);
    });
    if (known || contains(request_.own_source, spec.name))
        return {};
    return util::fail(ErrorCode::usage,
                      fmt::format("unknown version '{}' of {}", spec.versions->to_string(), spec.name),
                      "known versions: " + known_versions(*recipe) + way_to_add(*recipe, *spec.versions));
}

util::Status Problem::check_request()
{
    SF_CHECK(check_spec(request_.root, Place::root));
    for (const auto& extra : request_.root.dependencies)
        SF_CHECK(check_spec(extra, Place::dependency));
    return {};
}

bool Problem::is_buildable(const std::string& name) const
{
    for (const auto* key : {name.c_str(), "all"})
        if (const auto* preference = request_.preferences.find(key); preference != nullptr && preference->buildable)
            return *preference->buildable;
    return true;
}

util::Status Problem::add_choice(const std::string& name)
{
    Choice choice;
    choice.recipe = recipes_.find(name);
    for (const auto& external : request_.externals)
        if (external.name == name)
            choice.options.push_back({external.version, true, {}});
    if (choice.recipe != nullptr && is_buildable(name)) {
        const bool any = !request_.obtainable_only || contains(request_.own_source, name);
        for (auto& version : ranked_versions(*choice.recipe, request_))
            if (any || !is_gone(request_, name, version))
                choice.options.push_back({std::move(version), false, {}});
        // A source that the user brings may be of a version that the recipe does not list.
        if (name == request_.root.name && contains(request_.own_source, name) && request_.root.versions) {
            auto text = request_.root.versions->to_string();
            auto version = spec::Version::parse(text.starts_with('=') ? text.substr(1) : text);
            const bool known = std::any_of(choice.options.begin(), choice.options.end(), [&](const Option& option) {
                return option.version && request_.root.versions->contains(*option.version);
            });
            if (version && !known)
                choice.options.push_back({std::move(*version), false, {}});
        }
    }
    // Among providers of a virtual package the better one has the higher priority.
    int priority = 0;
    for (const auto& [virtual_name, providers] : virtuals_) {
        const auto place = std::find(providers.begin(), providers.end(), name);
        if (place != providers.end())
            priority = -static_cast<int>(place - providers.begin());
    }
    auto rank = static_cast<int>(choice.options.size());
    for (std::size_t i = 0; i < choice.options.size(); ++i) {
        auto& option = choice.options[i];
        option.candidate = pool_.add(name, rank--, priority);
        packages_.emplace(option.candidate, std::pair(name, i));
        if (!option.external)
            pool_.provide(option.candidate, pool_.capability(name + "!built"));
    }
    choices_.emplace(name, std::move(choice));
    return {};
}

util::Status Problem::collect()
{
    std::vector<std::string> waiting = {request_.root.name};
    for (const auto& extra : request_.root.dependencies)
        waiting.push_back(extra.name);
    while (!waiting.empty()) {
        const auto name = waiting.back();
        waiting.pop_back();
        if (choices_.contains(name))
            continue;
        SF_CHECK(add_choice(name));
        const auto& choice = choices_.at(name);
        if (choice.recipe == nullptr)
            continue;
        for (const auto& dependency : choice.recipe->dependencies) {
            const auto& needed = dependency.spec.name;
            const auto provided = virtuals_.find(needed);
            if (provided != virtuals_.end() && recipes_.find(needed) == nullptr)
                waiting.insert(waiting.end(), provided->second.begin(), provided->second.end());
            else
                waiting.push_back(needed);
        }
    }
    return {};
}

util::Result<solv::SolverOutcome> Problem::solve(const std::map<std::string, const Option*>& held)
{
    std::vector<solv::Need> wanted = {pool_.capability(the_request)};
    for (const auto& [name, option] : held)
        wanted.push_back(pool_.capability(fmt::format("{}#{}", name, static_cast<int>(option->candidate))));
    return pool_.solve(wanted);
}

std::optional<std::pair<std::string, const Option*>> Problem::package_of(solv::Candidate candidate) const
{
    const auto found = packages_.find(candidate);
    if (found == packages_.end())
        return std::nullopt;
    const auto& [name, place] = found->second;
    return std::pair(name, &choices_.at(name).options[place]);
}

const Problem::Value* Problem::value_of(solv::Candidate candidate) const
{
    const auto found = values_.find(candidate);
    return found == values_.end() ? nullptr : &found->second;
}

const Demand* Problem::demand_of(solv::Candidate from, solv::Need need) const
{
    const auto found = demands_.find({from, need});
    return found == demands_.end() ? nullptr : &found->second;
}

const std::string* Problem::conflict_of(solv::Candidate from, solv::Need need) const
{
    const auto found = conflicts_.find({from, need});
    return found == conflicts_.end() ? nullptr : &found->second;
}

std::optional<util::Error> variant_fault(const Recipe& recipe, const std::string& name, const std::string& value)
{
    const auto* variant = recipe.find_variant(name);
    if (variant == nullptr) {
        std::vector<std::string> names;
        for (const auto& known : recipe.variants)
            names.push_back(known.name);
        const auto known = "its variants: " + names_of(recipe.variants);
        const auto near = util::nearest(name, names);
        return util::Error{ErrorCode::usage,
                           fmt::format("{} has no variant '{}'", recipe.name, name),
                           near ? fmt::format("did you mean '{}'? {}", *near, known) : known,
                           {}};
    }
    if (!variant->allows(value))
        return util::Error{ErrorCode::usage,
                           fmt::format("'{}' is not a value of {}'s variant '{}'", value, recipe.name, name),
                           "its values: " + util::join(variant->values, ", "),
                           {}};
    return std::nullopt;
}

std::string known_versions(const Recipe& recipe)
{
    std::vector<spec::Version> versions;
    for (const auto& entry : recipe.versions)
        versions.push_back(entry.version);
    std::sort(versions.begin(), versions.end());
    std::vector<std::string> texts;
    texts.reserve(versions.size());
    for (const auto& version : versions)
        texts.push_back(version.to_string());
    return util::join(texts, ", ");
}

} // namespace sf::solve
