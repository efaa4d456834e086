#include "engine/package/environment.hpp"

#include "util/files/foreign_tree.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace sf::engine {
namespace {

void add_compiler_cache(const site::Site& site, bool specs, std::map<std::string, std::string>& environment)
{
    const auto& compiler = site.compiler;
    environment.insert(compiler.variables.begin(), compiler.variables.end());
    // CMake has the compilers' full paths.
    environment["CMAKE_C_COMPILER_LAUNCHER"] = environment["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache";
    // Nothing is read from the package's directory, nor from the image: an empty file and these variables say it all.
    environment["CCACHE_CONFIGPATH"] = "/dev/null";
    environment["CCACHE_DIR"] = ccache_directory;
    environment["CCACHE_COMPILERCHECK"] = "content";
    environment["CCACHE_STATSLOG"] = fmt::format("{}/ccache", out_directory);
    environment["CCACHE_MAXSIZE"] = std::to_string(site.cache.compiler_bytes); // 0: no bound
    if (!compiler.remote.empty())
        environment["CCACHE_REMOTE_STORAGE"] =
            compiler.remote_is_directory() ? fmt::format("file:{}", ccache_remote_directory) : compiler.remote;
    // ccache knows the commands only, not what the compilers find beside them.
    if (specs)
        environment["CCACHE_EXTRAFILES"] = plan::added_specs;
    if (!compiler.prefix.empty())
        environment["CCACHE_PREFIX"] = specs ? compiler_wrapper : compiler.prefix;
}

bool has_file(const image::Image& image, const std::filesystem::path& inside)
{
    const auto system = util::ForeignTree::open(image.rootfs);
    return system && system->exists(inside);
}

/// Images of other distributions lack dash, and configure scripts give up over a shell that is not there.
std::map<std::string, std::string> usable_levers(const image::Image& image, std::map<std::string, std::string> levers)
{
    const auto shell = levers.find("CONFIG_SHELL");
    if (shell != levers.end() && !has_file(image, shell->second))
        levers.erase(shell);
    return levers;
}

} // namespace

std::map<std::string, std::string> environment_of(const site::Site& site, const image::Image& image,
                                                  const plan::Step& step, unsigned jobs, bool ccache)
{
    auto environment = step.environment;
    environment.merge(usable_levers(image, step.levers));
    environment["MAKEFLAGS"] = jobs > 1 ? "-j --jobserver-auth=3,4" : "";
    environment["JOBS"] = std::to_string(jobs);
    if (ccache)
        add_compiler_cache(site, !step.compiler_specs.empty(), environment);
    return environment;
}

bool has_ccache(const site::Site& site, const image::Image& image)
{
    return site.levers.ccache && has_file(image, ccache_programs);
}

} // namespace sf::engine
