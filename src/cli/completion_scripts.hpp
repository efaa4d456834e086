// Scripts with which shells complete the command line. They know all commands and options; nothing is run to ask.
#pragma once

#include "cli/surface.hpp"

#include <string>

namespace sf::cli {

/// For bash 4.4 and later, to be sourced
/// (https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html).
[[nodiscard]] std::string bash_completion(const CommandSurface& program);
/// For zsh: to be sourced after compinit, or a file `_slurm-factory` in fpath
/// (https://zsh.sourceforge.io/Doc/Release/Completion-System.html).
[[nodiscard]] std::string zsh_completion(const CommandSurface& program);
/// For fish (https://fishshell.com/docs/current/cmds/complete.html).
[[nodiscard]] std::string fish_completion(const CommandSurface& program);

} // namespace sf::cli
