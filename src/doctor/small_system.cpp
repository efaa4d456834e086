#include "doctor/small_system.hpp"

#include "util/files/fs.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <system_error>

namespace sf::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* shell = "/bin/sh";

util::Status copy_into(const fs::path& directory, const fs::path& file)
{
    const auto to = directory / file.relative_path();
    SF_CHECK(util::make_directories(to.parent_path()));
    std::error_code error;
    fs::copy_file(fs::canonical(file, error), to, error);
    return error ? util::fail_errno(error.value(), fmt::format("cannot copy {}", file.string())) : util::Status();
}

} // namespace

util::Status make_small_system(const fs::path& directory)
{
    for (const char* name : {"dev", "etc", "proc", "sys", "tmp", "usr", "var"})
        SF_CHECK(util::make_directories(directory / name));
    std::error_code error;
    fs::permissions(directory / "tmp", fs::perms::all | fs::perms::sticky_bit, error); // runc's tmpfs takes them over
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot open {} to all", (directory / "tmp").string()));
    SF_CHECK(copy_into(directory, shell));
    // "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)", "/lib64/ld-linux-x86-64.so.2 (0x...)"; of a static
    // program it says so and fails.
    SF_TRY(const auto listed, util::run({.argv = {"ldd", shell}}));
    for (const auto& line : util::split(listed.output, '\n')) {
        const auto start = line.find('/');
        const auto end = line.find(" (", start);
        if (start != std::string::npos && end != std::string::npos)
            SF_CHECK(copy_into(directory, line.substr(start, end - start)));
    }
    return {};
}

} // namespace sf::doctor
