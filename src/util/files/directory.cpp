#include "util/files/directory.hpp"

#include "util/fd.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

namespace sf::util {
namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<std::vector<std::string>> read_names(UniqueFd fd, const std::string& name)
{
    const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
    if (!directory)
        return fail_errno(errno, fmt::format("cannot read the directory {}", name));
    static_cast<void>(fd.release());
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const auto* entry = ::readdir(directory.get());
        if (entry == nullptr)
            break;
        const std::string_view found = &entry->d_name[0];
        if (found != "." && found != "..")
            names.emplace_back(found);
    }
    if (errno != 0)
        return fail_errno(errno, fmt::format("cannot read the directory {}", name));
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

Result<std::vector<std::string>> names_in(const std::filesystem::path& directory)
{
    UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd && errno == ENOENT)
        return std::vector<std::string>();
    if (!fd)
        return fail_errno(errno, fmt::format("cannot read the directory {}", directory.string()));
    return read_names(std::move(fd), directory.string());
}

Result<std::vector<std::string>> names_in(int directory, const std::string& name)
{
    // Opened again, since reading moves the position that duplicates of a descriptor share.
    UniqueFd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd)
        return fail_errno(errno, fmt::format("cannot read the directory {}", name));
    return read_names(std::move(fd), name);
}

Result<std::vector<std::filesystem::path>> paths_in(const std::filesystem::path& directory)
{
    SF_TRY(const auto names, names_in(directory));
    std::vector<std::filesystem::path> paths;
    paths.reserve(names.size());
    for (const auto& name : names)
        paths.push_back(directory / name);
    return paths;
}

std::vector<std::filesystem::path> readable_paths_in(const std::filesystem::path& directory)
{
    return paths_in(directory).value_or(std::vector<std::filesystem::path>());
}

std::filesystem::path absolute_path(const std::filesystem::path& path)
{
    std::error_code error;
    auto absolute = std::filesystem::absolute(path, error);
    return error ? path : absolute;
}

Result<std::filesystem::path> temporary_directory()
{
    std::error_code error;
    auto directory = std::filesystem::temp_directory_path(error);
    if (error)
        return fail(ErrorCode::usage, "TMPDIR names no directory", "set TMPDIR to a directory for temporary files");
    return directory;
}

} // namespace sf::util
