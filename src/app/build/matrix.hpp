// Several builds in one command: every combination of versions, targets and toolchains, or the cells of a file.
#pragma once

#include "app/build/build.hpp"
#include "app/request/request.hpp"
#include "app/session/session.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sf::app {

/// One build of several.
struct Cell {
    std::string label; ///< for people: "24.11 x86_64_v3 bullseye"
    BuildRequest request;
    std::string suffix; ///< of the bundle's name; empty: none
};

/// Every combination of the request's version, target and toolchain where these are lists with commas. A target is part
/// of the file's name where there are several. Error usage: an empty or repeated item.
[[nodiscard]] util::Result<std::vector<Cell>> expand_request(const BuildRequest& request);

/// The cells of a file:
///
///     cells:
///       - {slurm-version: "24.11", target: x86_64_v3}
///       - {slurm-version: "24.11", minimal: true, toolchain: bullseye, variants: [+kafka], suffix: small}
///
/// over what `common` says for all. Errors: recipe, with file:line:column; usage, for two cells of one file name.
[[nodiscard]] util::Result<std::vector<Cell>> read_cells(const std::filesystem::path& file, const BuildRequest& common);

struct CellResult {
    Cell cell;
    util::Result<BuildReport> report;
};

/// Builds all cells beside one another over one jobserver; what several need is built once. A cell that fails does not
/// stop the others unless `stop_at_failure`. Of several cells each has a pin of its own: the name, then the label.
/// Error usage: several cells of one lock file.
[[nodiscard]] util::Result<std::vector<CellResult>> build_cells(const Session& session, const std::vector<Cell>& cells,
                                                                const BuildOptions& options, bool stop_at_failure);

} // namespace sf::app
