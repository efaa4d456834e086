#include "app/request/solving.hpp"
#include "support/recipes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sf;
using ::testing::HasSubstr;
using ::testing::Not;
using util::ErrorCode;

class Workbench : public ::testing::Test {
protected:
    void SetUp() override
    {
        recipes_.add("slurm", "24.11.4 24.11.5! 25.05.1",
                     "variants:\n  minimal: {default: false, description: d}\n"
                     "dependencies:\n  - {spec: munge, type: link}\n  - {spec: gcc, type: build}\n"
                     "  - {spec: lua, type: link, when: ~minimal}\n");
        recipes_.add("munge", "0.5.16").add("lua", "5.4");
        site_.root = files_.path() / "root";
        site_.recipe_directories = {recipes_.path()};
        site_.image_directories = {std::filesystem::path(SF_SOURCE_DIR) / "images"};
        site_.floor_directory = std::filesystem::path(SF_SOURCE_DIR) / "floor";
        site_.image = "bookworm";
    }
    util::Result<app::SolvedRequest> solve(const app::BuildRequest& request)
    {
        return app::solve_request({site_, events_, {}}, request);
    }
    util::Error refused(const app::BuildRequest& request)
    {
        auto solved = solve(request);
        if (solved)
            throw std::runtime_error("this was not refused");
        return std::move(solved).error();
    }
    static std::string text(const util::Error& error) { return util::to_string(error); }

    test::RecipeDirectory recipes_;
    util::TempDir files_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-workbench");
    site::Site site_;
    event::NullSink events_;
};

app::BuildRequest asked(const std::string& version, bool minimal, std::vector<std::string> sources = {})
{
    app::BuildRequest request;
    request.slurm_version = version;
    request.minimal = minimal;
    request.sources = std::move(sources);
    return request;
}

TEST_F(Workbench, TheFloorIsTheRequestsElseTheSites)
{
    auto request = asked("24.11", true);
    const auto floor_of = [&] {
        const auto solved = solve(request);
        EXPECT_TRUE(solved) << text(solved.error());
        const auto plan = app::plan_request({site_, events_, {}}, *solved, util::sha256("image"));
        EXPECT_TRUE(plan) << text(plan.error());
        EXPECT_EQ(plan->floor_sources.has_value(), !plan->floor.is_host());
        EXPECT_THAT(app::lock_text(*solved), HasSubstr("\"glibc\": \"" + plan->floor.to_string() + "\""));
        return plan->floor.to_string();
    };
    EXPECT_EQ(floor_of(), "2.28");
    site_.floor = spec::Floor::host();
    EXPECT_EQ(floor_of(), "host");
    request.glibc = "2.31";
    EXPECT_EQ(floor_of(), "2.31");
    request.glibc = "2.32";
    EXPECT_EQ(refused(request).code, util::ErrorCode::usage);
}

TEST_F(Workbench, ASeriesIsItsPreferredRelease)
{
    const auto solved = solve(asked("24.11", true));
    ASSERT_TRUE(solved) << text(solved.error());
    EXPECT_EQ(solved->solution.packages.back().version.to_string(), "24.11.5");
    EXPECT_EQ(solved->solution.find("lua"), nullptr) << "--minimal";
    EXPECT_NE(solve(asked("24.11", false))->solution.find("lua"), nullptr);
    const auto plan = app::plan_request({site_, events_, {}}, *solved, util::sha256("image"));
    ASSERT_TRUE(plan) << text(plan.error());
    EXPECT_EQ(plan->image_name, "bookworm");
    EXPECT_EQ(plan->steps.back().id(), "slurm@24.11.5");
}

TEST_F(Workbench, WithoutAVersionTheSeriesThatIsChosenNamesTheBuild)
{
    recipes_.add("slurm", "24.11.5 25.05.1 25.11.1",
                 "support:\n"
                 "  - {series: \"25.11\", until: 2001-01, by: upstream}\n"
                 "  - {series: \"25.05\", until: 2001-01, by: upstream}\n"
                 "  - {series: \"25.05.1\", until: 2999-12, by: Debian 99}\n");
    const auto solved = solve({});
    ASSERT_TRUE(solved) << text(solved.error());
    EXPECT_EQ(solved->root().version.to_string(), "25.05.1");
    EXPECT_EQ(solved->request, "slurm@25.05");
    EXPECT_FALSE(solved->statuses.at("slurm").past);
    EXPECT_TRUE(solve(asked("25.11", false))->statuses.at("slurm").past);
}

TEST_F(Workbench, OnlyABetterVersionIsMissed)
{
    struct Warnings final : event::Sink {
        void on_event(const event::Event& event) override
        {
            if (const auto* message = std::get_if<event::Message>(&event))
                text += message->text + "\n";
        }
        std::string text;
    } warnings;
    site_.network.offline = true;
    const auto warned = [&](const char* versions) {
        recipes_.add("slurm", versions);
        // Of the two the older one is here.
        const auto version = std::string(versions).substr(0, std::string(versions).find(' '));
        const auto archive = site_.source_cache() / util::sha256("slurm" + version).to_hex() / "slurm.tar";
        EXPECT_TRUE(util::write_file_atomic(archive, "archive"));
        warnings.text.clear();
        const auto solved = app::solve_request({site_, warnings, {}}, {});
        EXPECT_TRUE(solved && solved->root().version.to_string() == "24.11.5");
        return warnings.text;
    };
    EXPECT_THAT(warned("24.11.5 25.05.1"), HasSubstr("cannot download slurm 25.05.1; building 24.11.5"));
    EXPECT_THAT(warned("24.11.5! 25.05.1"), Not(HasSubstr("cannot download"))) << "the recipe's choice in any case";
}

TEST_F(Workbench, AnOlderPackageGoesBeforeOneWhoseDependencyCannotBeHad)
{
    recipes_.add("slurm", "24.11.5", "dependencies:\n  - {spec: mpi, type: run}\n  - {spec: pm, type: link}\n");
    recipes_.add("mpi", "4.1 5.0",
                 "dependencies:\n  - {spec: \"pm@4\", type: link, when: \"@4\"}\n"
                 "  - {spec: \"pm@5\", type: link, when: \"@5\"}\n");
    recipes_.add("pm", "4.2 5.1");
    site_.network.offline = true;
    for (const auto* name : {"slurm24.11.5", "mpi4.1", "mpi5.0", "pm4.2"})
        EXPECT_TRUE(
            util::write_file_atomic(site_.source_cache() / util::sha256(name).to_hex() /
                                        (std::string(name).substr(0, std::string(name).find_first_of("245")) + ".tar"),
                                    "archive"));
    const auto chosen = [&](const app::BuildRequest& request) {
        const auto solved = solve(request);
        return solved ? fmt::format("mpi {}, pm {}", solved->solution.find("mpi")->version.to_string(),
                                    solved->solution.find("pm")->version.to_string())
                      : text(solved.error());
    };
    EXPECT_EQ(chosen({}), "mpi 4.1, pm 4.2");
    app::BuildRequest insisting;
    insisting.spec = "slurm ^mpi@5";
    EXPECT_EQ(chosen(insisting), "mpi 5.0, pm 5.1") << "what is asked for is said to be missing, not replaced";
    preference::PackagePreference site_wants;
    site_wants.versions = {*spec::VersionRange::parse("5.0")};
    site_.packages.packages.emplace("mpi", site_wants);
    EXPECT_EQ(chosen({}), "mpi 5.0, pm 5.1") << "nor what the site prefers";
}

TEST_F(Workbench, ATargetReachesThePlan)
{
    auto request = asked("24.11", true);
    request.target = "x86_64_v2";
    const auto solved = solve(request);
    ASSERT_TRUE(solved) << text(solved.error());
    const auto plan = app::plan_request({site_, events_, {}}, *solved, util::sha256("image"));
    ASSERT_TRUE(plan) << text(plan.error());
    EXPECT_EQ(plan->target.to_string(), "x86_64_v2");
    EXPECT_THAT(plan->steps.front().environment.at("CFLAGS"), HasSubstr("-march=x86-64-v2"));
    EXPECT_EQ(solve(asked("24.11", true))->target, spec::Target::generic());

    request.target = "x86_64_v33";
    EXPECT_THAT(text(refused(request)), HasSubstr("did you mean 'x86_64_v3'?"));
}

TEST_F(Workbench, AnUnknownVersionIsAnsweredWithTheKnownOnes)
{
    const auto error = refused(asked("99.01", false));
    EXPECT_EQ(error.code, ErrorCode::usage);
    EXPECT_THAT(text(error), HasSubstr("'99.01'"));
    EXPECT_THAT(text(error), HasSubstr("known versions: 24.11.4, 24.11.5, 25.05.1"));
}

TEST_F(Workbench, AVersionThatCannotBeReadIsTheUsersMistake)
{
    const auto error = refused(asked("24 11", false));
    EXPECT_EQ(error.code, ErrorCode::usage);
    EXPECT_THAT(text(error), HasSubstr("--slurm-version 24 11"));
}

TEST_F(Workbench, ARangeIsNoVersionToBuild)
{
    const auto error = refused(asked("24.11:", false));
    EXPECT_EQ(error.code, ErrorCode::usage);
    EXPECT_THAT(text(error), HasSubstr("--slurm-version 24.11:"));
    EXPECT_THAT(text(error), HasSubstr("give a series such as 24.11"));
}

TEST_F(Workbench, ASourceIsPackageEqualsPath)
{
    for (const auto* argument : {"slurm", "=./x", "slurm="}) {
        const auto error = refused(asked("24.11", false, {argument}));
        EXPECT_EQ(error.code, ErrorCode::usage) << argument;
        EXPECT_THAT(text(error), HasSubstr("not of the form PACKAGE=PATH")) << argument;
    }
}

TEST_F(Workbench, ASourceMustExist)
{
    const auto error = refused(asked("24.11", false, {"slurm=" + (files_.path() / "none.tar").string()}));
    EXPECT_EQ(error.code, ErrorCode::source);
    EXPECT_THAT(text(error), HasSubstr("none.tar"));
}

TEST_F(Workbench, ASourceOfAPackageThatIsNotBuiltIsRefused)
{
    ASSERT_TRUE(util::write_file_atomic(files_.path() / "a.tar", "bytes"));
    for (const auto* package : {"munje", "lua"}) {
        const auto error = refused(asked("24.11", true, {package + ("=" + (files_.path() / "a.tar").string())}));
        EXPECT_EQ(error.code, ErrorCode::usage);
        EXPECT_THAT(text(error), HasSubstr(package));
    }
}

TEST_F(Workbench, ASourceBringsItsOwnVersion)
{
    ASSERT_TRUE(util::write_file_atomic(files_.path() / "a=b.tar", "bytes"));
    const auto solved = solve(asked("24.11.7", true, {"slurm=" + (files_.path() / "a=b.tar").string()}));
    ASSERT_TRUE(solved) << text(solved.error());
    EXPECT_EQ(solved->solution.packages.back().version.to_string(), "24.11.7");
    EXPECT_EQ(solved->local_sources.at("slurm").digest, util::sha256("bytes"));
    EXPECT_FALSE(solved->local_sources.at("slurm").directory);
}

TEST_F(Workbench, AnUnknownImageIsAnsweredWithTheKnownOnes)
{
    site_.image = "bookwurm";
    EXPECT_THAT(text(refused(asked("24.11", true))), HasSubstr("bookworm"));
}

} // namespace
