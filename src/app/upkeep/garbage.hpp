// `slurm-factory gc`
#pragma once

#include "app/session/session.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sf::app {

/// One thing that goes, or would go.
struct Garbage {
    std::string kind; ///< "package", "layer", "source", "image", "log", "compiler", "work"
    std::string name; ///< "hwloc@2.12.0", a short digest, a file's name
    std::string why;  ///< "last used 41 days ago", "no package has it"
    std::uint64_t bytes = 0;
};

/// A cache whose budget is too small for what must stay.
struct Excess {
    std::string setting;     ///< "cache.layers"
    std::string needed;      ///< "what kept builds and pins need"
    std::uint64_t bytes = 0; ///< that stay
};

struct GarbageReport {
    std::vector<Garbage> garbage;
    std::vector<Excess> excesses;
};

/// Removes what is unused (site.cache) and not part of a kept build; then, if a cache is larger than its budget, what
/// was unused longest. Kept are builds whose software tarball still exists, and pins, with the images that they were
/// built in; imported images stay as well. While builds are running, everything they have claimed stays, and so do
/// leftovers of killed runs in the store. With `dry_run` nothing is changed. Error (failure) while another collection
/// is running.
[[nodiscard]] util::Result<GarbageReport> collect_garbage(const Session& session, bool dry_run);

} // namespace sf::app
