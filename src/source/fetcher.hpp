// Getting verified source archives.
#pragma once

#include "event/event.hpp"
#include "recipe/recipe.hpp"
#include "site/site.hpp"
#include "source/source_cache.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sf::source {

struct Place;

/// What one package needs: any one of the alternatives, and of each further archive any one of its own.
struct Wanted {
    std::string package; ///< for messages: "slurm@24.11.5"
    std::vector<recipe::Source> alternatives;
    std::vector<std::vector<recipe::Source>> patches = {}; ///< archives of patches
};

/// A verified archive, and those of its patches.
struct Fetched {
    std::filesystem::path path;
    util::Digest sha256;
    std::string origin; ///< "cache", or the URL / apt package it came from
    std::vector<Fetched> patches = {};
};

/// Gets archives for a whole run. What a plan's key is made of must not depend on the network, so all alternatives of
/// a version count as the same source (docs/design.md, "Keys"). `site` and `events` must outlive it.
class Fetcher {
public:
    Fetcher(const site::Site& site, event::Sink& events);
    ~Fetcher();
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;

    /// Tries the alternatives in the order: cache (any alternative), mirrors (any alternative), then each alternative
    /// in turn. Safe to call from several threads; the apt state is prepared once. Errors (code source) list each
    /// alternative and why it failed; a checksum mismatch names both sums and the URL, and nothing is kept.
    /// Emits FetchProgress while bytes come, and a warning for each mismatch. The origin is "cache" if nothing had to
    /// be fetched.
    [[nodiscard]] util::Result<Fetched> fetch(const Wanted& wanted, const util::StopToken& stop);

    /// For --offline: one error (code source) that names every archive that is in neither cache nor file mirrors.
    [[nodiscard]] util::Status check_offline(const std::vector<Wanted>& wanted);

private:
    struct State; // shared by the threads that call fetch()

    util::Result<Fetched> fetch_one(const Wanted& wanted, const util::StopToken& stop);
    util::Result<Fetched> fetch_from(const std::string& package, const Place& place, const util::StopToken& stop);
    util::Result<Fetched> fetch_over_network(const std::string& package, const Place& place,
                                             const util::StopToken& stop);
    [[nodiscard]] bool is_here(const Wanted& wanted) const;

    const site::Site& site_;
    event::Sink& events_;
    SourceCache cache_;
    std::unique_ptr<State> state_;
};

} // namespace sf::source
