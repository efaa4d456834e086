#include "bundle/module_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sf::bundle {

namespace {

/// A Tcl word on one line that stands for the text and nothing else.
std::string tcl_string(std::string_view text)
{
    return quoted(text, "\"\\$[]{}");
}

/// `below` is a constant of ours; the tree is the only part that may hold anything.
std::string tcl_path(const std::string& below)
{
    return below.empty() ? "$prefix" : "\"$prefix/" + below + "\"";
}

/// As in the Lua file. Environment Modules 3 and 4 have no pushenv.
constexpr const char* tcl_prefix = R"tcl(
if {[llength [info commands pushenv]] == 0} {
    proc pushenv {name value} { setenv $name $value }
}
proc of_environment {name} {
    if {[info exists ::env($name)]} { return $::env($name) }
    return ""
}
# Where several versions take turns, as at a link that deploy moves, the manifest says which one is there.
proc holds_series {tree manifest series} {
    if {![file isdirectory $tree]} { return 0 }
    if {[catch {open "$tree/$manifest"} file]} { return 1 }
    set text [read $file]
    close $file
    return [expr {![regexp {"series"\s*:\s*"([^"]*)"} $text all found] || $found eq $series}]
}

set loading [module-info mode load]
set unloading [expr {[module-info mode unload] || [module-info mode remove]}]
set prefix ""
if {$unloading} {
    # What was loaded is taken back, whatever SLURM_INSTALL_PREFIX says by now.
    set prefix [of_environment $tree_variable]
}
if {$prefix eq ""} {
    set prefix [of_environment SLURM_INSTALL_PREFIX]
}
if {$prefix eq ""} {
    foreach tree $default_trees {
        if {[holds_series $tree $manifest $series]} {
            set prefix $tree
            break
        }
    }
}
if {$loading && $prefix eq ""} {
    puts stderr "Slurm $series is in none of [join $default_trees {, }]."
    puts stderr "Set SLURM_INSTALL_PREFIX to the directory \"software\" of the unpacked tarball and load the module again."
    break
}
if {$prefix eq ""} {
    set prefix [lindex $default_trees 0]
}
if {[string length $prefix] > 1} {
    set prefix [string trimright $prefix /]
}
if {$loading && ([string index $prefix 0] ne "/" || [string first : $prefix] >= 0)} {
    puts stderr "SLURM_INSTALL_PREFIX must be an absolute path without a colon, not \"$prefix\"."
    break
}
if {$loading && ![file isdirectory $prefix]} {
    puts stderr "Slurm's directory $prefix does not exist."
    puts stderr "Set SLURM_INSTALL_PREFIX to the directory \"software\" of the unpacked tarball and load the module again."
    break
}
)tcl";

constexpr const char* tcl_manual = R"tcl(
# Without MANPATH man has a search path of its own, which MANPATH would hide: an empty entry stands for it. A MANPATH
# that is there already says what it wants, and is taken back as it was.
set had_none [expr {[of_environment MANPATH] eq ""}]
if {$unloading} {
    set had_none [info exists ::env($manual_mark)]
}
prepend-path MANPATH $manual
if {$had_none} {
    append-path MANPATH ""
    setenv $manual_mark 1
}
)tcl";

constexpr const char* tcl_completion = R"tcl(
if {[module-info shell bash]} {
    set quoted '[string map {' '\\''} $completion]'
    if {$loading} {
        puts stdout "case \$- in *i*) if declare -F _completion_loader >/dev/null && \[ -r $quoted \]; then . $quoted 2>/dev/null; fi ;; esac;"
    } elseif {$unloading} {
        puts stdout "case \$- in *i*) complete -r $completion_words 2>/dev/null || : ;; esac;"
    }
}
)tcl";

} // namespace

std::string tcl_module(const ModuleModel& model)
{
    std::string text = "#%Module1.0\n# " + model.headline + "\n\n";
    text += "proc ModulesHelp {} {\n    puts stderr " + tcl_string(model.help) + "\n}\n\n";
    for (const auto& [name, value] : model.facts)
        text += "module-whatis " + tcl_string(fmt::format("{}: {}", name, value)) + "\n";
    text += "\nconflict " + tcl_string(model.name) + "\n\n";
    std::string trees;
    for (const auto& tree : model.default_trees)
        trees += " " + tcl_string(tree);
    text += "set default_trees [list" + trees + "]\n";
    text += "set series " + tcl_string(model.series) + "\nset manifest " + tcl_string(model.manifest) + "\n";
    text += "set tree_variable " + tcl_string(model.tree_variables.front()) + "\n";
    text += tcl_prefix;
    text += "\n";
    for (const auto& name : model.tree_variables)
        text += fmt::format("pushenv {} $prefix\n", name);
    for (const auto& [variable, below] : model.directories)
        text += fmt::format("prepend-path {} {}\n", variable, tcl_path(below));
    text += "\nset manual " + tcl_path(model.manual) + "\n";
    text += "set manual_mark " + tcl_string(model.manual_mark);
    text += tcl_manual;
    text += "\n";
    for (const auto& [name, value] : model.settings)
        text += fmt::format("pushenv {} {}\n", name, tcl_string(value));
    text += "\nset completion " + tcl_path(model.completion) + "\n";
    text += "set completion_words " + tcl_string(fmt::format("{}", fmt::join(model.completion_words, " ")));
    text += tcl_completion;
    return text;
}

} // namespace sf::bundle
