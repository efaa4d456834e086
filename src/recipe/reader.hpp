// From the YAML of a recipe to its parts. Private to this module.
#pragma once

#include "recipe/recipe.hpp"
#include "yaml/yaml.hpp"

#include <vector>

namespace sf::recipe {

/// A spec, with a fault inside it reported at its column of the file.
[[nodiscard]] util::Result<spec::Spec> read_spec(const yaml::Value& value);
/// Checks that every variant a spec of this recipe names is one of its own, with a value that it can have.
[[nodiscard]] util::Status check_own_variants(const yaml::Value& value, const spec::Spec& spec, const Recipe& recipe);
/// Whether its values are true and false.
[[nodiscard]] inline bool is_boolean(const Variant& variant)
{
    return variant.allows("true"); // which is no value of any other
}
/// The condition under the key 'when' of the mapping; without the key, the empty one. It may name only variants of
/// the recipe and values they can have.
[[nodiscard]] util::Result<Condition> read_condition(const yaml::Mapping& mapping, const Recipe& recipe);
/// Checks that a text is a path below something: relative, without "..".
[[nodiscard]] util::Result<std::string> read_relative_path(const yaml::Value& value);

/// The holes under the key 'fixes' of a patch: "CVE-2026-25506".
[[nodiscard]] util::Result<std::vector<std::string>> read_fixes(const yaml::Mapping& mapping);
/// The sets of a version's 'patches'.
[[nodiscard]] util::Result<std::vector<PatchSet>> read_patch_sets(const yaml::Value& value);
[[nodiscard]] bool is_web_address(std::string_view text);
/// An address of a page for people or programs.
[[nodiscard]] util::Result<std::string> read_web_address(const yaml::Value& value);
/// The address of an archive.
[[nodiscard]] util::Result<UrlSource> read_url(const yaml::Value& value);
/// The sum under the key 'sha256', which must be there.
[[nodiscard]] util::Result<util::Digest> read_sha256(const yaml::Mapping& mapping);

[[nodiscard]] util::Result<std::vector<VersionEntry>> read_versions(const yaml::Value& value);
/// Looks at the recipe's versions.
[[nodiscard]] util::Result<std::vector<Support>> read_support(const yaml::Value& value, const Recipe& recipe);
/// `recipe` is what is known of it so far: its name, for conditions.
[[nodiscard]] util::Result<std::vector<Variant>> read_variants(const yaml::Value& value, Recipe recipe);
[[nodiscard]] util::Result<Hardening> read_hardening(const yaml::Value& value);
// These look at the recipe's name, directory and variants, which must be there already.
[[nodiscard]] util::Result<std::vector<Dependency>> read_dependencies(const yaml::Value& value, const Recipe& recipe);
[[nodiscard]] util::Result<std::vector<Provision>> read_provisions(const yaml::Value& value, const Recipe& recipe);
[[nodiscard]] util::Result<std::vector<Conflict>> read_conflicts(const yaml::Value& value, const Recipe& recipe);
[[nodiscard]] util::Result<Build> read_build(const yaml::Value& value, const Recipe& recipe);
[[nodiscard]] util::Result<Releases> read_releases(const yaml::Value& value, const Recipe& recipe);
[[nodiscard]] util::Result<std::vector<Patch>> read_patches(const yaml::Value& value, const Recipe& recipe);

} // namespace sf::recipe
