// Overlays: what the layers show and where changes go.
#include "fixture.hpp"

#include "identity/identity.hpp"

#include <fstream>

namespace sf::sandbox::test {
namespace {

std::filesystem::path layer(const std::filesystem::path& path, const std::string& file, const std::string& text)
{
    EXPECT_TRUE(util::make_directories(path));
    std::ofstream(path / file) << text;
    return path;
}

TEST_P(SandboxTest, OverlayShowsLayersAndCatchesWrites)
{
    auto job = shell("cat /opt/p/same /opt/p/only; touch /opt/p/made; mv /opt/p/made /opt/p/moved");
    const auto top = layer(files() / "top", "same", "top\n");
    const auto low = layer(files() / "low", "same", "low\n");
    std::ofstream(low / "only") << "only\n";
    const auto upper = builder_directory("upper");
    job.overlays = {{"/opt/p", {top, low}, upper, builder_directory("work")}};
    EXPECT_EQ(output_of(job), "top\nonly\n");
    std::vector<std::string> made;
    for (const auto& entry : std::filesystem::directory_iterator(upper))
        made.push_back(entry.path().filename().string());
    EXPECT_EQ(made, std::vector<std::string>{"moved"});
    EXPECT_FALSE(util::path_exists(low / "moved"));
}

TEST_P(SandboxTest, FormerUpperIsMountedAgain)
{
    const auto upper = builder_directory("upper");
    const auto work = builder_directory("work");
    auto job = shell("touch /opt/p/one");
    job.overlays = {{"/opt/p", {}, upper, work}};
    EXPECT_EQ(run(job).exit_code, 0) << log();
    job.argv.back() = "ls /opt/p";
    EXPECT_EQ(output_of(job), "one\n");
}

TEST_P(SandboxTest, ManyLayersAndOddNamesFit)
{
    // 200 paths of this length are far beyond the one page of options that mount(2) takes.
    const std::string odd = "a:b,c\\d e=" + std::string(150, 'x');
    auto job = shell("ls /opt/p | tail -n 1; touch /opt/p/w");
    std::vector<std::filesystem::path> lower;
    constexpr int layers = 200;
    lower.reserve(layers);
    for (int i = 0; i < layers; ++i)
        lower.push_back(layer(files() / odd / std::to_string(i), fmt::format("{:03}", i), ""));
    job.overlays = {{"/opt/p", lower, builder_directory(odd + "/upper"), builder_directory(odd + "/work")}};
    EXPECT_EQ(output_of(job), "199\n");
    EXPECT_TRUE(util::path_exists(files() / odd / "upper" / "w"));
}

TEST_P(SandboxTest, OverlayOnTmpfsUpper)
{
    auto directory = util::TempDir::make("/dev/shm", "sandbox-test");
    ASSERT_TRUE(directory);
    const auto upper = directory->path() / "upper";
    const auto work = directory->path() / "work";
    ASSERT_TRUE(util::make_directories(upper));
    ASSERT_TRUE(util::make_directories(work));
    ASSERT_EQ(::chown(upper.c_str(), identity::builder(), identity::builder()), 0);
    auto job = shell("touch /opt/p/x");
    job.overlays = {{"/opt/p", {layer(files() / "low", "a", "a")}, upper, work}};
    EXPECT_EQ(run(job).exit_code, 0) << log();
    EXPECT_TRUE(util::path_exists(upper / "x"));
}

} // namespace
} // namespace sf::sandbox::test
