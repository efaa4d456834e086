#include "bundle/module_model.hpp"

#include "bundle/manifest.hpp"
#include "manifest/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sf::bundle {

namespace {

/// Of /opt/slurm/software: /opt/slurm/24.11/software, where a version has its place beside others; the tree itself; and
/// /opt/slurm/current, which `deploy` makes.
std::vector<std::string> default_trees(const BundleRequest& request)
{
    const std::filesystem::path tree = request.default_prefix;
    return {(tree.parent_path() / request.series / tree.filename()).string(), request.default_prefix,
            (tree.parent_path() / "current").string()};
}

std::string help_text(const BundleRequest& request)
{
    return fmt::format(
        "Slurm {}, built by slurm-factory {} for {}.\n"
        "\n"
        "The module uses the directory that SLURM_INSTALL_PREFIX names, else the first of {}\n"
        "that is there and holds Slurm {}.\n"
        "Unpack the software tarball anywhere and set SLURM_INSTALL_PREFIX to its directory \"software\".\n"
        "Slurm's configuration is read from /etc/slurm, or from the file that SLURM_CONF names.",
        slurm_version(request), request.tool_version, request.target, fmt::join(default_trees(request), ", "),
        request.series);
}

} // namespace

ModuleModel module_model(const BundleRequest& request)
{
    const auto version = slurm_version(request);
    ModuleModel model;
    model.name = "slurm";
    model.headline =
        fmt::format("Slurm {} for {}, made by slurm-factory {}.", request.series, request.target, request.tool_version);
    model.help = help_text(request);
    model.facts = {{"Name", "Slurm"},
                   {"Version", version},
                   {"Category", "resource manager, system"},
                   {"Description", "Workload manager for clusters"},
                   {"Target", request.target},
                   {"Built on", request.image}};
    std::string variants;
    if (!request.packages.empty()) {
        const auto& slurm = request.packages.back();
        variants = variants_text(slurm.variants);
        model.facts.emplace_back("Variants", variants);
        model.facts.emplace_back("License", slurm.license);
        model.facts.emplace_back("URL", slurm.homepage);
    }
    std::erase_if(model.facts, [](const auto& fact) { return fact.second.empty(); });
    model.series = request.series;
    model.default_trees = default_trees(request);
    model.manifest = manifest::place;
    model.tree_variables = {"SLURM_PREFIX", "SLURM_ROOT"};
    model.directories = {{"PATH", "sbin"},
                         {"PATH", "bin"},
                         // lib-api holds Slurm's own API libraries only: programs of the system must not find our
                         // libcrypto or libz in lib.
                         {"LD_LIBRARY_PATH", "lib-api"},
                         {"CPATH", "include"},
                         {"PKG_CONFIG_PATH", "lib/pkgconfig"},
                         {"CMAKE_PREFIX_PATH", ""}};
    model.manual = "share/man";
    model.manual_mark = "__SLURM_FACTORY_MANPATH";
    model.completion = "share/bash-completion/completions/slurm_completion.sh";
    model.completion_words = {"sacct",    "sacctmgr", "salloc", "sattach", "sbatch",     "sbcast", "scancel",
                              "scontrol", "scrontab", "sdiag",  "sinfo",   "slurmrestd", "sprio",  "squeue",
                              "sreport",  "srun",     "sshare", "sstat",   "strigger"};
    model.settings = {{"SLURM_FACTORY_VERSION", request.tool_version},
                      {"SLURM_BUILD_VERSION", version},
                      {"SLURM_BUILD_TARGET", request.target},
                      {"SLURM_BUILD_IMAGE", request.image},
                      {"SLURM_BUILD_VARIANTS", variants}};
    return model;
}

std::vector<ModuleFile> module_files(const BundleRequest& request)
{
    const auto model = module_model(request);
    const auto path = model.name + "/" + request.series;
    return {{path, tcl_module(model)}, {path + ".lua", lua_module(model)}};
}

std::string quoted(std::string_view text, std::string_view special)
{
    std::string result = "\"";
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos)
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

} // namespace sf::bundle
