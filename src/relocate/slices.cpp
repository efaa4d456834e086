#include "relocate/slices.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace sf::relocate {

namespace {

/// A directory's path comes with a slash at its end, so that "etc/**" takes `etc` itself as well.
bool matches(const std::vector<std::string>& globs, const std::string& path)
{
    return std::any_of(globs.begin(), globs.end(), [&path](const std::string& glob) {
        if (util::glob_match(glob, path))
            return true;
        return path.ends_with('/') && util::glob_match(glob, path.substr(0, path.size() - 1));
    });
}

template <std::size_t count> bool below(const std::array<std::string_view, count>& directories, std::string_view path)
{
    return std::any_of(directories.begin(), directories.end(),
                       [path](std::string_view directory) { return path.starts_with(directory); });
}

constexpr std::array<std::string_view, 2> dropped_directories{"share/doc/", "share/info/"};
constexpr std::array<std::string_view, 8> development_directories{
    "include/",     "lib/pkgconfig/", "share/pkgconfig/", "lib/cmake/",
    "share/cmake/", "share/aclocal/", "share/man/man3/",  "lib/aclocal/",
};

/// lib/libfoo.so, the name that the linker looks for: a link to the library, or a linker script.
bool is_development_library(const util::TreeEntry& entry, bool is_elf)
{
    return entry.relative.parent_path() == "lib" && entry.relative.extension() == ".so" && !is_elf &&
           entry.type != util::stdfs::file_type::directory;
}

} // namespace

Slice slice_of(const util::TreeEntry& entry, bool is_elf, const SliceRules& rules)
{
    const bool directory = entry.type == util::stdfs::file_type::directory;
    const auto path = entry.relative.string() + (directory ? "/" : "");
    if (*entry.relative.begin() == split_debug_directory)
        return Slice::debug;
    if (matches(rules.drop, path))
        return Slice::drop;
    if (matches(rules.run, path))
        return Slice::run;
    if (matches(rules.dev, path))
        return Slice::dev;
    const auto extension = entry.relative.extension();
    if (extension == ".la" || extension == ".a" || below(dropped_directories, path))
        return Slice::drop;
    if (below(development_directories, path) || is_development_library(entry, is_elf))
        return Slice::dev;
    return Slice::run;
}

} // namespace sf::relocate
