#include "app/session/program.hpp"

#include "util/files/fs.hpp"

#include <cstdlib>

namespace sf::app {

const char* tool_version()
{
    return SF_VERSION;
}

util::Result<std::filesystem::path> data_directory()
{
    namespace fs = std::filesystem;
    if (const char* set = std::getenv("SLURM_FACTORY_DATA");
        set != nullptr && *set != '\0') // NOLINT(concurrency-mt-unsafe)
        return fs::path(set);
    std::error_code ignored;
    const auto program = fs::read_symlink("/proc/self/exe", ignored);
    for (const auto& candidate :
         {program.parent_path().parent_path() / "share" / "slurm-factory", fs::path(SF_SOURCE_DIR)})
        if (!candidate.empty() && util::path_exists(candidate / "recipes"))
            return candidate;
    return util::fail(util::ErrorCode::failure, "the built-in recipes are missing",
                      "set SLURM_FACTORY_DATA to the directory that holds recipes/ and images/");
}

} // namespace sf::app
