#include "engine/compare_trees.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

class CompareTreesTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(fs::temp_directory_path(), "compare-test");
        ASSERT_TRUE(made);
        directory_ = std::make_unique<util::TempDir>(std::move(*made));
        for (const auto& top : {first(), second()}) {
            fs::create_directories(top / "lib");
            write(top / "lib/a", "the same");
            fs::create_symlink("a", top / "lib/link");
        }
    }
    [[nodiscard]] fs::path first() const { return directory_->path() / "first"; }
    [[nodiscard]] fs::path second() const { return directory_->path() / "second"; }
    static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
    /// "path: what" lines.
    [[nodiscard]] std::string differences() const
    {
        const auto found = compare_trees(first(), second());
        EXPECT_TRUE(found);
        std::string text;
        for (const auto& difference : *found)
            text += difference.path + ": " + difference.what + "\n";
        return text;
    }

private:
    std::unique_ptr<util::TempDir> directory_;
};

TEST_F(CompareTreesTest, TheSame)
{
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(CompareTreesTest, ContentsAndWhereTheyBeginToDiffer)
{
    write(first() / "lib/b", "abcde");
    write(second() / "lib/b", "abXde");
    write(first() / "lib/c", "abc");
    write(second() / "lib/c", "abcd");
    EXPECT_EQ(differences(), "lib/b: 5 bytes, from byte 2 on: 63 64 65 / 58 64 65\n"
                             "lib/c: 3 and 4 bytes, from byte 3 on: the end / 64\n");
}

TEST_F(CompareTreesTest, NamesKindsModesAndLinks)
{
    write(first() / "gone", "");
    write(second() / "lib/new", "");
    fs::remove(second() / "lib/link");
    fs::create_symlink("b", second() / "lib/link");
    fs::permissions(second() / "lib/a", fs::perms(0755));
    fs::create_directory(first() / "kind");
    write(second() / "kind", "");
    EXPECT_EQ(differences(), "gone: only in the first build\n"
                             "kind: of another kind\n"
                             "lib/a: executable in one of the two only\n"
                             "lib/link: links to a / b\n"
                             "lib/new: only in the second build\n");
}

} // namespace
} // namespace sf::engine
