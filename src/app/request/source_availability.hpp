// What a solution can choose from besides recipes: layers in the store, sources that can be fetched.
#pragma once

#include "app/session/session.hpp"
#include "http/probe.hpp"
#include "recipe/recipe_set.hpp"
#include "solve/solve.hpp"
#include "source/apt_archive.hpp"
#include "source/apt_config.hpp"
#include "util/files/sha256.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sf::app {

/// Versions of packages that the store has layers of, built in this image.
[[nodiscard]] util::Result<solve::Versions> stored_versions(const Session& session, const util::Digest& image);

/// Whether the archives of versions can be fetched: from the source cache or a directory mirror, the distribution's
/// archive, a host that answers or an http mirror. A host that does not answer, and a file that the archive or a mirror
/// does not have, are remembered for an hour, in ROOT/cache/sources/unreachable.json.
class SourceAvailability {
public:
    /// `etc_apt`: where the host's apt is configured.
    explicit SourceAvailability(const Session& session, std::filesystem::path etc_apt = source::AptSettings().etc_apt);

    /// Of all recipes, the versions whose sources are known to be unobtainable; sends no request.
    [[nodiscard]] solve::Versions unobtainable(const recipe::RecipeSet& recipes) const;
    /// Looks for missing archives of the chosen versions, unless a version is stored: whether the hosts of URLs answer,
    /// whether the distribution's archive has the file, and if both fail, whether an http mirror has it. A place that
    /// fails is not asked again for an hour, others once in this object's life. True if one fails, so that another
    /// choice may be better.
    [[nodiscard]] util::Result<bool> probe(const solve::Solution& solution, const recipe::RecipeSet& recipes,
                                           const solve::Versions& stored);

private:
    [[nodiscard]] bool is_here(const recipe::Source& source) const;
    /// Whether the place that the recipe names is known not to have it.
    [[nodiscard]] bool is_out_of_reach(const recipe::Source& source) const;
    /// Whether a place of a mirror's is known not to have the file.
    [[nodiscard]] bool lacks(const std::string& url) const;
    /// The places of a source on http mirrors.
    [[nodiscard]] std::vector<std::string> mirror_urls(const recipe::Source& source) const;
    [[nodiscard]] bool can_be_had(const recipe::VersionEntry& entry) const;
    /// Asks the hosts of an archive that only URLs may have; whether one of them does not answer.
    util::Result<bool> ask_hosts(const std::vector<recipe::Source>& alternatives);
    /// Asks for an archive that no host which answered has; whether the distribution lacks it.
    util::Result<bool> ask_distribution(const std::vector<recipe::Source>& alternatives);
    /// Asks the mirrors for an archive that no other place has; whether none of them has it either.
    util::Result<bool> ask_mirrors(const std::vector<recipe::Source>& alternatives);
    [[nodiscard]] http::ProbeLimits probe_limits() const;
    /// Whether a pool of the distribution's has the file; true also where that cannot be told.
    [[nodiscard]] bool distribution_has(const recipe::AptSource& wanted);
    [[nodiscard]] util::Status remember() const;

    const Session& session_;
    std::filesystem::path etc_apt_;
    std::map<std::string, std::int64_t>
        unreachable_; ///< by host, apt source or URL of a mirror: until when, since 1970
    std::set<std::string> answered_;
    std::optional<util::Result<source::HostArchive>> distribution_; ///< once it was looked for
};

} // namespace sf::app
