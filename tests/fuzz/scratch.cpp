#include "fuzz/scratch.hpp"

#include "util/files/fs.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace sf::fuzz {
namespace {

namespace stdfs = std::filesystem;

constexpr const char* directory_name = "tree";
constexpr const char* sentinel_name = "sentinel";
constexpr const char* sentinel_text = "nobody writes here\n";

void write(const stdfs::path& file, std::string_view bytes)
{
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    require(stream.good(), "the scratch directory is writable");
}

/// In memory where there is such a file system, as many targets write a file for each input.
const stdfs::path& scratch()
{
    static const auto directory = [] {
        const stdfs::path memory = "/dev/shm";
        std::error_code none;
        auto made = util::TempDir::make(stdfs::is_directory(memory, none) ? memory : stdfs::temp_directory_path(),
                                        "slurm-factory-fuzz");
        require(made.has_value(), "there is a scratch directory");
        return std::move(*made);
    }();
    return directory.path();
}

} // namespace

void require(bool holds, const char* property)
{
    if (holds)
        return;
    std::fprintf(stderr, "property violated: %s\n", property);
    std::abort();
}

const stdfs::path& file_with(std::string_view bytes)
{
    static const auto file = scratch() / "input";
    write(file, bytes);
    return file;
}

const stdfs::path& empty_directory()
{
    static const auto parent = scratch() / "around";
    static const auto directory = parent / directory_name;
    require(util::remove_tree(parent).has_value(), "what was unpacked can be removed");
    require(util::make_directories(directory).has_value(), "the scratch directory is writable");
    write(parent / sentinel_name, sentinel_text);
    return directory;
}

void require_confined()
{
    const auto parent = scratch() / "around";
    std::size_t names = 0;
    for (const auto& entry : stdfs::directory_iterator(parent)) {
        const auto name = entry.path().filename();
        require(name == directory_name || name == sentinel_name, "nothing is written outside of the directory");
        ++names;
    }
    require(names == 2, "nothing is removed outside of the directory");
    const auto text = util::read_file(parent / sentinel_name);
    require(text && *text == sentinel_text, "nothing is changed outside of the directory");
    const auto status = stdfs::symlink_status(parent / sentinel_name);
    require(status.type() == stdfs::file_type::regular && status.permissions() == stdfs::perms(0644) &&
                stdfs::hard_link_count(parent / sentinel_name) == 1,
            "nothing outside of the directory gets another mode or name");
}

} // namespace sf::fuzz
