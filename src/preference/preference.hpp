// What a site says about packages: the mapping `packages:` of config.yaml, and files in the format of Spack's
// packages.yaml (https://spack.readthedocs.io/en/latest/packages_yaml.html), taken as they are. docs/packages.md is the
// reference.
#pragma once

#include "spec/spec.hpp"
#include "util/error.hpp"
#include "yaml/yaml.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::preference {

/// A package that is installed on the system already.
struct External {
    spec::Spec spec; ///< has the package's name
    std::string prefix;
    yaml::Location where;
};

/// Specs of which a package must, should or must not meet some.
struct Requirement {
    enum class Mode { one_of, any_of };
    Mode mode = Mode::one_of;       ///< a single spec is one_of with one
    std::vector<spec::Spec> specs;  ///< in order of preference; their names may be empty
    std::optional<spec::Spec> when; ///< it holds only for packages that meet this
    std::string message;            ///< what to say when it is not met; may be empty
    yaml::Location where;
};

/// The settings of one package, or of "all".
struct PackagePreference {
    std::vector<External> externals;
    std::optional<bool> buildable;            ///< false: only externals will do
    std::vector<spec::VersionRange> versions; ///< preferred ones, best first
    spec::VariantValues variants;             ///< preferred values
    std::vector<Requirement> require;
    std::vector<Requirement> prefer;
    std::vector<Requirement> conflict;
    std::map<std::string, std::string> flags; ///< to add, by environment variable: CFLAGS, CXXFLAGS, CPPFLAGS, LDFLAGS
    std::string target;                       ///< empty: not said
    yaml::Location where;                     ///< of the package's name
    std::map<std::string, yaml::Location, std::less<>> keys; ///< where each key that was given stands: "buildable"
    bool replaces = false; ///< the name was written with a further ':': nothing lower files say of it is kept
};

struct Preferences {
    std::map<std::string, PackagePreference, std::less<>> packages; ///< by name; "all" is what holds for every package
    std::map<std::string, std::vector<std::string>> providers;      ///< of virtual packages, best first
    std::vector<std::string> notes; ///< "FILE:LINE: ..." for each thing of Spack's that was read and has no effect
    bool replaces = false;          ///< `packages::`: nothing that lower files say is kept

    /// The settings of this package itself, without those of "all", or nullptr.
    [[nodiscard]] const PackagePreference* find(std::string_view name) const;
    /// Puts a later file over this one: each key that it gives for a package replaces this one's, as does each
    /// virtual package's list of providers. Notes are kept of both.
    void overlay(Preferences upper);
};

/// The value under `packages:`. A key that neither we nor Spack know is an error (code recipe) that names the nearest.
[[nodiscard]] util::Result<Preferences> read_packages(const yaml::Value& packages);
/// A file whose only key is `packages:`; an empty file says nothing. Errors also: the file cannot be read.
[[nodiscard]] util::Result<Preferences> load_packages_file(const std::filesystem::path& path);

/// The text of a packages.yaml that has these externals and lets nothing else be built for their packages. In order of
/// the packages' names, then as given.
[[nodiscard]] std::string externals_yaml(const std::vector<External>& externals);

} // namespace sf::preference
