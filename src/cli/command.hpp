// How a command joins the command line: cli/NAME.cpp has its options, its help, what it needs and what it does, and
// registers them there. No other file knows which commands there are.
#pragma once

#include "app/session/session.hpp"
#include "site/site.hpp"
#include "util/error.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace sf::cli {

/// Values of the options that all commands have.
struct Globals {
    site::Overrides overrides;
    bool quiet = false;
    bool verbose = false;
    std::string events_file;
};

/// Does the chosen command and prints its result on stdout; the value is the exit status.
using Action = std::function<util::Result<int>(const app::Session&)>;

/// Filled in while the command line is parsed.
struct Invocation {
    Globals globals;
    Action action;
};

/// Groups of commands, in the order of --help.
enum class HelpGroup {
    building,
    requests, ///< what a build would be
    kept,     ///< what stays between builds
    inputs,   ///< recipes and base images
    hosts,    ///< where bundles go
    site,
    watching,
    shell,
};

/// Where --help lists a command: `rank` orders a group.
struct Place {
    HelpGroup group;
    int rank;
};

/// What a command needs besides the configuration.
enum class Needs {
    nothing,
    builder, ///< to make, read or remove files of the builder: an ordinary user does that in a user namespace
};

/// A command, or a group of commands like `cache`, which defines those below it itself.
struct Command {
    Place place;
    const char* path; ///< words of the command line: "build", "cache keys"
    const char* description;
    const char* examples; ///< a line each, indented by two from the second on
    Needs needs;
    /// Adds options and commands below to `command`; its callback sets the invocation's action. Both outlive parsing.
    void (*define)(CLI::App& command, Invocation& invocation);
    /// For commands whose options decide what they need.
    Needs (*needs_with)(const CLI::App& command) = nullptr;
};

/// A constant of this type in a command's file makes the command known.
class Registration {
public:
    explicit Registration(const Command& command) noexcept;

    const Command command;
    const Registration* const next; ///< in no particular order
};

/// Adds all registered commands to the program.
void add_registered_commands(CLI::App& app, Invocation& invocation);

/// What the command that was parsed needs.
[[nodiscard]] Needs needs_of_parsed(const CLI::App& app);

/// Makes a command below `parent`.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example);

/// `--format`, text or json; `format` has what it is without the option.
void add_format(CLI::App& command, std::string& format);

void add_global_options(CLI::App& app, Globals& globals);

} // namespace sf::cli
