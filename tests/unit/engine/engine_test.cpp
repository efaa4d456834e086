#include "engine/engine.hpp"
#include "support/recipes.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>

#include <mutex>
#include <set>

namespace {

using namespace sf;
using ::testing::HasSubstr;
using util::ErrorCode;

/// Installs one file for each package instead of running its script.
class FakeBackend final : public sandbox::Backend {
public:
    struct Behaviour {
        std::set<std::string> failing;
        std::set<std::string> waiting; ///< until a stop is requested
        std::set<std::string> late;    ///< end only after a failing one
        std::string contents = "one";
        std::string file; ///< what each package installs; empty: a file of its own name
        std::mutex mutex;
        std::vector<std::string> order; ///< of the packages whose build started
    };
    explicit FakeBackend(Behaviour& behaviour) : behaviour_(behaviour) {}
    [[nodiscard]] std::string name() const override { return "fake"; }
    [[nodiscard]] util::Status probe(const std::filesystem::path& /*rootfs*/) override { return {}; }
    [[nodiscard]] util::Result<sandbox::Outcome> run(const sandbox::Job& job, const util::StopToken& stop) override
    {
        constexpr int late_ms = 300;
        const auto step = job.binds.front().host;
        const auto out = job.binds[1].host;
        if (job.binds[0].writable || job.binds[1].inside != "/step/out")
            return util::fail(ErrorCode::sandbox, "a build could change what it is told");
        SF_TRY(const auto script, util::read_file(step / "run.sh"));
        if (script.find("mark end") == std::string::npos) // strips
            return sandbox::Outcome{};
        {
            const std::lock_guard lock(behaviour_.mutex);
            behaviour_.order.push_back(job.name);
        }
        SF_CHECK(util::write_file_atomic(out / "phases", "unpack 1.0\nbuild 2.0\nend 3.0\n"));
        pollfd stopped = {stop.fd(), POLLIN, 0};
        if (behaviour_.waiting.contains(job.name))
            ::poll(&stopped, 1, -1);
        if (behaviour_.late.contains(job.name))
            ::poll(&stopped, 1, late_ms);
        SF_CHECK(stop.check());
        if (behaviour_.failing.contains(job.name)) {
            SF_CHECK(util::write_all(job.log_fd, "this is why\n"));
            return sandbox::Outcome{2, false, 1, 1, 0};
        }
        const auto file = behaviour_.file.empty() ? job.name : behaviour_.file;
        SF_CHECK(util::write_file_atomic(job.overlays.front().upper / "share" / file, behaviour_.contents));
        return sandbox::Outcome{0, false, 1, 1, 0};
    }

private:
    Behaviour& behaviour_;
};

/// left and right stand on base; top needs both.
class Engine : public ::testing::Test {
protected:
    void SetUp() override
    {
        recipes_.add("base", "1.0")
            .add("left", "1.0", "dependencies:\n  - {spec: base, type: link}\n")
            .add("right", "1.0", "dependencies:\n  - {spec: base, type: link}\n")
            .add("top", "1.0", "dependencies:\n  - {spec: left, type: link}\n  - {spec: right, type: link}\n");
        site_.root = directory_.path() / "root";
        site_.limits.jobs = 4;
        site_.network.use_apt = false;
        for (const auto* name : {"base", "left", "right", "top"})
            put_archive(name);
        load();
    }
    /// What RecipeDirectory gave as the archive's sum.
    void put_archive(const std::string& name)
    {
        const auto bytes = name + "1.0";
        EXPECT_TRUE(
            util::write_file_atomic(site_.source_cache() / util::sha256(bytes).to_hex() / (name + ".tar"), bytes));
    }
    void load() { set_ = std::make_unique<recipe::RecipeSet>(recipes_.load()); }
    util::Result<engine::BuildResult> run()
    {
        SF_TRY(auto database, store::Database::open(site_.database()));
        store::LayerStore layers(site_.layers());
        source::Fetcher fetcher(site_, events_);
        const image::Image image{"img", util::sha256("image"), directory_.path(), 0, "", {}};
        SF_TRY(const auto answer, solve::solve({*spec::Spec::parse("top"), {}, {}}, *set_));
        SF_TRY(const auto plan,
               plan::make_plan(std::get<solve::Solution>(answer), *set_, {image.digest, image.name, {}, true}));
        return engine::run_plan({site_, database, layers, fetcher, image, events_,
                                 [this]() -> util::Result<std::unique_ptr<sandbox::Backend>> {
                                     return std::make_unique<FakeBackend>(behaviour_);
                                 },
                                 [](sandbox::Backend&) { return util::Result<std::filesystem::path>(); }, pull_},
                                plan, stop_.token());
    }
    /// Names of the packages that the run built.
    std::set<std::string> built()
    {
        const auto order = std::exchange(behaviour_.order, {});
        return {order.begin(), order.end()};
    }
    /// What is left of the builds' directories.
    [[nodiscard]] std::vector<std::string> left_over() const
    {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(site_.work()))
            if (entry.path().filename() != "locks")
                names.push_back(entry.path().filename().string());
        return names;
    }

    using Names = std::set<std::string>;
    test::RecipeDirectory recipes_;
    util::TempDir directory_ = *util::TempDir::make(std::filesystem::temp_directory_path(), "sf-engine");
    site::Site site_;
    event::NullSink events_;
    std::unique_ptr<recipe::RecipeSet> set_;
    FakeBackend::Behaviour behaviour_;
    decltype(engine::EngineContext::pull) pull_;
    util::StopSource stop_ = *util::StopSource::make();
};

TEST_F(Engine, BuildsInOrderAndThenReusesAll)
{
    const auto first = run();
    ASSERT_TRUE(first) << util::to_string(first.error());
    EXPECT_EQ(first->built, 4U);
    EXPECT_EQ(first->reused, 0U);
    ASSERT_EQ(behaviour_.order.size(), 4U);
    EXPECT_EQ(behaviour_.order.front(), "base");
    EXPECT_EQ(behaviour_.order.back(), "top");
    EXPECT_EQ(first->actions.size(), 4U);
    EXPECT_EQ(built(), (Names{"base", "left", "right", "top"}));
    EXPECT_TRUE(left_over().empty());

    const auto second = run();
    ASSERT_TRUE(second) << util::to_string(second.error());
    EXPECT_EQ(second->built, 0U);
    EXPECT_EQ(second->reused, 4U);
    EXPECT_EQ(built(), Names{});
    EXPECT_EQ(second->actions.back().layers.run, first->actions.back().layers.run);
}

TEST_F(Engine, NothingAboveIsRebuiltWhenALayerComesOutTheSame)
{
    ASSERT_TRUE(run());
    built();
    recipes_.add("base", "1.0", "build: {system: make, make: [another-target]}\n");
    load();
    const auto same = run();
    ASSERT_TRUE(same) << util::to_string(same.error());
    EXPECT_EQ(built(), Names{"base"});
    EXPECT_EQ(same->reused, 3U);

    recipes_.add("base", "1.0", "build: {system: make, make: [a-third-target]}\n");
    load();
    behaviour_.contents = "two";
    ASSERT_TRUE(run());
    EXPECT_EQ(built(), (Names{"base", "left", "right", "top"}));
}

/// Another root that has built everything, as a place to pull from.
class EnginePull : public Engine {
protected:
    void SetUp() override
    {
        Engine::SetUp();
        ASSERT_TRUE(run());
        built();
        elsewhere_ = site_.root;
        site_.root = directory_.path() / "second";
        for (const auto* name : {"base", "left", "right", "top"})
            put_archive(name);
        pull_ = [this](const plan::Step& step, const util::Digest& key) { return pull(step.name, key); };
    }
    util::Result<std::optional<store::Action>> pull(const std::string& name, const util::Digest& key)
    {
        const std::lock_guard lock(mutex_);
        asked_.push_back(name);
        site::Site first;
        first.root = elsewhere_;
        SF_TRY(auto database, store::Database::open(first.database()));
        SF_TRY(const auto action, database.find_action(key));
        if (!action || withheld_.contains(name))
            return std::optional<store::Action>();
        for (const auto& digest : {action->layers.run, action->layers.dev, action->layers.debug})
            std::filesystem::copy(first.layers() / digest.to_hex(), site_.layers() / digest.to_hex(),
                                  std::filesystem::copy_options::recursive |
                                      std::filesystem::copy_options::skip_existing);
        return action;
    }

    std::filesystem::path elsewhere_;
    std::mutex mutex_;
    std::vector<std::string> asked_;
    Names withheld_;
};

TEST_F(EnginePull, WhatIsElsewhereIsNotBuilt)
{
    std::filesystem::create_directories(site_.layers());
    const auto result = run();
    ASSERT_TRUE(result) << util::to_string(result.error());
    EXPECT_EQ(result->pulled, 4U);
    EXPECT_EQ(result->built, 0U);
    EXPECT_EQ(built(), Names{});
    EXPECT_EQ(asked_.size(), 4U);
}

TEST_F(EnginePull, WhatIsBuiltInBetweenComesOutTheSameAndTheRestIsPulled)
{
    std::filesystem::create_directories(site_.layers());
    withheld_ = {"base"};
    const auto result = run();
    ASSERT_TRUE(result) << util::to_string(result.error());
    EXPECT_EQ(built(), Names{"base"});
    EXPECT_EQ(result->pulled, 3U);
    EXPECT_EQ(std::count(asked_.begin(), asked_.end(), "base"), 1) << "it is not asked for twice";
}

TEST_F(EnginePull, AFailureToPullEndsTheRun)
{
    pull_ = [](const plan::Step&, const util::Digest&) -> util::Result<std::optional<store::Action>> {
        return util::fail(util::ErrorCode::no_space, "full");
    };
    const auto result = run();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, util::ErrorCode::no_space);
}

TEST_F(Engine, AFailureKeepsWhatIsBeingBuilt)
{
    behaviour_.failing = {"left"};
    behaviour_.late = {"right"};
    const auto failed = run();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::build);
    EXPECT_THAT(failed.error().message, HasSubstr("left@1.0: phase 'end' failed with exit code 2"));
    EXPECT_THAT(failed.error().message, HasSubstr("this is why"));
    EXPECT_EQ(built(), (Names{"base", "left", "right"}));
    EXPECT_TRUE(left_over().empty());

    behaviour_.failing.clear();
    ASSERT_TRUE(run());
    EXPECT_EQ(built(), (Names{"left", "top"})) << "right was kept";
}

TEST_F(Engine, WhatAFailedRunMadeAndTookIsNotedAsUsed)
{
    behaviour_.failing = {"top"};
    ASSERT_FALSE(run());
    auto database = store::Database::open(site_.database());
    ASSERT_TRUE(database);
    auto stored = database->stored_actions();
    ASSERT_TRUE(stored);
    ASSERT_EQ(stored->size(), 3U);
    for (const auto& action : *stored) {
        EXPECT_GE(action.used, std::time(nullptr) - 60) << action.package << " was made";
        const auto known = database->find_action(action.key);
        ASSERT_TRUE(known && *known);
        ASSERT_TRUE(database->note_use({**known}, 1000));
    }
    ASSERT_FALSE(run());
    stored = database->stored_actions();
    ASSERT_TRUE(stored);
    for (const auto& action : *stored)
        EXPECT_GE(action.used, std::time(nullptr) - 60) << action.package << " was taken";
}

TEST_F(Engine, AStopEndsAllAsInterrupted)
{
    behaviour_.waiting = {"left", "right"};
    std::thread stopper([this] {
        for (std::size_t started = 0; started < 3;) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            const std::lock_guard lock(behaviour_.mutex);
            started = behaviour_.order.size();
        }
        stop_.request_stop();
    });
    const auto stopped = run();
    stopper.join();
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::interrupted);
    EXPECT_TRUE(left_over().empty());
}

TEST_F(Engine, AMissingSourceMattersOnlyToAStepThatIsBuilt)
{
    ASSERT_TRUE(run());
    built();
    ASSERT_TRUE(util::remove_tree(site_.source_cache()));
    EXPECT_TRUE(run());
    recipes_.add("right", "1.0",
                 "dependencies:\n  - {spec: base, type: link}\nbuild: {system: make, make: [another]}\n");
    load();
    const auto missing = run();
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::source);
    EXPECT_THAT(missing.error().message, HasSubstr("right@1.0"));
    site_.network.offline = true;
    EXPECT_THAT(run().error().message, HasSubstr("missing, and --offline forbids fetching:\n  right@1.0"));
}

TEST_F(Engine, APackageMayNotInstallWhatADependencyHas)
{
    behaviour_.file = "same";
    const auto refused = run();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("installs share/same, which belongs to base@1.0"));
    EXPECT_TRUE(left_over().empty());
}

} // namespace
