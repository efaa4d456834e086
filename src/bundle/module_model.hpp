// What the environment module does, before it is written for one tool or the other. Private to `bundle`;
// docs/modules.md is for users.
#pragma once

#include "bundle/bundle.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sf::bundle {

struct ModuleModel {
    /// A directory of the tree that goes in front of a variable's list.
    struct Directory {
        std::string variable;
        std::string below; ///< relative to the tree; empty: the tree itself
    };

    std::string name;     ///< "slurm": of the module, and what it conflicts with
    std::string headline; ///< first line of the file, a comment
    std::string help;
    std::vector<std::pair<std::string, std::string>> facts; ///< for whatis, none empty
    std::string series;                                     ///< "24.11"
    /// Without SLURM_INSTALL_PREFIX: the first that is there and whose manifest, if it has one, names no other series.
    std::vector<std::string> default_trees;
    std::string manifest;                      ///< as `below`
    std::vector<std::string> tree_variables;   ///< set to the tree; the first of them is how unloading knows it
    std::vector<Directory> directories;        ///< in the order in which they are put in front
    std::string manual;                        ///< as `below`, for MANPATH
    std::string manual_mark;                   ///< variable that says that MANPATH was not set before
    std::string completion;                    ///< as `below`, a file for bash
    std::vector<std::string> completion_words; ///< the commands it completes
    std::vector<std::pair<std::string, std::string>> settings; ///< variables with values of the build
};

/// The model of a request; nothing but the request decides it.
[[nodiscard]] ModuleModel module_model(const BundleRequest& request);

/// The text on one line in double quotes, as Lua and Tcl both read it: `special` gets a backslash.
[[nodiscard]] std::string quoted(std::string_view text, std::string_view special);

/// The module file for Lmod.
[[nodiscard]] std::string lua_module(const ModuleModel& model);

/// The module file for Environment Modules.
[[nodiscard]] std::string tcl_module(const ModuleModel& model);

} // namespace sf::bundle
