// Running a command in a root file system that is being made. Private to this module.
#pragma once

#include "sandbox/limit_group.hpp"
#include "site/site.hpp"
#include "util/error.hpp"
#include "util/process/process.hpp"
#include "util/stop.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace sf::image {

/// Where an image's programs are looked for, in this order.
inline constexpr std::array program_directories = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

/// A root file system, and what each command that is run in it may take.
struct System {
    std::filesystem::path rootfs; ///< must have dev/
    sandbox::Limits limits;
};

/// Those that a build has.
[[nodiscard]] sandbox::Limits limits_of(const site::Site& site);

/// A directory of the host that the command sees at a place that is there already.
struct Shown {
    std::filesystem::path directory;
    std::string at; ///< absolute, inside
    bool writable = false;
};

struct InsideCommand {
    System system;     ///< read-only for the command
    std::string shell; ///< text for /bin/sh
    std::vector<Shown> shown = {};
    std::chrono::seconds patience{30};
};

/// Runs it as the builder, without a network, a terminal or the caller's environment. Needs root. The command's own
/// failure is in the exit code, and the output says when it was killed for lack of memory; one that prints more than 1
/// MiB is stopped, and an error.
[[nodiscard]] util::Result<util::CommandResult> run_inside(const InsideCommand& command, const util::StopToken& stop);

} // namespace sf::image
