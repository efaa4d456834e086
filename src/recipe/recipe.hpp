// Recipes: how one package is obtained and built. The schema is described in docs/recipes.md.
#pragma once

#include "spec/hardening.hpp"
#include "spec/spec.hpp"
#include "spec/version.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"
#include "yaml/yaml.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sf::recipe {

using yaml::Location;

/// A source archive at a URL (http, https, file).
struct UrlSource {
    std::string url;
};
/// A source archive in the distribution's source archive: `package` at upstream version `version`
/// (with epoch, without Debian revision), the file of that name.
struct AptSource {
    std::string package;
    std::string version;
    std::string file;
    bool exact = false; ///< `version` has its Debian revision, and no other one has the file
};
/// One way to get a version's archive. Alternatives may differ in bytes, so each has its own sum.
struct Source {
    std::variant<UrlSource, AptSource> from;
    util::Digest sha256;
    Location where;
    /// File name of the archive: last part of the URL's path, or AptSource::file.
    [[nodiscard]] std::string file_name() const;
    /// "https://..." or "apt:munge=0.5.16", for people.
    [[nodiscard]] std::string to_string() const;
};

/// One patch of a PatchSet.
struct SeriesPatch {
    std::string file;               ///< relative to debian/patches
    std::vector<std::string> fixes; ///< the holes it closes: "CVE-2026-65107"
};
/// Patches out of a Debian source package, for the version's archive.
struct PatchSet {
    std::string package;
    std::string revision;            ///< the package's Debian version: "24.11.5-4+deb13u1"
    std::vector<Source> sources;     ///< alternatives of its .debian.tar.xz, all of the same bytes
    std::vector<SeriesPatch> series; ///< in the order in which they are applied
    Location where;
    [[nodiscard]] const util::Digest& sha256() const { return sources.front().sha256; }
    /// "slurm-wlm 24.11.5-4+deb13u1", for people and keys.
    [[nodiscard]] std::string to_string() const;
};

struct VersionEntry {
    spec::Version version;
    bool preferred = false;
    std::vector<Source> sources; ///< none where everything comes from the base image
    std::vector<PatchSet> patches = {};
    /// The alternatives of each archive that it needs: its source's, and those of its patches.
    [[nodiscard]] std::vector<const std::vector<Source>*> archives() const;
};

/// Until when the versions of a series are supported, and by whom.
struct Support {
    spec::Version series;        ///< "24.11", or one version of it
    std::chrono::sys_days until; ///< its last day
    std::string by;              ///< "SchedMD"
    Location where;
};
/// "2028-08-31"
[[nodiscard]] std::string to_string(std::chrono::sys_days day);

/// Holds when a concrete package satisfies the spec; the empty condition always holds.
struct Condition {
    std::optional<spec::Spec> when;
    /// Whether the versions it names, if any, have this one among them.
    [[nodiscard]] bool may_hold(const spec::Version& version) const;
    [[nodiscard]] bool holds(const spec::Version& version, const spec::VariantValues& variants) const;
};

/// A default that takes the place of the usual one where the condition holds.
struct ConditionalDefault {
    std::string value;
    Condition condition;
};

struct Variant {
    std::string name;
    std::string default_value;       ///< "true"/"false" for a boolean
    std::vector<std::string> values; ///< allowed values; {"true","false"} for a boolean
    std::string description;
    std::string only_with; ///< a package: where no source of it can be had, the default is false; empty: none
    Condition condition;   ///< the versions that have this variant
    std::vector<ConditionalDefault> defaults; ///< the first whose condition holds goes before default_value
    Location where;
    [[nodiscard]] bool allows(std::string_view value) const;
};

struct DependencyType {
    bool build = false;
    bool link = false; ///< implies the run-time closure
    bool run = false;
    auto operator<=>(const DependencyType&) const = default;
};

struct Dependency {
    spec::Spec spec;
    DependencyType type;
    Condition condition;
    Location where;
};

/// A virtual package that this one can stand for.
struct Provision {
    std::string name;
    Condition condition;
    Location where;
};

/// What may not be together with this package: a spec of itself (without a name) or of another one.
struct Conflict {
    spec::Spec spec;
    Condition condition;
    std::string reason;
    Location where;
};

/// Arguments that are given when the condition holds.
struct Arguments {
    std::vector<std::string> values;
    Condition condition;
};

enum class BuildSystem { autotools, cmake, make, custom };
[[nodiscard]] std::string_view to_string(BuildSystem system);

/// The phases of a build, in this order.
enum class Phase { unpack, prepare, configure, build, install, finish };
[[nodiscard]] std::string_view to_string(Phase phase);

/// How the package is built. Arguments may hold the placeholders {prefix}, {version} and {jobs}, values of the
/// environment {prefix} and {version}.
struct Build {
    BuildSystem system = BuildSystem::autotools;
    std::string directory;                          ///< relative to the unpacked source; empty: its top
    std::map<std::string, std::string> environment; ///< added to that of every step
    bool configure_cache = true;                    ///< its configure script may use the base image's answers
    std::vector<Arguments> configure;
    std::vector<Arguments> make;
    std::vector<Arguments> install;
    std::map<Phase, std::string> steps; ///< shell text that replaces a phase; configure gets its arguments as "$@"
};

/// A patch that lies beside recipe.yaml.
struct Patch {
    std::filesystem::path file; ///< absolute
    int strip = 1;
    Condition condition;
    std::vector<std::string> fixes = {}; ///< the holes it closes
};

/// Globs relative to the prefix, overriding the default division of a layer.
struct Slices {
    std::vector<std::string> run;
    std::vector<std::string> dev;
    std::vector<std::string> drop;
};

/// A file that may mention the build prefix, and why that is harmless.
struct RelocationException {
    std::string path; ///< glob relative to the prefix
    std::string reason;
};

/// Where a project publishes releases. Patterns have the placeholders {version} (1.2.3), {dashed} (1-2-3),
/// {underscored} (1_2_3) and {series}; addresses also {tag} and {file}.
struct Releases {
    std::string github;    ///< "OWNER/REPOSITORY", or the address of a repository in the API of GitHub Enterprise
    std::string tag;       ///< pattern of a tag's name, with github
    std::string listing;   ///< address of a page that links the archives
    std::string file;      ///< pattern of an archive's name, with listing
    std::string url;       ///< pattern of an archive's address
    std::string checksum;  ///< pattern of the address of a file with its sha256; may be empty
    std::string signature; ///< pattern of the address of its OpenPGP signature; may be empty
    std::vector<std::filesystem::path> keys; ///< OpenPGP public keys that may have signed it, absolute
    std::optional<spec::VersionRange> range; ///< releases that count; without one all do
    unsigned series = 0; ///< leading components of versions that are maintained side by side; 0: only the newest counts
    Location where;

    [[nodiscard]] bool counts(const spec::Version& version) const { return !range || range->contains(version); }
    /// The archive's address, for `version`.
    [[nodiscard]] std::string archive_url(const spec::Version& version) const;
    /// Fills in the placeholders of `pattern`.
    [[nodiscard]] std::string expand(std::string_view pattern, const spec::Version& version) const;
};

/// The version in a name that fits `pattern`, which has one of {version}, {dashed}, {underscored}; nothing where the
/// name does not fit, or is that of a pre-release.
[[nodiscard]] std::optional<spec::Version> version_in(std::string_view pattern, std::string_view name);
/// A file that lacks a protection, and why that cannot be helped.
struct HardeningException {
    spec::Protection what = spec::Protection::stack_protector;
    std::string path; ///< glob relative to the prefix
    std::string reason;
};

/// How the package differs from what a hardening level asks for.
struct Hardening {
    std::set<spec::Protection> without;    ///< it is compiled and linked without these
    std::vector<HardeningException> allow; ///< of the audit
};

struct Recipe {
    std::string name;
    std::string description;
    std::string homepage;
    std::string license;                ///< SPDX expression
    std::vector<VersionEntry> versions; ///< in file order
    std::vector<Support> support;       ///< in file order
    std::vector<Variant> variants;
    std::vector<Dependency> dependencies;
    std::vector<Provision> provides;
    std::vector<Conflict> conflicts;
    Build build;
    std::vector<Patch> patches;
    Slices slices;
    std::vector<RelocationException> relocation;
    std::optional<Releases> releases;
    Hardening hardening;
    std::filesystem::path directory; ///< where recipe.yaml lies, absolute

    [[nodiscard]] const Variant* find_variant(std::string_view name) const;
    [[nodiscard]] const VersionEntry* find_version(const spec::Version& version) const;
    /// The support of a version that lasts longest; null if the recipe does not mention it.
    [[nodiscard]] const Support* support_of(const spec::Version& version) const;
    /// Whether a version is supported on that day.
    [[nodiscard]] bool is_supported(const spec::Version& version, std::chrono::sys_days today) const;
    /// The series of `support` that a version belongs to: the widest, if any.
    [[nodiscard]] std::optional<spec::Version> series_of(const spec::Version& version) const;
};

/// Reads DIRECTORY/recipe.yaml. The first fault is the error (code recipe): "file:line:column: what", hint: how to mend
/// it.
[[nodiscard]] util::Result<Recipe> load_recipe(const std::filesystem::path& directory);
/// The same from text; `file` is the name used in errors, `directory` is where patches are looked for and whose last
/// component the recipe's name must equal.
[[nodiscard]] util::Result<Recipe> parse_recipe(std::string_view yaml, const std::string& file,
                                                const std::filesystem::path& directory);

} // namespace sf::recipe
