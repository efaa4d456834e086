#include "solve/solve.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace sf::solve {
namespace {

using recipe::Recipe;
using util::ErrorCode;

/// Who put a spec on a package, when it was not another package's recipe.
constexpr const char* the_request = "the request";

/// A spec somebody put on a package, and who.
struct Constraint {
    spec::Spec spec;
    std::string from;
};

/// One version and variants of a package, with the dependencies that follow from them.
struct Choice {
    spec::Version version;
    spec::VariantValues variants;
    std::vector<const recipe::Dependency*> dependencies;
};

using Constraints = std::map<std::string, std::vector<Constraint>>;
using Choices = std::map<std::string, Choice>;

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

std::string names_of(const std::vector<recipe::Variant>& variants)
{
    std::vector<std::string> names;
    names.reserve(variants.size());
    for (const auto& variant : variants)
        names.push_back(variant.name);
    return names.empty() ? "none" : util::join(names, ", ");
}

/// Sets one variant; the error names the allowed values.
util::Status set_variant(const Recipe& recipe, const std::string& name, const std::string& value,
                         spec::VariantValues& values)
{
    const auto* variant = recipe.find_variant(name);
    if (variant == nullptr)
        return util::fail(ErrorCode::usage, fmt::format("{} has no variant '{}'", recipe.name, name),
                          fmt::format("its variants: {}", names_of(recipe.variants)));
    if (std::find(variant->values.begin(), variant->values.end(), value) == variant->values.end())
        return util::fail(ErrorCode::usage,
                          fmt::format("'{}' is no value of {}'s variant '{}'", value, recipe.name, name),
                          fmt::format("its values: {}", util::join(variant->values, ", ")));
    values[name] = value;
    return {};
}

/// What a recipe asks of another's variants is that recipe's mistake, what the request asks is the user's.
util::Status set_variant_for(const Constraint& constraint, const Recipe& recipe, const std::string& name,
                             const std::string& value, spec::VariantValues& values)
{
    auto set = set_variant(recipe, name, value, values);
    if (set || constraint.from == the_request)
        return set;
    auto error = std::move(set).error();
    error.code = ErrorCode::recipe;
    error.message = fmt::format("{} needs {}: {}", constraint.from, constraint.spec.to_string(), error.message);
    return tl::unexpected<util::Error>(std::move(error));
}

bool allowed(const spec::Version& version, const std::vector<Constraint>& constraints)
{
    return std::all_of(constraints.begin(), constraints.end(), [&version](const Constraint& constraint) {
        return !constraint.spec.versions || constraint.spec.versions->contains(version);
    });
}

/// Preferred versions before others, then the higher first.
std::vector<const recipe::VersionEntry*> by_preference(const Recipe& recipe)
{
    std::vector<const recipe::VersionEntry*> entries;
    for (const auto& entry : recipe.versions)
        entries.push_back(&entry);
    std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
        return a->preferred != b->preferred ? a->preferred : a->version > b->version;
    });
    return entries;
}

std::string explain(const Recipe& recipe, const std::vector<Constraint>& constraints)
{
    std::string text = fmt::format("no version of {} meets all that is asked of it:", recipe.name);
    for (const auto& constraint : constraints)
        text += fmt::format("\n    {} wants {}", constraint.from, constraint.spec.to_string());
    return text + fmt::format("\n    known versions: {}", known_versions(recipe));
}

class Solver {
public:
    Solver(const Request& request, const recipe::RecipeSet& recipes) : request_(request), recipes_(recipes) {}

    util::Result<std::variant<Solution, Unsolvable>> run();

private:
    util::Status check_root();
    /// One pass: chooses for every package reachable now; sets unsolvable_ where it cannot. True when a constraint
    /// changed.
    util::Result<bool> pass();
    [[nodiscard]] std::optional<spec::Version> choose_version(const Recipe& recipe,
                                                              const std::vector<Constraint>& constraints) const;
    util::Result<std::optional<Choice>> choose(const Recipe& recipe, const std::vector<Constraint>& constraints);
    [[nodiscard]] bool is_external(const std::string& name) const;
    [[nodiscard]] Package to_package(const std::string& name, const Choice& choice) const;
    util::Status visit(const std::string& name, std::vector<std::string>& path, std::set<std::string>& done,
                       Solution& solution) const;

    const Request& request_;
    const recipe::RecipeSet& recipes_;
    Constraints constraints_;
    Choices choices_;
    std::optional<Unsolvable> unsolvable_;
};

bool Solver::is_external(const std::string& name) const
{
    return recipes_.find(name) == nullptr &&
           std::find(request_.externals.begin(), request_.externals.end(), name) != request_.externals.end();
}

util::Status Solver::check_root()
{
    const auto& root = request_.root;
    const auto* recipe = recipes_.find(root.name);
    if (recipe == nullptr) {
        const auto similar = util::nearest(root.name, recipes_.names());
        return util::fail(ErrorCode::usage, fmt::format("there is no recipe for '{}'", root.name),
                          similar ? fmt::format("did you mean '{}'?", *similar)
                                  : fmt::format("known packages: {}", util::join(recipes_.names(), ", ")));
    }
    const std::vector<Constraint> constraints = {{root, the_request}};
    if (root.versions && !choose_version(*recipe, constraints))
        return util::fail(ErrorCode::usage,
                          fmt::format("unknown version '{}' of {}", root.versions->to_string(), root.name),
                          fmt::format("known versions: {}", known_versions(*recipe)));
    spec::VariantValues scratch;
    for (const auto& [name, value] : root.variants)
        SF_CHECK(set_variant(*recipe, name, value, scratch));
    return {};
}

std::optional<spec::Version> Solver::choose_version(const Recipe& recipe,
                                                    const std::vector<Constraint>& constraints) const
{
    for (const auto* entry : by_preference(recipe))
        if (allowed(entry->version, constraints))
            return entry->version;
    // A source that the user brings may be of a version that the recipe does not list.
    const bool own =
        std::find(request_.own_source.begin(), request_.own_source.end(), recipe.name) != request_.own_source.end();
    for (const auto& constraint : constraints) {
        if (!own || !constraint.spec.versions)
            continue;
        auto text = constraint.spec.versions->to_string();
        auto version = spec::Version::parse(text.starts_with('=') ? text.substr(1) : text);
        if (version && allowed(*version, constraints))
            return *version;
    }
    return std::nullopt;
}

util::Result<std::optional<Choice>> Solver::choose(const Recipe& recipe, const std::vector<Constraint>& constraints)
{
    const auto version = choose_version(recipe, constraints);
    if (!version) {
        unsolvable_ = Unsolvable{explain(recipe, constraints)};
        return std::optional<Choice>();
    }
    Choice choice{*version, {}, {}};
    for (const auto& variant : recipe.variants)
        choice.variants[variant.name] = variant.default_value;
    std::map<std::string, const Constraint*> set_by;
    for (const auto& constraint : constraints) {
        for (const auto& [name, value] : constraint.spec.variants) {
            SF_CHECK(set_variant_for(constraint, recipe, name, value, choice.variants));
            const auto [earlier, fresh] = set_by.try_emplace(name, &constraint);
            if (!fresh && earlier->second->spec.variants.at(name) != value) {
                unsolvable_ =
                    Unsolvable{fmt::format("{} wants {} and {} wants {}: {}'s variant '{}' can have one value only",
                                           earlier->second->from, earlier->second->spec.to_string(), constraint.from,
                                           constraint.spec.to_string(), recipe.name, name)};
                return std::optional<Choice>();
            }
        }
    }
    for (const auto& dependency : recipe.dependencies)
        if (dependency.condition.holds(choice.version, choice.variants))
            choice.dependencies.push_back(&dependency);
    return std::optional<Choice>(std::move(choice));
}

util::Result<bool> Solver::pass()
{
    unsolvable_.reset();
    Constraints found;
    Choices chosen;
    std::vector<std::string> waiting = {request_.root.name};
    found[request_.root.name].push_back({request_.root, the_request});
    for (const auto& extra : request_.root.dependencies)
        found[extra.name].push_back({extra, the_request});
    while (!waiting.empty()) {
        const auto name = waiting.back();
        waiting.pop_back();
        if (chosen.contains(name))
            continue;
        const auto* recipe = recipes_.find(name);
        if (recipe == nullptr)
            return util::fail(ErrorCode::recipe,
                              fmt::format("{} needs '{}', which has no recipe and is no external of the base image",
                                          found[name].front().from, name),
                              "add a recipe for it, or name it among the base image's externals");
        // All constraints of the last pass count as well, so that the passes settle.
        auto constraints = constraints_.contains(name) ? constraints_.at(name) : found[name];
        SF_TRY(auto choice, choose(*recipe, constraints));
        if (!choice) // final only once nothing changes: a constraint of the last pass may be gone in the next
            continue;
        for (const auto* dependency : choice->dependencies) {
            if (is_external(dependency->spec.name))
                continue;
            found[dependency->spec.name].push_back({dependency->spec, name});
            waiting.push_back(dependency->spec.name);
        }
        chosen.insert_or_assign(name, std::move(*choice));
    }
    auto same = [](const Constraints& a, const Constraints& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
            return x.first == y.first && std::equal(x.second.begin(), x.second.end(), y.second.begin(), y.second.end(),
                                                    [](const Constraint& p, const Constraint& q) {
                                                        return p.from == q.from && p.spec == q.spec;
                                                    });
        });
    };
    const bool changed = !same(found, constraints_);
    constraints_ = std::move(found);
    choices_ = std::move(chosen);
    return changed;
}

Package Solver::to_package(const std::string& name, const Choice& choice) const
{
    Package package{name, choice.version, choice.variants, {}, {}, {}, {}};
    for (const auto* dependency : choice.dependencies) {
        const auto& needed = dependency->spec.name;
        if (is_external(needed))
            package.external_build_tools.push_back(needed);
        else if (dependency->type.link)
            package.link_dependencies.push_back(needed);
        else if (dependency->type.run)
            package.run_dependencies.push_back(needed);
        else
            package.build_dependencies.push_back(needed);
    }
    for (auto* list : {&package.build_dependencies, &package.link_dependencies, &package.run_dependencies,
                       &package.external_build_tools}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    return package;
}

/// Depth first, dependencies before dependents.
util::Status Solver::visit(const std::string& name, std::vector<std::string>& path, std::set<std::string>& done,
                           Solution& solution) const
{
    if (done.contains(name))
        return {};
    if (const auto start = std::find(path.begin(), path.end(), name); start != path.end()) {
        std::vector<std::string> ring(start, path.end());
        ring.push_back(name);
        return util::fail(ErrorCode::recipe,
                          fmt::format("recipes depend on each other in a ring: {}", util::join(ring, " -> ")));
    }
    path.push_back(name);
    auto package = to_package(name, choices_.at(name));
    for (const auto* list : {&package.build_dependencies, &package.link_dependencies, &package.run_dependencies})
        for (const auto& needed : *list)
            SF_CHECK(visit(needed, path, done, solution));
    path.pop_back();
    done.insert(name);
    solution.packages.push_back(std::move(package));
    return {};
}

util::Result<std::variant<Solution, Unsolvable>> Solver::run()
{
    using Answer = std::variant<Solution, Unsolvable>;
    SF_CHECK(check_root());
    // Each pass can only be changed by the constraints of the one before; a handful settles real recipes, and a set
    // of recipes whose conditions chase each other is told so instead of looping.
    constexpr int most_passes = 32;
    for (int count = 0; count < most_passes; ++count) {
        SF_TRY(const bool changed, pass());
        if (changed)
            continue;
        if (unsolvable_)
            return Answer(*unsolvable_);
        Solution solution;
        std::vector<std::string> path;
        std::set<std::string> done;
        SF_CHECK(visit(request_.root.name, path, done, solution));
        return Answer(std::move(solution));
    }
    return Answer(Unsolvable{"the conditions of the recipes contradict each other: the choice does not settle"});
}

} // namespace

const Package* Solution::find(std::string_view name) const
{
    for (const auto& package : packages)
        if (package.name == name)
            return &package;
    return nullptr;
}

util::Result<std::variant<Solution, Unsolvable>> solve(const Request& request, const recipe::RecipeSet& recipes)
{
    return Solver(request, recipes).run();
}

} // namespace sf::solve
