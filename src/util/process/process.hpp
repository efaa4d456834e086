// Running other programs.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sf::util {

/// What to run. The child gets its own process group, /dev/null as stdin, and dies with this process.
struct Command {
    std::vector<std::string> argv;                            ///< argv[0] is looked up in PATH
    std::map<std::string, std::string> environment_changes{}; ///< added to this process's environment
    std::filesystem::path directory{};                        ///< working directory; empty: unchanged
    int output_fd = -1; ///< where stdout and stderr go; -1: captured into CommandResult::output
    StopToken stop{};
    std::optional<std::chrono::seconds> timeout{};     ///< the whole group is killed when it passes
    std::size_t most_output = std::size_t{256} << 20U; ///< that is captured; the whole group is killed beyond
};

struct CommandResult {
    int exit_code = 0;  ///< 128 + signal number when killed by a signal
    std::string output; ///< stdout and stderr, interleaved, when captured
};

/// Runs to the end. An exit status other than 0 is a result, not an error; errors are: the program
/// cannot be started, the timeout passed, more than `most_output` came, a stop was requested (code interrupted).
[[nodiscard]] Result<CommandResult> run(const Command& command);

/// run(), with a non-zero exit as an error that quotes the last lines of the output.
[[nodiscard]] Result<std::string> run_checked(const Command& command);

/// Full path of a program in PATH (and in /usr/sbin, /sbin), or nullopt.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

} // namespace sf::util
