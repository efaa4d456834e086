#include "bundle/module_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

/// Sets `prefix`; what is refused is refused when loading only, so that `show` and `help` work anywhere.
constexpr const char* lua_prefix = R"lua(
local loading, unloading = mode() == "load", mode() == "unload"
local asked = os.getenv("SLURM_INSTALL_PREFIX") or ""
-- Where several versions take turns, as at a link that deploy moves, the manifest says which one is there.
local function holds_series(tree)
    local file = isDir(tree) and io.open(tree .. "/" .. manifest)
    if not file then
        return isDir(tree)
    end
    local found = file:read("*a"):match('"series"%s*:%s*"([^"]*)"')
    file:close()
    return found == nil or found == series
end
local prefix = ""
if unloading then
    -- What was loaded is taken back, whatever SLURM_INSTALL_PREFIX says by now.
    prefix = os.getenv(tree_variable) or ""
end
if prefix == "" then
    prefix = asked
end
if prefix == "" then
    for _, tree in ipairs(default_trees) do
        if holds_series(tree) then
            prefix = tree
            break
        end
    end
end
if loading and prefix == "" then
    LmodError("Slurm ", series, " is in none of ", table.concat(default_trees, ", "), ".\n",
              "Set SLURM_INSTALL_PREFIX to the directory \"software\" of the unpacked tarball ",
              "and load the module again.")
end
if prefix == "" then
    prefix = default_trees[1]
end
if #prefix > 1 then
    prefix = prefix:gsub("/+$", "")
end
if loading and (prefix:sub(1, 1) ~= "/" or prefix:find(":", 1, true)) then
    LmodError("SLURM_INSTALL_PREFIX must be an absolute path without a colon, not \"", prefix, "\".")
end
if loading and not isDir(prefix) then
    LmodError("Slurm's directory ", prefix, " does not exist.\n",
              "Set SLURM_INSTALL_PREFIX to the directory \"software\" of the unpacked tarball ",
              "and load the module again.")
end
)lua";

constexpr const char* lua_manual = R"lua(
-- Without MANPATH man has a search path of its own, which MANPATH would hide: an empty entry stands for it. A MANPATH
-- that is there already says what it wants, and is taken back as it was.
local had_none = (os.getenv("MANPATH") or "") == ""
if unloading then
    had_none = os.getenv(manual_mark) ~= nil
end
prepend_path("MANPATH", manual)
if had_none then
    append_path("MANPATH", "")
    setenv(manual_mark, "1")
end
)lua";

/// Shells that are started later do not inherit completions; bash-completion 2.12 finds the file by itself.
constexpr const char* lua_completion = R"lua(
if myShellName() == "bash" then
    local quoted = "'" .. completion:gsub("'", "'\\''") .. "'"
    execute{cmd = "case $- in *i*) if declare -F _completion_loader >/dev/null && [ -r " .. quoted ..
                  " ]; then . " .. quoted .. " 2>/dev/null; fi ;; esac", modeA = {"load"}}
    execute{cmd = "case $- in *i*) complete -r " .. completion_words .. " 2>/dev/null || : ;; esac", modeA = {"unload"}}
end
)lua";

} // namespace

std::string lua_module(const ModuleModel& model)
{
    std::string text = "-- -*- lua -*-\n-- " + model.headline + "\n\n";
    text += "help(" + lua_string(model.help) + ")\n\n";
    for (const auto& [name, value] : model.facts)
        text += "whatis(" + lua_string(fmt::format("{}: {}", name, value)) + ")\n";
    text += "\nconflict(" + lua_string(model.name) + ")\n\n";
    std::string trees;
    for (const auto& tree : model.default_trees)
        trees += (trees.empty() ? "" : ", ") + lua_string(tree);
    text += "local default_trees = {" + trees + "}\n";
    text += "local series, manifest = " + lua_string(model.series) + ", " + lua_string(model.manifest) + "\n";
    text += "local tree_variable = " + lua_string(model.tree_variables.front()) + "\n";
    text += lua_prefix;
    text += "\n";
    for (const auto& name : model.tree_variables)
        text += fmt::format("pushenv({}, prefix)\n", lua_string(name));
    for (const auto& [variable, below] : model.directories)
        text += fmt::format("prepend_path({}, {})\n", lua_string(variable), lua_below(below));
    text += "\nlocal manual = " + lua_below(model.manual) + "\n";
    text += "local manual_mark = " + lua_string(model.manual_mark);
    text += lua_manual;
    text += "\n";
    for (const auto& [name, value] : model.settings)
        text += fmt::format("pushenv({}, {})\n", lua_string(name), lua_string(value));
    text += "\nlocal completion = " + lua_below(model.completion) + "\n";
    text += "local completion_words = " + lua_string(fmt::format("{}", fmt::join(model.completion_words, " ")));
    text += lua_completion;
    return text;
}

} // namespace sf::bundle
