// Small real ELF files for tests, made by the system's compiler.
#pragma once

#include "util/files/fs.hpp"
#include "util/process/process.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace sf::test {

/// What a shell command prints; a failure of it fails the test.
inline std::string shell(const std::filesystem::path& directory, const std::string& command)
{
    util::Command run;
    run.argv = {"sh", "-ec", command};
    run.directory = directory;
    run.environment_changes = {{"LC_ALL", "C"}};
    const auto output = util::run_checked(run);
    EXPECT_TRUE(output) << util::to_string(output.error());
    return output ? *output : std::string();
}

/// Compiles C text to `output`; the directory is made.
inline void compile(const std::filesystem::path& output, const std::string& source,
                    const std::vector<std::string>& arguments)
{
    ASSERT_TRUE(util::make_directories(output.parent_path()));
    auto source_file = output;
    source_file += ".c";
    ASSERT_TRUE(util::write_file_atomic(source_file, source));
    util::Command run;
    run.argv = {"gcc", "-O1", "-o", output.string(), source_file.string()};
    run.argv.insert(run.argv.end(), arguments.begin(), arguments.end());
    const auto result = util::run_checked(run);
    EXPECT_TRUE(result) << util::to_string(result.error());
    std::filesystem::remove(source_file);
}

} // namespace sf::test
