// What changed from one bundle to another.
#pragma once

#include "bundle/contents.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sf::bundle {

/// One thing that only one side has, or that is not the same in both; by name in the order of names.
template <typename Thing> struct Change {
    std::string name;
    std::optional<Thing> before;
    std::optional<Thing> after;
};

struct Diff {
    Contents before; ///< names, target, image and packages; files are taken out
    Contents after;
    std::vector<Change<Shipped>> packages; ///< whose version, variants or bytes of files differ
    std::vector<Change<File>> files;
    std::vector<std::string> plugins_added; ///< of Slurm: names of files in lib/slurm
    std::vector<std::string> plugins_removed;
    std::uint64_t same = 0; ///< files that are equal
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;

    [[nodiscard]] bool empty() const { return packages.empty() && files.empty(); }
};

[[nodiscard]] Diff diff(Contents before, Contents after);

} // namespace sf::bundle
