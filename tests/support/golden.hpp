// Comparing a value with a file of tests/golden. SF_UPDATE_GOLDEN=1 in the environment writes the files anew.
#pragma once

#include "util/files/fs.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sf::test {

inline void expect_golden(const std::string& actual, const std::string& name)
{
    const auto file = std::filesystem::path(SF_SOURCE_DIR) / "tests/golden" / name;
    if (std::getenv("SF_UPDATE_GOLDEN") != nullptr) { // NOLINT(concurrency-mt-unsafe)
        ASSERT_TRUE(util::write_file_atomic(file, actual));
        return;
    }
    const auto expected = util::read_file(file);
    ASSERT_TRUE(expected) << util::to_string(expected.error());
    EXPECT_EQ(actual, *expected) << "if this is meant: SF_UPDATE_GOLDEN=1";
}

} // namespace sf::test
