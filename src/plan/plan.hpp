// The immutable graph of build steps made from a solution, and the keys of its steps.
#pragma once

#include "recipe/recipe_set.hpp"
#include "site/site.hpp"
#include "solve/solve.hpp"
#include "spec/floor.hpp"
#include "spec/hardening.hpp"
#include "spec/target.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::plan {

/// Every package is configured for this prefix.
inline constexpr const char* prefix = "/opt/slurm/software";
/// Where sources are unpacked and built, inside the sandbox.
inline constexpr const char* build_directory = "/build";
/// Where archives and recipe directories are shown, inside the sandbox.
inline constexpr const char* sources_directory = "/sources";
/// Where that of the step's patch set of this number (from 0) is.
[[nodiscard]] std::string patch_archive(std::size_t number);
inline constexpr const char* recipe_directory = "/recipe";
/// Where gcc finds a file `specs` in place of those that it has built in, because $LIBRARY_PATH names it. It says what
/// gcc adds to every command.
inline constexpr const char* compiler_directory = "/build/.compiler";
/// In there: what was added to gcc's own.
inline constexpr const char* added_specs = "/build/.compiler/added";
/// Where the libraries and start files of a glibc floor are, inside the sandbox: gcc looks in the directories of
/// $LIBRARY_PATH before its own and the system's.
inline constexpr const char* floor_libraries = "/floor/lib";

/// A source tree or archive that the user brings with --source.
struct LocalSource {
    std::filesystem::path path;
    bool directory = false;
    util::Digest digest; ///< of the archive's bytes, or over all paths, modes and bytes of the directory
};

/// A patch or helper file of a recipe.
struct RecipeFile {
    std::string name; ///< relative to the recipe's directory
    util::Digest sha256;
};

/// One phase's shell text, conditions evaluated and placeholders filled.
struct PhaseScript {
    recipe::Phase phase = recipe::Phase::unpack;
    std::string text;
};

/// One package to be built. Indices are places in Plan::steps.
struct Step {
    std::string name;
    spec::Version version;
    spec::VariantValues variants;
    const recipe::Recipe* recipe = nullptr; ///< lives in the RecipeSet the plan was made from
    std::vector<recipe::Source> sources;    ///< alternatives; empty when `local` is set, or all is in the base image
    std::optional<LocalSource> local;
    std::vector<RecipeFile> recipe_files;
    std::vector<std::size_t> dependencies; ///< direct, of type build or link: what the build needs
    std::vector<std::size_t>
        inputs; ///< whose layers are mounted, so must be there: these and their link and run closure
    std::vector<PhaseScript> phases;
    std::map<std::string, std::string> environment; ///< what decides the result
    std::map<std::string, std::string> levers;      ///< what makes it faster; in the key, not in the plain script
    std::vector<recipe::PatchSet> patch_sets = {};  ///< of the version; none when `local` is set
    spec::HardeningLevel hardening = spec::HardeningLevel::none;
    std::string compiler_specs = {}; ///< text of added_specs; empty: there is none

    /// "munge@0.5.16"
    [[nodiscard]] std::string id() const;
    /// Whether an archive must be fetched to build it.
    [[nodiscard]] bool needs_archive() const { return !local && !sources.empty(); }
};

struct Plan {
    std::vector<Step> steps; ///< dependencies before dependents; the requested package last
    util::Digest image;
    std::string image_name;
    /// Places of the packages that ship: the requested one and its link and run closure, in step order.
    [[nodiscard]] std::vector<std::size_t> run_closure() const;
    std::vector<std::vector<std::size_t>> runtime_dependencies; ///< by step: link and run, direct
    spec::Target target = spec::Target::generic();              ///< its flags are in the steps' environments
    spec::HardeningLevel hardening = spec::HardeningLevel::standard;
    spec::Floor floor = spec::Floor::host();
    std::optional<util::Digest> floor_sources = {}; ///< of what the floor's libraries are made of; none: the host's
};

/// Flags by the variable that hands them to compilers and linkers.
using Flags = std::map<std::string, std::string>;
/// The variables that Flags may have.
inline constexpr std::array<std::string_view, 4> flag_variables{"CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS"};
/// In PlanOptions::flags: every package.
inline constexpr const char* all_packages = "all";

struct PlanOptions {
    util::Digest image;
    std::string image_name;
    std::map<std::string, LocalSource> local_sources; ///< by package
    bool mold = true;
    std::string configure_site = {}; ///< the base image's answers for configure scripts; empty: not used
    spec::Target target = spec::Target::generic();
    /// By package, or all_packages. They follow the recipe's own flags and the target's.
    std::map<std::string, Flags> flags = {};
    spec::HardeningLevel hardening = spec::HardeningLevel::standard;
    spec::Floor floor = spec::Floor::host();
    std::optional<util::Digest> floor_sources = {};
};

/// Pure but for reading the recipes' own files (to hash them). Flags in other variables than flag_variables are an
/// error (code usage).
[[nodiscard]] util::Result<Plan> make_plan(const solve::Solution& solution, const recipe::RecipeSet& recipes,
                                           const PlanOptions& options);

/// Hashes what --source names; a path that is neither file nor directory is an error (code source).
[[nodiscard]] util::Result<LocalSource> read_local_source(const std::filesystem::path& path);

} // namespace sf::plan
