// The commands and their options as data, for what is generated from them: completions and man pages.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace sf::cli {

/// What completes a value.
enum class Completion { nothing, file, directory, choice };

struct OptionSurface {
    std::vector<std::string> names; ///< "--jobs", "-j"; of a positional its one name, "SPEC"
    std::string value;              ///< "N"; empty: it is a flag
    Completion completion = Completion::nothing;
    std::vector<std::string> choices; ///< of Completion::choice
    std::string description;
    bool required = false;
    bool repeats = false; ///< may be given several times
};

struct CommandSurface {
    std::vector<std::string> path; ///< below the program: {"cache", "push"}; empty: the program itself
    std::string description;
    std::string examples; ///< one a line
    std::vector<OptionSurface> options;
    std::vector<OptionSurface> positionals;
    std::vector<CommandSurface> commands;

    /// "cache push"
    [[nodiscard]] std::string words() const;
};

/// The program, with all its commands.
[[nodiscard]] CommandSurface describe_surface(const CLI::App& app);

/// The program and all commands below it, each before its own.
[[nodiscard]] std::vector<const CommandSurface*> all_commands(const CommandSurface& program);

} // namespace sf::cli
