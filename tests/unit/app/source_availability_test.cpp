// What can be had from here, and what of it is asked.
#include "app/request/source_availability.hpp"
#include "support/recipes.hpp"
#include "unit/source/test_server.hpp"

#include <gtest/gtest.h>

namespace {

using namespace sf;

constexpr const char* nobody = "http://127.0.0.1:9"; // the port of what discards

class SupplyTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        site_.root = files_.path() / "root";
        write_recipe(nobody);
    }
    void write_recipe(const std::string& server, bool with_apt = false)
    {
        std::string yaml = "name: lib\ndescription: A test.\nlicense: MIT\nbuild: {system: make}\nversions:\n";
        for (const auto* version : {"1.0", "2.0"}) {
            const auto sum = util::sha256(version).to_hex();
            yaml += fmt::format("  - version: \"{}\"\n    sources:\n", version);
            if (with_apt)
                yaml += fmt::format("      - {{apt: lib, version: \"{0}\", file: lib_{0}.orig.tar, sha256: {1}}}\n",
                                    version, sum);
            yaml += fmt::format("      - {{url: \"{}/lib-{}.tar\", sha256: {}}}\n", server, version, sum);
        }
        ASSERT_TRUE(util::write_file_atomic(recipes_.path() / "lib" / "recipe.yaml", yaml));
    }
    /// The host's distribution.
    void use_distribution(const std::string& uri)
    {
        ASSERT_TRUE(util::write_file_atomic(files_.path() / "apt/sources.list",
                                            fmt::format("deb [trusted=yes] {}/debian stable main\n", uri)));
    }
    /// The version that is chosen once nobody says no any more.
    std::string chosen()
    {
        const auto recipes = recipes_.load();
        const app::Session session{site_, events_, {}};
        app::SourceAvailability availability(session, files_.path() / "apt");
        for (int times = 0; times < 9; ++times) {
            solve::SolveRequest wanted{*spec::Spec::parse("lib")};
            wanted.unobtainable = availability.unobtainable(recipes);
            auto answer = solve::solve(wanted, recipes);
            const auto solution = std::get<solve::Solution>(answer.value());
            const auto again = availability.probe(solution, recipes, {});
            if (!again.value())
                return wanted.unobtainable["lib"].size() == 2 ? "none" : solution.packages.back().version.to_string();
        }
        throw std::runtime_error("there is no end of news");
    }
    /// Puts a version's archive into a mirror.
    void serve(const char* version, const std::filesystem::path& below)
    {
        const auto name = std::string("lib-") + version + ".tar";
        ASSERT_TRUE(util::write_file_atomic(files_.path() / "mirror" / below / name, "archive"));
    }

    test::RecipeDirectory recipes_;
    util::TempDir files_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-availability");
    site::Site site_;
    event::NullSink events_;
};

TEST_F(SupplyTest, AMirrorThatDoesNotAnswerHasNothing)
{
    EXPECT_EQ(chosen(), "none");
    site_.network.mirrors = {nobody};
    EXPECT_EQ(chosen(), "none");
    site_.network.mirrors = {"http://127.0.0.1:1/mirror"};
    EXPECT_EQ(chosen(), "none");
}

TEST_F(SupplyTest, AnAddressBesidesIsNoReasonToTrustTheDistributionsLists)
{
    const source::testing::TestServer server(files_.path(), files_.path() / "log");
    write_recipe(nobody, true);
    use_distribution(server.url("/status/404"));
    EXPECT_EQ(chosen(), "none");
    const auto requests = server.requests().size();
    EXPECT_EQ(requests, 2U) << "one for each version";
    EXPECT_EQ(chosen(), "none");
    EXPECT_EQ(server.requests().size(), requests) << "it is known for an hour";

    ASSERT_TRUE(util::remove_tree(site_.source_cache()));
    write_recipe(server.url("/ok"), true);
    EXPECT_EQ(chosen(), "2.0") << "its project has it";
    ASSERT_TRUE(util::remove_tree(site_.source_cache()));
    write_recipe(nobody, true);
    use_distribution(server.url("/status/200"));
    EXPECT_EQ(chosen(), "2.0") << "the distribution has it";
}

TEST_F(SupplyTest, AMirrorIsAskedForWhatNoOtherPlaceHas)
{
    serve("1.0", "");
    const auto log = files_.path() / "log";
    const source::testing::TestServer server(files_.path() / "mirror", log);
    site_.network.mirrors = {server.url("/ok")};
    EXPECT_EQ(chosen(), "1.0");
    const auto requests = server.requests().size();
    EXPECT_EQ(requests, 4U) << "two places for each version";
    EXPECT_EQ(chosen(), "1.0");
    EXPECT_EQ(server.requests().size(), requests + 2) << "of 2.0 it is known that the mirror lacks it";
    serve("2.0", util::sha256("2.0").to_hex());
    EXPECT_EQ(chosen(), "1.0");
    ASSERT_TRUE(util::remove_tree(site_.source_cache()));
    EXPECT_EQ(chosen(), "2.0") << "by its sum";
}

TEST_F(SupplyTest, AMirrorInTroubleMayHaveEverything)
{
    const source::testing::TestServer server(files_.path(), files_.path() / "log");
    site_.network.mirrors = {server.url("/status/503")};
    EXPECT_EQ(chosen(), "2.0");
    site_.network.mirrors = {server.url("/status/403")};
    EXPECT_EQ(chosen(), "none");
}

} // namespace
