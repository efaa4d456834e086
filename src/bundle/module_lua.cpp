#include "bundle/module.lua.hpp"
#include "bundle/module_model.hpp"
#include "util/fill_in.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::bundle {

namespace {

/// A Lua string on one line.
std::string lua_string(std::string_view text)
{
    return quoted(text, "\"\\");
}

std::string lua_below(const std::string& below)
{
    return below.empty() ? "prefix" : "prefix .. " + lua_string("/" + below);
}

} // namespace

/// The module refuses only when it is loaded, so that `show` and `help` work anywhere. Shells that are started later do
/// not inherit completions; bash-completion 2.12 finds the file by itself.
std::string lua_module(const ModuleModel& model)
{
    std::string facts;
    for (const auto& [name, value] : model.facts)
        facts += "whatis(" + lua_string(fmt::format("{}: {}", name, value)) + ")\n";
    std::string trees;
    for (const auto& tree : model.default_trees)
        trees += (trees.empty() ? "" : ", ") + lua_string(tree);
    std::string tree_variables;
    for (const auto& name : model.tree_variables)
        tree_variables += fmt::format("pushenv({}, prefix)\n", lua_string(name));
    std::string directories;
    for (const auto& [variable, below] : model.directories)
        directories += fmt::format("prepend_path({}, {})\n", lua_string(variable), lua_below(below));
    std::string settings;
    for (const auto& [name, value] : model.settings)
        settings += fmt::format("pushenv({}, {})\n", lua_string(name), lua_string(value));
    return util::fill_in(module_lua(), {{"headline", model.headline},
                                        {"help", lua_string(model.help)},
                                        {"facts", facts},
                                        {"name", lua_string(model.name)},
                                        {"default_trees", trees},
                                        {"series", lua_string(model.series)},
                                        {"manifest", lua_string(model.manifest)},
                                        {"tree_variable", lua_string(model.tree_variables.front())},
                                        {"tree_variables", tree_variables},
                                        {"directories", directories},
                                        {"manual", lua_below(model.manual)},
                                        {"manual_mark", lua_string(model.manual_mark)},
                                        {"settings", settings},
                                        {"completion", lua_below(model.completion)},
                                        {"completion_words", lua_string(util::join(model.completion_words, " "))}});
}

} // namespace sf::bundle
