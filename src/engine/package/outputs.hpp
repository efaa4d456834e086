// Reads the files that a build leaves for this process. All of them may be hostile: they are read with a limit, no link
// is followed, and a malformed file counts as missing.
#pragma once

#include "engine/package/build_log.hpp"
#include "util/error.hpp"
#include "util/files/fs.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sf::engine {

/// The last 4 MiB of the log, from the beginning of a line.
[[nodiscard]] util::Result<LogEnd> read_log_end(const std::filesystem::path& log);

/// The marks that the step's script wrote (plan::step_script()); none when there is no such file.
[[nodiscard]] PhaseMarks read_marks(const std::filesystem::path& file);

/// What ccache wrote; zeros when there is no such file.
[[nodiscard]] CompilerCache read_ccache_log(const std::filesystem::path& file);

/// What one package may install. Holes of files count in full: archives have none.
constexpr std::uint64_t most_installed = std::uint64_t{8} << 30U;

/// Error build: the files together are larger than that; names the largest.
[[nodiscard]] util::Status check_installed_size(const std::string& package,
                                                const std::vector<util::TreeEntry>& entries);

} // namespace sf::engine
