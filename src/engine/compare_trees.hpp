// Where two trees differ. Private to `engine`.
#pragma once

#include "util/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::engine {

struct TreeDifference {
    std::string path;
    std::string what; ///< a short sentence part
};

/// Names, kinds, execute bits, link targets and contents; sorted by path. Of a file's contents the first place that
/// differs is named.
[[nodiscard]] util::Result<std::vector<TreeDifference>> compare_trees(const std::filesystem::path& first,
                                                                      const std::filesystem::path& second);

} // namespace sf::engine
