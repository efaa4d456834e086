// `slurm-factory size`
#pragma once

#include "app/request/solving.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sf::app {

/// Sizes of run slices.
struct SliceSize {
    std::uint64_t bytes = 0;                     ///< unpacked
    std::uint64_t gz_bytes = 0;                  ///< as it lies in a .tar.gz
    std::optional<std::uint64_t> zst_bytes = {}; ///< as it lies in a .tar.zst; known once one was made
    std::uint64_t files = 0;
};

/// One package of the solution.
struct PackageSize {
    std::string name;
    std::string version;
    SliceSize run;
    bool ships = false;
    double share = 0;              ///< of the unpacked size of all that ships; 0 when it does not
    std::vector<std::string> adds; ///< what ships because of it only, itself included: names, sorted
    std::uint64_t adds_bytes = 0;  ///< theirs together, unpacked: what leaving the package out would save
    std::uint64_t adds_gz_bytes = 0;
};

struct SizeReport {
    std::vector<PackageSize> packages; ///< the largest first
    SliceSize total;                   ///< of what ships; zst_bytes only when it is known of all
};

/// What each package of a solved request takes. Error (code failure) when the store lacks one: the message names them.
[[nodiscard]] util::Result<SizeReport> measure_sizes(const Session& session, const BuildRequest& request);

} // namespace sf::app
