// Specs: a package with constraints, in Spack's grammar
// (https://spack.readthedocs.io/en/latest/spec_syntax.html).
#pragma once

#include "spec/fault.hpp"
#include "spec/version.hpp"
#include "util/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::spec {

/// Values of variants by name; a boolean variant is "true" or "false". Ordered, so that it prints the same each time.
using VariantValues = std::map<std::string, std::string>;

/// "slurm@24.11 +pmix ~gtk auth=munge target=x86_64_v3 ^hwloc@2:". The name may be empty (conditions in recipes).
///
///     spec       = [name] element* ("^" name element*)*      white space between elements is free
///     element    = "@" VersionRange | "+" key | "~" key | "-" key (after white space) | key "=" value
///     name, key  = a letter, digit or "_", then also "-"
///     value      = letters, digits and _ . - , / :            "key=true" is "+key", "key=false" is "~key"
///
/// "target" is not a variant but the processor to build for. Compilers (%) are not chosen by spec.
struct Spec {
    std::string name;
    std::optional<VersionRange> versions;
    VariantValues variants;
    std::string target;             ///< empty: not constrained
    std::vector<Spec> dependencies; ///< after ^

    /// Errors name the column of the offending character (1-based) and say what was expected there.
    [[nodiscard]] static util::Result<Spec> parse(std::string_view text);
    /// parse() with the fault's place apart.
    [[nodiscard]] static Parsed<Spec> read(std::string_view text);
    /// Canonical text: name and versions, boolean variants, other variants, target, dependencies as given.
    /// parse(to_string()) == itself.
    [[nodiscard]] std::string to_string() const;

    /// Whether a concrete package meets the name (when given), versions and variants of this spec.
    /// Dependencies and target are not looked at. A variant the package lacks is not met.
    [[nodiscard]] bool satisfied_by(std::string_view package, const Version& version,
                                    const VariantValues& values) const;

    bool operator==(const Spec& other) const = default;
};

/// Whether the text can stand as a variant's value in a spec.
[[nodiscard]] bool is_variant_value(std::string_view text);
/// Whether the text can stand as a variant's or a package's name in a spec.
[[nodiscard]] bool is_name(std::string_view text);

} // namespace sf::spec
