#include "build/environment.hpp"

#include "util/fs.hpp"

#include <fmt/format.h>

namespace sf::build {
namespace {

void add_compiler_cache(const site::Site& site, std::map<std::string, std::string>& environment)
{
    const auto& compiler = site.compiler;
    environment.insert(compiler.variables.begin(), compiler.variables.end());
    // CMake has the compilers' full paths.
    environment["CMAKE_C_COMPILER_LAUNCHER"] = environment["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache";
    environment["CCACHE_DIR"] = ccache_directory;
    environment["CCACHE_BASEDIR"] = plan::build_directory;
    environment["CCACHE_COMPILERCHECK"] = "content";
    environment["CCACHE_STATSLOG"] = fmt::format("{}/ccache", step_directory);
    environment["CCACHE_MAXSIZE"] = std::to_string(site.cache.compiler_bytes); // 0: no bound
    if (!compiler.remote.empty())
        environment["CCACHE_REMOTE_STORAGE"] =
            compiler.remote_is_directory() ? fmt::format("file:{}", ccache_remote_directory) : compiler.remote;
    if (!compiler.prefix.empty())
        environment["CCACHE_PREFIX"] = compiler.prefix;
}

} // namespace

std::map<std::string, std::string> environment_of(const site::Site& site, const plan::Step& step, unsigned jobs,
                                                  bool ccache)
{
    auto environment = step.environment;
    environment.insert(step.levers.begin(), step.levers.end());
    environment["MAKEFLAGS"] = jobs > 1 ? "-j --jobserver-auth=3,4" : "";
    environment["JOBS"] = std::to_string(jobs);
    if (ccache)
        add_compiler_cache(site, environment);
    return environment;
}

bool has_ccache(const site::Site& site, const image::Image& image)
{
    return site.levers.ccache &&
           util::path_exists(image.rootfs / std::filesystem::path(ccache_programs).relative_path());
}

} // namespace sf::build
