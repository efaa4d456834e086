// Options that say what to build: shared by `build` and `plan`.
#pragma once

#include "app/request/solving.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace sf::cli {

[[nodiscard]] std::shared_ptr<app::BuildRequest> add_build_options(CLI::App& command);

} // namespace sf::cli
