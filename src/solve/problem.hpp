// The request as a problem for libsolv, and what its candidates mean. Private to this module.
//
//     candidate             provides                          requires
//     hwloc (rank: version) hwloc, hwloc@2:, hwloc!built      its dependencies' capabilities, hwloc:pci
//     hwloc:pci (rank)      hwloc:pci=true                    hwloc:pci=true?, where the value is not simply allowed
//     ?7                    hwloc:pci=true?                   a chosen candidate that asks for the value
//     the request           -                                 slurm, slurm@24.11, slurm:minimal=true
//
// A value is allowed if it is the default, or if a chosen candidate asks for it; so no variant is changed just to make
// the rest fit.
#pragma once

#include "solv/solv.hpp"
#include "solve/solve.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sf::solve {

inline constexpr const char* the_request = "the request";

/// "1.5, 2.0", lowest first.
[[nodiscard]] std::string known_versions(const recipe::Recipe& recipe);

/// The fault of a variant's name or value (code usage); nullopt when the recipe has both.
[[nodiscard]] std::optional<util::Error> variant_fault(const recipe::Recipe& recipe, const std::string& name,
                                                       const std::string& value);

/// One requirement on a package.
struct Demand {
    std::string who;     ///< "slurm", "the request", "packages.yaml:3:5"
    std::string package; ///< the package required; may be virtual
    std::string text;    ///< "hwloc@2: +pci"
};

/// One version of a package that may be chosen.
struct Option {
    std::optional<spec::Version> version; ///< none for an external whose version is not known yet
    bool external = false;
    solv::Candidate candidate{};
};

/// A package that may be chosen: from its recipe, from the base image, or both.
struct Choice {
    const recipe::Recipe* recipe = nullptr; ///< null: an external only
    std::vector<Option> options;            ///< best first
};

class Problem {
public:
    /// Puts everything the root can reach into the pool. Errors: usage and recipe, see solve().
    [[nodiscard]] static util::Result<Problem> make(const SolveRequest& request, const recipe::RecipeSet& recipes);

    /// The first solution libsolv finds with these packages held at these versions.
    [[nodiscard]] util::Result<solv::SolverOutcome> solve(const std::map<std::string, const Option*>& held);

    // What the outcome means.
    [[nodiscard]] const Choice& choice(const std::string& package) const { return choices_.at(package); }
    [[nodiscard]] bool knows(const std::string& package) const { return choices_.contains(package); }
    [[nodiscard]] bool is_virtual(const std::string& package) const { return virtuals_.contains(package); }
    /// The package and version that a candidate stands for, if it stands for one.
    [[nodiscard]] std::optional<std::pair<std::string, const Option*>> package_of(solv::Candidate candidate) const;
    /// The package, variant and value that a candidate stands for, if it stands for one.
    struct Value {
        std::string package;
        std::string variant;
        std::string value;
    };
    [[nodiscard]] const Value* value_of(solv::Candidate candidate) const;
    /// The demand behind this need of this candidate; null for the problem's own bookkeeping.
    [[nodiscard]] const Demand* demand_of(solv::Candidate from, solv::Need need) const;
    /// The recipe's sentence on a conflict.
    [[nodiscard]] const std::string* conflict_of(solv::Candidate from, solv::Need need) const;

private:
    Problem(const SolveRequest& request, const recipe::RecipeSet& recipes);

    /// Checks what the user typed: the root and what stands after ^.
    util::Status check_request();
    enum class Place { root, dependency };
    util::Status check_spec(const spec::Spec& spec, Place place);
    /// All packages that the root can reach under any condition, as choices.
    util::Status collect();
    util::Status add_choice(const std::string& name);
    [[nodiscard]] bool is_buildable(const std::string& name) const;

    util::Status add_rules();
    void add_variants(const std::string& name, const Choice& choice);
    void allow_defaults(const std::string& name, const recipe::Variant& variant);
    util::Status add_dependency(const std::string& name, const Choice& choice, const recipe::Dependency& dependency);
    void add_conflict(const std::string& name, const Choice& choice, const recipe::Conflict& conflict);
    void add_preferences(const std::string& name, const Choice& choice);
    void add_requirement(const std::string& name, const Choice& choice, const preference::Requirement& requirement);

    /// `from` asks for the spec, where the condition (on its own variants) holds.
    void ask(solv::Candidate from, const spec::Spec& spec, const std::optional<solv::Need>& condition, bool built,
             const std::string& who);
    /// Makes the variant values of the spec allowed while `supporter` is chosen and the condition holds.
    void support(const spec::Spec& spec, const std::optional<solv::Need>& supporter,
                 const std::vector<solv::Need>& conditions);
    [[nodiscard]] std::vector<solv::Need> needs_of(const spec::Spec& spec, bool built);
    [[nodiscard]] solv::Need version_need(const std::string& package, const spec::VersionRange& range);
    [[nodiscard]] solv::Need value_need(const std::string& package, const std::string& variant,
                                        const std::string& value);
    /// All variants of a condition as one need; nullopt when it has none.
    [[nodiscard]] std::optional<solv::Need> condition_need(const std::string& package,
                                                           const recipe::Condition& condition);
    void require(solv::Candidate from, solv::Need need, const Demand& demand);
    [[nodiscard]] bool can_be_had(const std::string& name) const;
    /// The default of a variant as the site and the recipe have it.
    [[nodiscard]] std::string default_of(const std::string& name, const recipe::Variant& variant) const;

    const SolveRequest& request_;
    const recipe::RecipeSet& recipes_;
    solv::Pool pool_;
    std::map<std::string, Choice> choices_;
    std::map<std::string, std::vector<std::string>> virtuals_; ///< providers, best first
    std::map<solv::Candidate, std::pair<std::string, std::size_t>> packages_;
    std::map<solv::Candidate, Value> values_;
    std::map<std::pair<solv::Candidate, solv::Need>, Demand> demands_;
    std::map<std::pair<solv::Candidate, solv::Need>, std::string> conflicts_;
    std::set<std::string> version_needs_;
    int supports_ = 0;
};

} // namespace sf::solve
