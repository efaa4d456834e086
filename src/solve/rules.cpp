// What follows from choosing a package: its dependencies, variants, conflicts, and what the site says of it.
#include "solve/problem.hpp"

#include "util/text.hpp"

#include <algorithm>

namespace sf::solve {
namespace {

using util::ErrorCode;

std::string value_name(const std::string& package, const std::string& variant, const std::string& value)
{
    return fmt::format("{}:{}={}", package, variant, value);
}

} // namespace

solv::Need Problem::version_need(const std::string& package, const spec::VersionRange& range)
{
    const auto name = fmt::format("{}@{}", package, range.to_string());
    const auto need = pool_.capability(name);
    if (version_needs_.insert(name).second && choices_.contains(package))
        for (const auto& option : choices_.at(package).options)
            if (!option.version || range.contains(*option.version))
                pool_.provide(option.candidate, need);
    return need;
}

solv::Need Problem::value_need(const std::string& package, const std::string& variant, const std::string& value)
{
    return pool_.capability(value_name(package, variant, value));
}

std::vector<solv::Need> Problem::needs_of(const spec::Spec& spec, bool built)
{
    std::vector<solv::Need> needs = {pool_.capability(built ? spec.name + "!built" : spec.name)};
    if (spec.versions)
        needs.push_back(version_need(spec.name, *spec.versions));
    for (const auto& [name, value] : spec.variants)
        needs.push_back(value_need(spec.name, name, value));
    return needs;
}

std::optional<solv::Need> Problem::condition_need(const std::string& package, const recipe::Condition& condition)
{
    std::optional<solv::Need> all;
    if (!condition.when)
        return all;
    for (const auto& [name, value] : condition.when->variants) {
        const auto need = value_need(package, name, value);
        all = all ? pool_.all_of(*all, need) : need;
    }
    return all;
}

void Problem::require(solv::Candidate from, solv::Need need, const Demand& demand)
{
    pool_.require(from, need);
    demands_.emplace(std::pair(from, need), demand);
}

void Problem::ask(solv::Candidate from, const spec::Spec& spec, const std::optional<solv::Need>& condition, bool built,
                  const std::string& who)
{
    for (const auto need : needs_of(spec, built))
        require(from, condition ? pool_.where(need, *condition) : need, {who, spec.name, spec.to_string()});
}

void Problem::support(const spec::Spec& spec, const std::optional<solv::Need>& supporter,
                      const std::vector<solv::Need>& conditions)
{
    for (const auto& [name, value] : spec.variants) {
        const auto aid = pool_.add(fmt::format("?{}", ++supports_), 0);
        pool_.provide(aid, pool_.capability(value_name(spec.name, name, value) + "?"));
        if (supporter)
            pool_.require(aid, *supporter);
        for (const auto condition : conditions)
            pool_.require(aid, condition);
    }
}

std::string Problem::default_of(const std::string& name, const recipe::Variant& variant) const
{
    for (const auto* key : {name.c_str(), "all"}) {
        const auto* preference = request_.preferences.find(key);
        if (preference == nullptr)
            continue;
        const auto found = preference->variants.find(variant.name);
        if (found != preference->variants.end() && variant.allows(found->second))
            return found->second;
        for (const auto& preferred : preference->prefer)
            for (const auto& spec : preferred.specs)
                if (const auto value = spec.variants.find(variant.name);
                    value != spec.variants.end() && variant.allows(value->second))
                    return value->second;
    }
    return variant.only_with.empty() || can_be_had(variant.only_with) ? variant.default_value : "false";
}

/// Whether a version of the package is stored, brought by the user, or has a source that can be fetched.
bool Problem::can_be_had(const std::string& name) const
{
    const auto* recipe = recipes_.find(name);
    const auto& own = request_.own_source;
    if (recipe == nullptr || std::find(own.begin(), own.end(), name) != own.end())
        return recipe != nullptr;
    return std::any_of(recipe->versions.begin(), recipe->versions.end(),
                       [&](const recipe::VersionEntry& entry) { return !is_gone(request_, name, entry.version); });
}

/// A default holds where its own condition does and those before it do not.
void Problem::allow_defaults(const std::string& name, const recipe::Variant& variant)
{
    const auto& recipe = *choices_.at(name).recipe;
    std::vector<solv::Need> others_fail;
    auto allow = [&](const std::string& value, const recipe::Condition& condition) {
        spec::Spec spec;
        spec.name = name;
        spec.variants[variant.name] = value;
        auto conditions = others_fail;
        if (condition.when && condition.when->versions)
            conditions.push_back(version_need(name, *condition.when->versions));
        if (const auto need = condition_need(name, condition))
            conditions.push_back(*need);
        support(spec, std::nullopt, conditions);
    };
    for (const auto& conditional : variant.defaults) {
        allow(conditional.value, conditional.condition);
        std::optional<solv::Need> fails;
        auto either = [&](solv::Need need) { fails = fails ? pool_.any_of(*fails, need) : need; };
        const auto& named = conditional.condition.when->variants;
        for (const auto& [other, value] : named)
            for (const auto& different : recipe.find_variant(other)->values)
                if (different != value)
                    either(value_need(name, other, different));
        const auto may_hold = [&](const spec::Version& version) {
            return conditional.condition.may_hold(version) &&
                   std::all_of(named.begin(), named.end(), [&](const auto& one) {
                       return recipe.find_variant(one.first)->condition.may_hold(version);
                   });
        };
        for (const auto& option : choices_.at(name).options)
            if (option.version && !may_hold(*option.version))
                either(pool_.capability(fmt::format("{}#{}", name, static_cast<int>(option.candidate))));
        others_fail.push_back(fails.value_or(pool_.capability("!never")));
    }
    allow(default_of(name, variant), {});
}

void Problem::add_variants(const std::string& name, const Choice& choice)
{
    for (const auto& variant : choice.recipe->variants) {
        const auto standard = default_of(name, variant);
        const auto variant_name = fmt::format("{}:{}", name, variant.name);
        auto rank = static_cast<int>(variant.values.size());
        for (const auto& value : variant.values) {
            const auto candidate = pool_.add(variant_name, value == standard ? rank + 1 : rank - 1);
            --rank;
            values_.emplace(candidate, Value{name, variant.name, value});
            pool_.provide(candidate, value_need(name, variant.name, value));
            if (value != standard || !variant.defaults.empty())
                pool_.require(candidate, pool_.capability(value_name(name, variant.name, value) + "?"));
            if (variant.condition.when)
                pool_.require(candidate, version_need(name, *variant.condition.when->versions));
        }
        if (!variant.defaults.empty())
            allow_defaults(name, variant);
        for (const auto& option : choice.options)
            if (!option.external && variant.condition.may_hold(*option.version))
                pool_.require(option.candidate, pool_.capability(variant_name));
    }
}

util::Status Problem::add_dependency(const std::string& name, const Choice& choice,
                                     const recipe::Dependency& dependency)
{
    const auto& spec = dependency.spec;
    const auto place = dependency.where.to_string();
    const bool is_virtual = !choices_.contains(spec.name) ||
                            (choices_.at(spec.name).options.empty() && choices_.at(spec.name).recipe == nullptr);
    const auto condition = condition_need(name, dependency.condition);
    const bool unknown = is_virtual && !virtuals_.contains(spec.name);
    if (unknown && condition) { // what depends on a variant is in nobody's way until the variant is asked for
        for (const auto& option : choice.options)
            if (!option.external && dependency.condition.may_hold(*option.version))
                require(option.candidate, pool_.where(pool_.capability(spec.name), *condition),
                        {name, spec.name, spec.to_string()});
        return {};
    }
    if (unknown)
        return util::fail(
            ErrorCode::recipe,
            fmt::format("{} needs '{}', which has no recipe and is not an external of the base image", name, spec.name),
            "add a recipe for it, or name it among the base image's externals");
    if (is_virtual && (spec.versions || !spec.variants.empty()))
        return util::fail(
            ErrorCode::recipe,
            fmt::format("{}: '{}' is a virtual package, which has neither versions nor variants", place, spec.name),
            "constrain the providers in their own recipes");
    if (const auto* needed = is_virtual ? nullptr : choices_.at(spec.name).recipe)
        for (const auto& [variant, value] : spec.variants)
            if (auto fault = variant_fault(*needed, variant, value)) {
                fault->code = ErrorCode::recipe;
                fault->message = fmt::format("{}: {} needs {}: {}", place, name, spec.to_string(), fault->message);
                return tl::unexpected<util::Error>(std::move(*fault));
            }
    const bool built = dependency.type.link || dependency.type.run;
    for (const auto& option : choice.options)
        if (!option.external && dependency.condition.may_hold(*option.version))
            ask(option.candidate, spec, condition, built, name);
    const auto& when = dependency.condition.when;
    const auto supporter =
        when && when->versions ? version_need(name, *when->versions) : pool_.capability(name + "!built");
    support(spec, supporter, condition ? std::vector{*condition} : std::vector<solv::Need>{});
    return {};
}

void Problem::add_conflict(const std::string& name, const Choice& choice, const recipe::Conflict& conflict)
{
    auto other = conflict.spec;
    if (other.name.empty())
        other.name = name;
    if (!choices_.contains(other.name))
        return;
    // Of its own package a spec may name versions only.
    std::optional<solv::Need> all = condition_need(name, conflict.condition);
    auto with = [&](solv::Need need) { all = all ? pool_.all_of(*all, need) : need; };
    if (other.name != name)
        with(pool_.capability(other.name));
    if (other.versions && other.name != name)
        with(version_need(other.name, *other.versions));
    for (const auto& [variant, value] : other.variants)
        with(value_need(other.name, variant, value));
    for (const auto& option : choice.options) {
        if (option.external || !conflict.condition.may_hold(*option.version) ||
            (other.name == name && other.versions && !other.versions->contains(*option.version)))
            continue;
        // libsolv lets no candidate conflict with itself; one that must not be chosen needs a missing capability.
        const auto need = all.value_or(pool_.capability("!never"));
        if (all)
            pool_.conflict(option.candidate, need);
        else
            pool_.require(option.candidate, need);
        const auto& when = conflict.condition.when;
        conflicts_.emplace(std::pair(option.candidate, need),
                           fmt::format("{} and {} do not go together: {} ({})",
                                       other.name == name ? name + " " + conflict.spec.to_string() : other.to_string(),
                                       when ? name + " " + when->to_string() : name, conflict.reason,
                                       conflict.where.to_string()));
    }
}

void Problem::add_requirement(const std::string& name, const Choice& choice, const preference::Requirement& requirement)
{
    const auto place = requirement.where.to_string();
    const auto group = fmt::format("{}!require {}", name, place);
    recipe::Condition condition{requirement.when};
    const auto when = condition_need(name, condition);
    auto rank = static_cast<int>(requirement.specs.size());
    for (auto spec : requirement.specs) {
        spec.name = name;
        const auto way = pool_.add(group, rank);
        const auto own = pool_.capability(fmt::format("{} {}", group, rank--));
        pool_.provide(way, own);
        ask(way, spec, std::nullopt, false, place);
        support(spec, own, {});
    }
    for (const auto& option : choice.options)
        if (option.version && condition.may_hold(*option.version)) {
            const auto need = pool_.capability(group);
            pool_.require(option.candidate, when ? pool_.where(need, *when) : need);
        }
}

void Problem::add_preferences(const std::string& name, const Choice& choice)
{
    const auto* preference = request_.preferences.find(name);
    if (preference == nullptr)
        return;
    for (const auto& requirement : preference->require)
        add_requirement(name, choice, requirement);
    for (const auto& conflict : preference->conflict)
        for (const auto& spec : conflict.specs)
            add_conflict(name, choice,
                         {spec,
                          {conflict.when},
                          conflict.message.empty() ? "the site says so" : conflict.message,
                          conflict.where});
}

util::Status Problem::add_rules()
{
    for (const auto& [name, choice] : choices_) {
        for (const auto& option : choice.options)
            pool_.provide(option.candidate,
                          pool_.capability(fmt::format("{}#{}", name, static_cast<int>(option.candidate))));
        if (choice.recipe == nullptr)
            continue;
        for (const auto& provision : choice.recipe->provides)
            for (const auto& option : choice.options)
                if (!option.external && provision.condition.may_hold(*option.version)) {
                    pool_.provide(option.candidate, pool_.capability(provision.name));
                    pool_.provide(option.candidate, pool_.capability(provision.name + "!built"));
                }
        add_variants(name, choice);
        for (const auto& dependency : choice.recipe->dependencies)
            SF_CHECK(add_dependency(name, choice, dependency));
        for (const auto& conflict : choice.recipe->conflicts)
            add_conflict(name, choice, conflict);
        add_preferences(name, choice);
    }
    const auto root = pool_.add(the_request, 0);
    auto wanted = request_.root.dependencies;
    wanted.push_back(request_.root);
    for (auto spec : wanted) {
        const bool built = spec.name == request_.root.name;
        spec.dependencies.clear();
        ask(root, spec, std::nullopt, built, the_request);
        support(spec, std::nullopt, {});
    }
    return {};
}

} // namespace sf::solve
