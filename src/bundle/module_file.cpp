#include "bundle/bundle.hpp"
#include "bundle/manifest.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::bundle {

namespace {

/// The part that is the same for every bundle; docs/modules.md says what each line is for.
constexpr const char* body = R"lua(
conflict("slurm")

local prefix = os.getenv("SLURM_INSTALL_PREFIX")
if mode() == "unload" then
    -- What was loaded is taken back, whatever SLURM_INSTALL_PREFIX says by now.
    prefix = os.getenv("SLURM_PREFIX") or prefix
end
if prefix == nil or prefix == "" then
    prefix = default_prefix
end

if mode() == "load" and not isDir(prefix) then
    LmodError("Slurm's directory ", prefix, " does not exist.\n",
              "Set SLURM_INSTALL_PREFIX to the directory \"software\" of the unpacked tarball ",
              "and load the module again.")
end

setenv("SLURM_ROOT", prefix)
setenv("SLURM_PREFIX", prefix)

prepend_path("PATH", pathJoin(prefix, "sbin"))
prepend_path("PATH", pathJoin(prefix, "bin"))
-- lib-api holds Slurm's own API libraries only: programs of the system must not find our libcrypto or libz in lib.
prepend_path("LD_LIBRARY_PATH", pathJoin(prefix, "lib-api"))
prepend_path("CPATH", pathJoin(prefix, "include"))
prepend_path("PKG_CONFIG_PATH", pathJoin(prefix, "lib", "pkgconfig"))
prepend_path("CMAKE_PREFIX_PATH", prefix)
prepend_path("MANPATH", pathJoin(prefix, "share", "man"))
-- The empty entry stands for man's own search path, which a MANPATH without one would hide.
append_path("MANPATH", "")
)lua";

/// A Lua string on one line.
std::string lua_string(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        if (c == '\n')
            result += "\\n";
        else if (c == '\r')
            result += "\\r";
        else if (c == '\0')
            result += "\\0";
        else
            result += c;
    }
    return result + "\"";
}

std::string help_text(const Request& request)
{
    return fmt::format(
        "Slurm {}, built by slurm-factory {} for {}.\n"
        "\n"
        "The module uses the directory that SLURM_INSTALL_PREFIX names, else {}.\n"
        "Unpack the software tarball anywhere and set SLURM_INSTALL_PREFIX to its directory \"software\".\n"
        "Slurm's configuration is read from /etc/slurm, or from the file that SLURM_CONF names.",
        slurm_version(request), request.tool_version, request.target, request.default_prefix);
}

} // namespace

std::string module_file(const Request& request)
{
    const auto version = slurm_version(request);
    std::string text = fmt::format("-- -*- lua -*-\n-- Slurm {} for {}, made by slurm-factory {}.\n\n", request.series,
                                   request.target, request.tool_version);
    text += "help(" + lua_string(help_text(request)) + ")\n\n";
    std::vector<std::pair<std::string, std::string>> facts{{"Name", "Slurm"},
                                                           {"Version", version},
                                                           {"Category", "resource manager, system"},
                                                           {"Description", "Workload manager for clusters"},
                                                           {"Target", request.target},
                                                           {"Built on", request.image}};
    std::string variants;
    if (!request.packages.empty()) {
        const auto& slurm = request.packages.back();
        variants = variants_text(slurm.variants);
        facts.emplace_back("Variants", variants);
        facts.emplace_back("License", slurm.license);
        facts.emplace_back("URL", slurm.homepage);
    }
    for (const auto& [name, value] : facts)
        if (!value.empty())
            text += "whatis(" + lua_string(fmt::format("{}: {}", name, value)) + ")\n";
    text += "\nlocal default_prefix = " + lua_string(request.default_prefix) + "\n";
    text += body;
    text += "\n";
    for (const auto& [name, value] :
         {std::pair("SLURM_FACTORY_VERSION", request.tool_version), std::pair("SLURM_BUILD_VERSION", version),
          std::pair("SLURM_BUILD_TARGET", request.target), std::pair("SLURM_BUILD_IMAGE", request.image),
          std::pair("SLURM_BUILD_VARIANTS", variants)})
        text += fmt::format("setenv(\"{}\", {})\n", name, lua_string(value));
    return text;
}

} // namespace sf::bundle
