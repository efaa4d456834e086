// A look from inside whether the sandbox keeps its promises. Private to this module.
#pragma once

#include "sandbox/sandbox.hpp"
#include "util/error.hpp"

#include <filesystem>
#include <string_view>

namespace sf::sandbox {

/// What a backend promises: everything, or that files are as they should be and nothing is gained.
enum class Isolation { all, files };

/// Runs one shell in the image and checks what it saw. `scratch` is where its few files go.
[[nodiscard]] util::Status probe_isolation(Backend& backend, const std::filesystem::path& rootfs,
                                           const std::filesystem::path& scratch, Isolation promised = Isolation::all);

/// What the shell of the probe wrote, judged: the error names every promise that is broken.
[[nodiscard]] util::Status judge_probe(std::string_view output, Isolation promised = Isolation::all);

} // namespace sf::sandbox
