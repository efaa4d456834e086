// Known holes of packages, and what a version with its patches has of them.
//
// An advisory is a file in the OSV format (https://ossf.github.io/osv-schema/). Those that ship with the tool lie in
// advisories/PACKAGE/ID.json, so that only the packages at hand are read; a site has its own wherever it wants.
#pragma once

#include "spec/spec.hpp"
#include "spec/version.hpp"
#include "util/error.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::advisory {

/// What an advisory's file, or a list of advisories, may have at most.
inline constexpr std::size_t most_bytes = std::size_t{16} << 20U;
/// The same of what Debian's security tracker says of all packages.
inline constexpr std::size_t most_tracker_bytes = std::size_t{192} << 20U;

/// How many names beside its id an advisory may have; the others are left out.
inline constexpr std::size_t most_aliases = 100;

/// One end of a range of versions.
struct Event {
    enum class Kind { introduced, fixed, last_affected };
    Kind kind = Kind::introduced;
    std::optional<spec::Version> version; ///< nullopt: before all versions, "0"
};

/// Versions from each `introduced` until the next `fixed` or after the next `last_affected`; sorted by version.
using Range = std::vector<Event>;

/// One package that has the hole.
struct Affected {
    std::string package; ///< as our recipe is named
    std::vector<Range> ranges;
    std::vector<spec::Version> versions; ///< named one by one
    bool unreadable = false;             ///< some versions are given in a way that cannot be compared with ours
    std::string not_built;               ///< why our builds do not have the code; empty: they have it
    spec::VariantValues without;         ///< values of variants of which not_built speaks; empty: all builds
};

struct Advisory {
    std::string id; ///< "CVE-2026-65107"
    std::vector<std::string> aliases;
    std::string summary;
    std::string severity; ///< "high", or a CVSS vector; empty where it is not said
    std::string origin;   ///< the file or address it was read from
    bool rough = false;   ///< of a source that knows other versions than upstream's; any other one says more
    std::vector<Affected> affected;

    /// Whether `id` is its own or an alias.
    [[nodiscard]] bool is_called(std::string_view name) const;
};

/// The files of advisories that a path stands for: itself, or all *.json in a directory and the three levels below it.
[[nodiscard]] util::Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& path);

/// Debian's source packages, and the packages of ours that are built from each.
using DebianNames = std::map<std::string, std::vector<std::string>>;

/// Advisories by package.
class Set {
public:
    /// What lies in DIRECTORY/PACKAGE/*.json of the packages named; directories that are missing have none. Errors
    /// (code recipe) name the file.
    [[nodiscard]] static util::Result<Set> load(const std::vector<std::filesystem::path>& directories,
                                                const std::vector<std::string>& packages);

    /// Adds files_in(path). Error: there is none, or one is no advisory.
    [[nodiscard]] util::Status add(const std::filesystem::path& path, const DebianNames& names = {});
    /// Adds the advisory in `text`, or a list of them, or those that Debian's security tracker has of the packages in
    /// `names`; `origin` is for messages. Withdrawn ones are left out.
    [[nodiscard]] util::Status add_text(std::string_view text, const std::string& origin,
                                        const DebianNames& names = {});
    /// Replaces what has the same id or alias for the same package, and takes over its names; but a rough one never
    /// replaces one that is not.
    void add(Advisory advisory);

    /// Those that speak of a package, sorted by id.
    [[nodiscard]] std::vector<const Advisory*> of_package(std::string_view package) const;

private:
    std::vector<Advisory> advisories_;
    /// Package, then id or alias: place.
    std::map<std::string, std::map<std::string, std::size_t, std::less<>>, std::less<>> by_package_;
};

/// A patch that was applied, and the holes it closes.
struct Patch {
    std::string name;
    std::vector<std::string> fixes; ///< "CVE-2026-65107"
};

/// What is looked at.
struct Subject {
    std::string package; ///< as our recipe is named
    std::string version; ///< as in the recipe; one that is no version leaves all findings unknown
    std::vector<Patch> patches;
    spec::VariantValues variants = {}; ///< of the build; what is not in them is not known
};

enum class State {
    open,         ///< the version has the hole, and no patch closes it
    patched,      ///< the version has it, a patch closes it
    not_affected, ///< the version does not have it, or our builds leave the code out
    unknown       ///< the versions cannot be compared
};
[[nodiscard]] std::string_view to_string(State state);

/// What a subject has of one advisory.
struct Finding {
    const Advisory* advisory = nullptr; ///< in the set
    State state = State::unknown;
    std::vector<std::string> patches = {}; ///< the patches that close it, where it is patched
    std::string fixed_in = {};             ///< the next release without it, where the advisory knows one
    std::string reason = {};               ///< why it does not apply although the version has it, or why it is unknown
};

/// One finding for each advisory of the subject's package, sorted by id. The set must outlive them.
[[nodiscard]] std::vector<Finding> assess(const Set& set, const Subject& subject);

} // namespace sf::advisory
