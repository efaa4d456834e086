#include "app/build/matrix.hpp"

#include "util/files/fs.hpp"

#include <gmock/gmock.h>

namespace sf::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> labels(const std::vector<Cell>& cells)
{
    std::vector<std::string> result;
    for (const auto& cell : cells)
        result.push_back(cell.label);
    return result;
}

BuildRequest request(const std::string& version, const std::string& target = {}, const std::string& toolchain = {})
{
    BuildRequest request;
    request.slurm_version = version;
    request.target = target;
    request.toolchain = toolchain;
    return request;
}

TEST(Matrix, OneRequestIsOneCellWithUsualNames)
{
    const auto cells = expand_request(request("24.11", "x86_64_v3"));
    ASSERT_TRUE(cells);
    ASSERT_EQ(cells->size(), 1U);
    EXPECT_EQ(cells->front().suffix, "");
    EXPECT_EQ(cells->front().request.target, "x86_64_v3");
}

TEST(Matrix, ListsAreCombined)
{
    const auto cells = expand_request(request("24.11,25.05", "x86_64_v2,x86_64_v3", "bullseye"));
    ASSERT_TRUE(cells);
    EXPECT_THAT(labels(*cells), ElementsAre("24.11 x86_64_v2 bullseye", "24.11 x86_64_v3 bullseye",
                                            "25.05 x86_64_v2 bullseye", "25.05 x86_64_v3 bullseye"));
    EXPECT_EQ((*cells)[1].suffix, "x86_64_v3") << "else two cells would write the same files";
    EXPECT_EQ((*cells)[2].request.slurm_version, "25.05");
}

TEST(Matrix, RefusesEmptyAndRepeatedItems)
{
    for (const auto* list : {"24.11,", ",24.11", "24.11,24.11", "24.11,,25.05"}) {
        const auto cells = expand_request(request(list));
        ASSERT_FALSE(cells) << list;
        EXPECT_EQ(cells.error().code, util::ErrorCode::usage);
        EXPECT_THAT(cells.error().message, HasSubstr("--slurm-version"));
    }
}

class MatrixFile : public testing::Test {
protected:
    void SetUp() override
    {
        auto made = util::TempDir::make(std::filesystem::temp_directory_path(), "matrix");
        ASSERT_TRUE(made);
        directory_ = std::make_unique<util::TempDir>(std::move(*made));
    }
    util::Result<std::vector<Cell>> read(const std::string& text)
    {
        const auto file = directory_->path() / "matrix.yaml";
        EXPECT_TRUE(util::write_file_atomic(file, text));
        return read_cells(file, request("24.11"));
    }

private:
    std::unique_ptr<util::TempDir> directory_;
};

TEST_F(MatrixFile, CellsStandOverWhatIsSaidForAll)
{
    const auto cells = read("cells:\n- {target: x86_64_v3}\n"
                            "- {slurm-version: \"25.05\", minimal: true, variants: [+kafka], suffix: small}\n");
    ASSERT_TRUE(cells) << util::to_string(cells.error());
    EXPECT_THAT(labels(*cells), ElementsAre("24.11 x86_64_v3", "25.05 small"));
    EXPECT_EQ((*cells)[0].suffix, "x86_64_v3");
    EXPECT_TRUE((*cells)[1].request.minimal);
    EXPECT_THAT((*cells)[1].request.variants, ElementsAre("+kafka"));
}

TEST_F(MatrixFile, FaultsAreNamed)
{
    EXPECT_THAT(read("cells: []\n").error().message, HasSubstr("matrix.yaml:1:8: there are no cells"));
    EXPECT_THAT(read("cells:\n- {targte: x}\n").error().message, HasSubstr("matrix.yaml:2:"));
    EXPECT_THAT(read("cells:\n- {suffix: a/b}\n").error().message, HasSubstr("cannot be part of a file name"));
    const auto twice = read("cells:\n- {minimal: true}\n- {gpu: true}\n");
    ASSERT_FALSE(twice);
    EXPECT_THAT(twice.error().message, HasSubstr("two cells would write the same files"));
}

} // namespace
} // namespace sf::app
