// What every command needs.
#pragma once

#include "event/event.hpp"
#include "site/site.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <filesystem>

namespace sf::app {

struct Context {
    const site::Site& site;
    event::Sink& events;
    util::StopToken stop;
};

/// Version of the tool, as `--version` prints it.
[[nodiscard]] const char* tool_version();

/// Where the built-in recipes/ and images/ are: $SLURM_FACTORY_DATA, else ../share/slurm-factory beside the program's
/// directory, else the source tree it was built from.
[[nodiscard]] util::Result<std::filesystem::path> data_directory();

} // namespace sf::app
