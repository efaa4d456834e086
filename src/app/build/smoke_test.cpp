#include "app/build/smoke_test.hpp"

#include "app/images/backends.hpp"
#include "app/images/base_images.hpp"
#include "app/session/presence.hpp"
#include "app/session/program.hpp"
#include "identity/identity.hpp"
#include "sandbox/bounded_log.hpp"
#include "sandbox/sandbox.hpp"
#include "store/database.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/foreign_tree.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace sf::app {
namespace {

namespace stdfs = std::filesystem;
using util::Result;

// Where the script sees what; a tree that found its files only at its build prefix would fail there.
constexpr const char* tree_inside = "/verify/software";
constexpr const char* script_inside = "/verify/smoke";
constexpr const char* state_inside = "/verify/state";
/// Of the whole run, in seconds: each step of the script has a limit of its own that is much shorter.
constexpr const char* longest_run = "600";

/// A line of the steps file: name, "ok" or "failed", milliseconds and a detail, between tabs.
std::optional<SmokeStep> parse_step(const std::string& line)
{
    const auto parts = util::split(line, '\t');
    unsigned milliseconds = 0;
    if (parts.size() != 4)
        return std::nullopt;
    std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), milliseconds);
    return SmokeStep{parts[0], parts[1] == "ok", milliseconds / 1000.0, parts[3]};
}

util::Status give_to_builder(const stdfs::path& path)
{
    if (::chown(path.c_str(), identity::builder(), identity::builder()) != 0)
        return util::fail_errno(errno, fmt::format("cannot hand over {}", path.string()));
    return {};
}

/// What is read of one file that the script or a daemon wrote.
constexpr std::uint64_t most_shown = std::uint64_t{64} << 10U;

/// The last lines of each log, under its name. What the run left is read as a stranger's.
std::string last_of_logs(const util::ForeignTree& state)
{
    constexpr std::size_t lines = 15;
    constexpr const char* directory = "log";
    std::string text;
    for (const auto& name : state.names_in(directory).value_or(std::vector<std::string>())) {
        if (!name.ends_with(".log"))
            continue;
        const auto log = state.open(stdfs::path(directory) / name, O_RDONLY | O_NOFOLLOW);
        if (!log)
            continue;
        const auto end = util::read_tail(log->get(), most_shown, name).value_or("");
        const auto contents = std::string(util::trim(end));
        if (!contents.empty())
            text += fmt::format("{}---- {}\n{}", text.empty() ? "" : "\n", name, util::last_lines(contents, lines));
    }
    return text;
}

/// One run's directory on the host.
class Desk {
public:
    static Result<Desk> make(const stdfs::path& parent)
    {
        SF_TRY(auto directory, util::ScratchDir::make(parent, "smoke"));
        Desk desk(std::move(directory));
        SF_CHECK(util::make_directories(desk.state() / "log"));
        SF_CHECK(give_to_builder(desk.state()));
        SF_CHECK(give_to_builder(desk.state() / "log"));
        SF_CHECK(util::write_file_atomic(desk.hosts(), "127.0.0.1 localhost slurm-factory\n::1 localhost\n"));
        return desk;
    }

    [[nodiscard]] stdfs::path state() const { return directory_.path() / "state"; }
    [[nodiscard]] stdfs::path hosts() const { return directory_.path() / "hosts"; }
    [[nodiscard]] stdfs::path output() const { return directory_.path() / "output"; }

private:
    explicit Desk(util::ScratchDir directory) : directory_(std::move(directory)) {}
    util::ScratchDir directory_;
};

sandbox::Job job_of(const stdfs::path& rootfs, const stdfs::path& tree, const stdfs::path& script, const Desk& desk)
{
    sandbox::Job job;
    job.name = "smoke";
    job.rootfs = rootfs;
    job.binds = {{tree, tree_inside, false},
                 {script, script_inside, false},
                 {desk.state(), state_inside, true},
                 {desk.hosts(), "/etc/hosts", false}};
    job.tmpfs = {"/run"}; // where the daemons make their sockets when auth/slurm takes the place of munge
    job.argv = {
        "/usr/bin/timeout", "--kill-after=10", longest_run, "/bin/bash", fmt::format("{}/cluster.sh", script_inside),
        tree_inside,        state_inside};
    job.environment = {
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"HOME", "/tmp"}, {"LC_ALL", "C"}};
    return job;
}

/// The script's own words come first: it may have failed before any daemon wrote a log.
std::string story_of(const Desk& desk, const sandbox::Outcome& outcome)
{
    constexpr std::size_t lines = 20;
    const auto said = std::string(util::trim(util::read_foreign_tail(desk.output(), most_shown).value_or("")));
    const auto state = util::ForeignTree::open(desk.state());
    auto story = state ? last_of_logs(*state) : std::string();
    if (!said.empty())
        story = util::last_lines(said, lines) + (story.empty() ? "" : "\n") + story;
    return story.empty() ? fmt::format("the script ended with status {}", outcome.exit_code) : story;
}

SmokeRun result_of(const Desk& desk, const sandbox::Outcome& outcome)
{
    SmokeRun run;
    const auto steps = util::read_foreign_file(desk.state() / "steps", most_shown).value_or("");
    for (const auto& line : util::split(steps, '\n'))
        if (auto step = parse_step(line))
            run.steps.push_back(std::move(*step));
    run.passed = outcome.exit_code == 0 && !run.steps.empty() &&
                 std::all_of(run.steps.begin(), run.steps.end(), [](const SmokeStep& step) { return step.passed; });
    if (!run.passed)
        run.log = story_of(desk, outcome);
    return run;
}

} // namespace

Result<SmokeRun> run_smoke_test(const Session& session, const stdfs::path& tree, const std::string& image)
{
    SF_TRY(const auto data, data_directory());
    SF_TRY(const auto recipe, image::find_image_recipe(image::recipe_directories(session.site), image));
    SF_TRY(const auto presence, Presence::announce(session.site));
    SF_TRY(const auto images, BaseImages::open(session));
    SF_TRY(const auto system, images->hold(recipe));
    const auto& rootfs = system.image.rootfs;
    SF_TRY(const auto backend, choose_backend(session, rootfs));
    SF_TRY(const auto desk, Desk::make(session.site.work()));
    constexpr std::uint64_t most_output = std::uint64_t{16} << 20U;
    SF_TRY(const auto output, util::open_file(desk.output(), O_WRONLY | O_CREAT | O_APPEND));
    SF_TRY(const auto log, sandbox::BoundedLog::start(output.get(), desk.output().string() + ".pipe", most_output));
    auto job = job_of(rootfs, tree, data / "smoke", desk);
    job.log_fd = log->fd();
    SF_TRY(const auto outcome, backend->run(job, session.stop));
    log->finish();
    auto run = result_of(desk, outcome);
    run.image = image;
    run.backend = backend->name();
    return run;
}

} // namespace sf::app
