#include "solve/solve.hpp"

#include "solve/explain.hpp"
#include "solve/problem.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <set>

namespace sf::solve {
namespace {

using util::ErrorCode;

/// What the solver chose of one package.
struct Chosen {
    const Option* option = nullptr;
    spec::VariantValues variants;
};
using Selection = std::map<std::string, Chosen>;

Selection read_selection(const Problem& problem, const std::vector<solv::Candidate>& candidates)
{
    Selection selection;
    for (const auto candidate : candidates) {
        if (const auto package = problem.package_of(candidate))
            selection[package->first].option = package->second;
        else if (const auto* value = problem.value_of(candidate))
            selection[value->package].variants[value->variant] = value->value;
    }
    return selection;
}

/// Walks from the root along the dependencies that hold; what else was chosen is not needed.
class Walk {
public:
    Walk(const Problem& problem, const Selection& selection) : problem_(problem), selection_(selection) {}

    util::Status visit(const std::string& name);
    [[nodiscard]] Solution take() &&;

private:
    [[nodiscard]] std::string resolve(const std::string& needed) const;
    [[nodiscard]] SolvedPackage to_package(const std::string& name, const Chosen& chosen);

    const Problem& problem_;
    const Selection& selection_;
    std::vector<std::string> path_;
    std::set<std::string> done_;
    std::map<std::string, External> externals_;
    Solution solution_;
};

/// The package itself, or the chosen provider of the virtual one.
std::string Walk::resolve(const std::string& needed) const
{
    if (const auto found = selection_.find(needed); found != selection_.end() && found->second.option != nullptr)
        return needed;
    for (const auto& [name, chosen] : selection_) {
        if (chosen.option == nullptr || chosen.option->external)
            continue;
        for (const auto& provision : problem_.choice(name).recipe->provides)
            if (provision.name == needed && provision.condition.may_hold(*chosen.option->version))
                return name;
    }
    return needed;
}

SolvedPackage Walk::to_package(const std::string& name, const Chosen& chosen)
{
    const auto& version = *chosen.option->version;
    SolvedPackage package{name, version, chosen.variants, {}, {}, {}, {}, {}};
    for (const auto& dependency : problem_.choice(name).recipe->dependencies) {
        if (!dependency.condition.holds(version, chosen.variants))
            continue;
        const auto needed = resolve(dependency.spec.name);
        const auto* option = selection_.at(needed).option;
        package.edges.push_back({needed, dependency.spec.to_string(), dependency.type});
        if (option->external)
            externals_.emplace(needed, External{needed, option->version});
    }
    std::vector<External> externals;
    for (const auto& [external_name, external] : externals_)
        externals.push_back(external);
    place_edges(package, externals);
    return package;
}

/// Depth first, dependencies before dependents.
util::Status Walk::visit(const std::string& name)
{
    if (done_.contains(name))
        return {};
    if (const auto start = std::find(path_.begin(), path_.end(), name); start != path_.end()) {
        std::vector<std::string> ring(start, path_.end());
        ring.push_back(name);
        return util::fail(ErrorCode::recipe,
                          fmt::format("recipes depend on each other in a ring: {}", util::join(ring, " -> ")),
                          "remove one of these dependencies, or make it conditional");
    }
    path_.push_back(name);
    auto package = to_package(name, selection_.at(name));
    for (const auto* list : {&package.build_dependencies, &package.link_dependencies, &package.run_dependencies})
        for (const auto& needed : *list)
            SF_CHECK(visit(needed));
    path_.pop_back();
    done_.insert(name);
    solution_.packages.push_back(std::move(package));
    return {};
}

Solution Walk::take() &&
{
    for (auto& [name, external] : externals_)
        solution_.externals.push_back(std::move(external));
    return std::move(solution_);
}

util::Result<Solution> to_solution(const Problem& problem, const Selection& selection, const std::string& root)
{
    Walk walk(problem, selection);
    SF_CHECK(walk.visit(root));
    return std::move(walk).take();
}

/// The first option of a package, better than the chosen one, that leaves a solution with what is held.
util::Result<std::optional<Selection>> better(Problem& problem, const Selection& selection, const std::string& name,
                                              std::map<std::string, const Option*>& held)
{
    for (const auto& option : problem.choice(name).options) {
        if (&option == selection.at(name).option)
            break;
        if (option.external) // a build tool that must be linked here was not chosen for that
            continue;
        held[name] = &option;
        SF_TRY(const auto outcome, problem.solve(held));
        if (outcome.solved)
            return std::optional(read_selection(problem, outcome.chosen));
    }
    return std::optional<Selection>();
}

/// libsolv decides greedily: a package decided early may have cost a later one its best version. From the root down,
/// each package gets the best version that leaves a solution with those above it as they are.
util::Result<Solution> improve(Problem& problem, Selection selection, const std::string& root)
{
    std::map<std::string, const Option*> held;
    SF_TRY(auto solution, to_solution(problem, selection, root));
    for (std::size_t left = solution.packages.size(); left > 0;) {
        const auto name = solution.packages[--left].name;
        if (held.contains(name))
            continue;
        SF_TRY(auto improved, better(problem, selection, name, held));
        if (improved) { // what is reached, and in which order, may be different now
            selection = std::move(*improved);
            SF_TRY(solution, to_solution(problem, selection, root));
            left = solution.packages.size();
        }
        held[name] = selection.at(name).option;
    }
    return solution;
}

/// What stands after ^ must have something to act on.
util::Status check_extras(const SolveRequest& request, const Solution& solution)
{
    for (const auto& extra : request.root.dependencies) {
        const bool external = std::any_of(solution.externals.begin(), solution.externals.end(),
                                          [&extra](const External& one) { return one.name == extra.name; });
        if (solution.find(extra.name) == nullptr && !external)
            return util::fail(ErrorCode::usage,
                              fmt::format("^{}: nothing in this build of {} needs {}", extra.to_string(),
                                          request.root.name, extra.name),
                              "leave it out, or ask for the variant that needs it");
    }
    return {};
}

} // namespace

void place_edges(SolvedPackage& package, const std::vector<External>& externals)
{
    auto& edges = package.edges;
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    for (const auto& edge : edges) {
        const bool external = std::any_of(externals.begin(), externals.end(),
                                          [&edge](const External& one) { return one.name == edge.package; });
        auto& list = external         ? package.external_build_tools
                     : edge.type.link ? package.link_dependencies
                     : edge.type.run  ? package.run_dependencies
                                      : package.build_dependencies;
        if (list.empty() || list.back() != edge.package)
            list.push_back(edge.package);
    }
}

const SolvedPackage* Solution::find(std::string_view name) const
{
    for (const auto& package : packages)
        if (package.name == name)
            return &package;
    return nullptr;
}

util::Result<std::variant<Solution, Unsolvable>> solve(const SolveRequest& request, const recipe::RecipeSet& recipes)
{
    using Answer = std::variant<Solution, Unsolvable>;
    SF_TRY(auto problem, Problem::make(request, recipes));
    SF_TRY(const auto outcome, problem.solve({}));
    if (!outcome.solved)
        return Answer(Unsolvable{explain(problem, outcome.rules)});
    SF_TRY(auto solution, improve(problem, read_selection(problem, outcome.chosen), request.root.name));
    SF_CHECK(check_extras(request, solution));
    return Answer(std::move(solution));
}

} // namespace sf::solve
