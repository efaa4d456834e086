#include "preference/preference.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace sf::preference {
namespace {

/// Takes the member that belongs to a key over, if the key was given.
template <typename T>
void take_over(PackagePreference& from, PackagePreference& to, std::string_view key, T PackagePreference::*member)
{
    if (from.keys.find(key) != from.keys.end())
        to.*member = std::move(from.*member);
}

void overlay_package(PackagePreference& lower, PackagePreference upper)
{
    if (upper.replaces) {
        lower = std::move(upper);
        return;
    }
    take_over(upper, lower, "externals", &PackagePreference::externals);
    take_over(upper, lower, "buildable", &PackagePreference::buildable);
    take_over(upper, lower, "version", &PackagePreference::versions);
    take_over(upper, lower, "variants", &PackagePreference::variants);
    take_over(upper, lower, "require", &PackagePreference::require);
    take_over(upper, lower, "prefer", &PackagePreference::prefer);
    take_over(upper, lower, "conflict", &PackagePreference::conflict);
    take_over(upper, lower, "target", &PackagePreference::target);
    for (auto& [variable, flags] : upper.flags)
        lower.flags[variable] = std::move(flags);
    for (auto& [key, where] : upper.keys)
        lower.keys[key] = std::move(where);
    lower.where = std::move(upper.where);
}

/// A text as one value of YAML.
std::string yaml_value(std::string_view text)
{
    static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@./+-=";
    if (text.find_first_not_of(plain) == std::string_view::npos)
        return std::string(text); // both begin with a letter or '/', so that no part is taken for anything else
    return '"' + util::replace_all(util::replace_all(std::string(text), "\\", "\\\\"), "\"", "\\\"") + '"';
}

} // namespace

const PackagePreference* Preferences::find(std::string_view name) const
{
    const auto found = packages.find(name);
    return found == packages.end() ? nullptr : &found->second;
}

void Preferences::overlay(Preferences upper)
{
    notes.insert(notes.end(), std::make_move_iterator(upper.notes.begin()), std::make_move_iterator(upper.notes.end()));
    if (upper.replaces) {
        packages.clear();
        providers.clear();
    }
    replaces = replaces || upper.replaces;
    if (const PackagePreference* all = upper.find("all"); all != nullptr && all->replaces)
        providers.clear();
    for (auto& [name, package] : upper.packages)
        overlay_package(packages[name], std::move(package));
    for (auto& [name, names] : upper.providers)
        providers[name] = std::move(names);
}

std::string externals_yaml(const std::vector<External>& externals)
{
    std::map<std::string, std::string> by_package;
    for (const External& external : externals)
        by_package[external.spec.name] += fmt::format(
            "    - spec: {}\n      prefix: {}\n", yaml_value(external.spec.to_string()), yaml_value(external.prefix));
    if (by_package.empty())
        return "packages: {}\n";
    std::string text = "packages:\n";
    for (const auto& [name, entries] : by_package)
        text += fmt::format("  {}:\n    externals:\n{}    buildable: false\n", name, entries);
    return text;
}

} // namespace sf::preference
