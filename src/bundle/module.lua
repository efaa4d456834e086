-- -*- lua -*-
-- @headline@

help(@help@)

@facts@

conflict(@name@)

local default_trees = {@default_trees@}
local series, manifest = @series@, @manifest@
local tree_variable = @tree_variable@

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

@tree_variables@
@directories@

local manual = @manual@
local manual_mark = @manual_mark@
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

@settings@

local completion = @completion@
local completion_words = @completion_words@
if myShellName() == "bash" then
    local quoted = "'" .. completion:gsub("'", "'\\''") .. "'"
    execute{cmd = "case $- in *i*) if declare -F _completion_loader >/dev/null && [ -r " .. quoted ..
                  " ]; then . " .. quoted .. " 2>/dev/null; fi ;; esac", modeA = {"load"}}
    execute{cmd = "case $- in *i*) complete -r " .. completion_words .. " 2>/dev/null || : ;; esac", modeA = {"unload"}}
end
