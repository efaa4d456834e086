#include "engine/package/outputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Outputs : public ::testing::Test {
protected:
    [[nodiscard]] fs::path write(const std::string& text) const
    {
        EXPECT_TRUE(util::write_file_atomic(path_, text));
        return path_;
    }

    util::TempDir directory_ = *util::TempDir::make(fs::temp_directory_path(), "sf-outputs");
    fs::path path_ = directory_.path() / "file";
};

/// What a build may put in place of a file: this process must neither wait nor run out of memory nor tell of it.
TEST_F(Outputs, AreNotWhatALinkPipeOrDeviceGives)
{
    const auto secret = directory_.path() / "secret";
    ASSERT_TRUE(util::write_file_atomic(secret, "build 1.0\ncache_miss\n"));
    for (const auto* target : {secret.c_str(), "/dev/zero", "/dev/stdin", "nowhere"}) {
        fs::remove(path_);
        fs::create_symlink(target, path_);
        EXPECT_EQ(read_marks(path_).last, "");
        EXPECT_EQ(read_ccache_log(path_).misses, 0U);
        EXPECT_FALSE(read_log_end(path_));
    }
    fs::remove(path_);
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    EXPECT_EQ(read_marks(path_).last, "");
    EXPECT_EQ(read_ccache_log(path_).misses, 0U);
    EXPECT_FALSE(read_log_end(path_));
    fs::remove(path_);
    ASSERT_TRUE(util::make_directories(path_ / "phases"));
    EXPECT_EQ(read_marks(path_).last, "");
}

TEST_F(Outputs, AreBounded)
{
    fs::resize_file(write("build 1.0\n"), std::uintmax_t{60} << 30U);
    EXPECT_EQ(read_marks(path_).last, "");
    EXPECT_EQ(read_ccache_log(path_).hits, 0U);
}

TEST_F(Outputs, OfALogTheEndIsRead)
{
    const auto all = *read_log_end(write("a\nb\n"));
    EXPECT_EQ(all.text, "a\nb\n");
    EXPECT_EQ(all.lines_before, 0U);
    std::string much;
    for (int line = 1; line <= 1'000'000; ++line)
        much += fmt::format("line {}\n", line);
    const auto end = *read_log_end(write(much));
    EXPECT_LE(end.text.size(), std::size_t{4} << 20U);
    EXPECT_THAT(end.text, StartsWith(fmt::format("line {}\n", end.lines_before + 1)));
    const auto long_line = *read_log_end(write(std::string(std::size_t{5} << 20U, 'x')));
    EXPECT_EQ(long_line.text.size(), std::size_t{4} << 20U);
}

TEST_F(Outputs, OfAPackageMayNotBeTooLarge)
{
    util::TreeEntry small;
    small.relative = "bin/small";
    small.size = 1000;
    auto half = small;
    half.relative = "share/half";
    half.size = most_installed / 2;
    EXPECT_TRUE(check_installed_size("greet@1.0", {}));
    EXPECT_TRUE(check_installed_size("greet@1.0", {half, half}));
    EXPECT_FALSE(check_installed_size("greet@1.0", {half, small, half})) << "together they are";
    auto hole = small;
    hole.relative = "share/hole";
    hole.size = std::uint64_t{60} << 30U;
    auto refused = check_installed_size("greet@1.0", {small, hole, half});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, util::ErrorCode::build);
    EXPECT_EQ(refused.error().message, "greet@1.0 installs more than 8.0 GiB, the most that a package may have; its "
                                       "largest file is share/hole with 60.0 GiB");
    EXPECT_THAT(refused.error().hint, HasSubstr("a hole in a file"));
    hole.size = ~std::uint64_t{0} >> 1U;
    EXPECT_FALSE(check_installed_size("greet@1.0", {hole, hole, hole}));
}

} // namespace
} // namespace sf::engine
