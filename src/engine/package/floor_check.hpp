// Whether what a package installs keeps to the glibc floor, and what a failure to link has to do with it. Private to
// `build`.
#pragma once

#include "plan/plan.hpp"
#include "spec/floor.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sf::engine {

/// What the image's glibc has and the floor lacks: by symbol, the version that brought it ("2.34").
using NewerSymbols = std::map<std::string, std::string, std::less<>>;

/// Of a kit (image::ensure_floor()).
[[nodiscard]] util::Result<NewerSymbols> read_newer_symbols(const std::filesystem::path& kit);

/// Error build, which names file, symbol and version: one of the files below `upper` needs more than the floor has.
[[nodiscard]] util::Status check_floor(const plan::Step& step, const spec::Floor& floor, const NewerSymbols& newer,
                                       const std::filesystem::path& upper, const std::vector<std::string>& elf_files);

/// The error of a failed build with the cause in front, if its log says that the linker missed what the floor lacks.
[[nodiscard]] util::Error explain_floor(const spec::Floor& floor, const NewerSymbols& newer, std::string_view log,
                                        util::Error error);

} // namespace sf::engine
