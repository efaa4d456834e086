#include "bundle/module.tcl.hpp"
#include "bundle/module_model.hpp"
#include "util/fill_in.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

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

} // namespace

/// As in the Lua file. Environment Modules 3 and 4 have no pushenv.
std::string tcl_module(const ModuleModel& model)
{
    std::string facts;
    for (const auto& [name, value] : model.facts)
        facts += "module-whatis " + tcl_string(fmt::format("{}: {}", name, value)) + "\n";
    std::string trees;
    for (const auto& tree : model.default_trees)
        trees += " " + tcl_string(tree);
    std::string tree_variables;
    for (const auto& name : model.tree_variables)
        tree_variables += fmt::format("pushenv {} $prefix\n", name);
    std::string directories;
    for (const auto& [variable, below] : model.directories)
        directories += fmt::format("prepend-path {} {}\n", variable, tcl_path(below));
    std::string settings;
    for (const auto& [name, value] : model.settings)
        settings += fmt::format("pushenv {} {}\n", name, tcl_string(value));
    return util::fill_in(module_tcl(), {{"headline", model.headline},
                                        {"help", tcl_string(model.help)},
                                        {"facts", facts},
                                        {"name", tcl_string(model.name)},
                                        {"default_trees", trees},
                                        {"series", tcl_string(model.series)},
                                        {"manifest", tcl_string(model.manifest)},
                                        {"tree_variable", tcl_string(model.tree_variables.front())},
                                        {"tree_variables", tree_variables},
                                        {"directories", directories},
                                        {"manual", tcl_path(model.manual)},
                                        {"manual_mark", tcl_string(model.manual_mark)},
                                        {"settings", settings},
                                        {"completion", tcl_path(model.completion)},
                                        {"completion_words", tcl_string(util::join(model.completion_words, " "))}});
}

} // namespace sf::bundle
