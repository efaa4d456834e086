#include "app/build/record.hpp"

#include "app/session/advice.hpp"
#include "app/session/program.hpp"
#include "report/html.hpp"
#include "report/timeline.hpp"
#include "report/trace.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace sf::app {
namespace {

namespace fs = std::filesystem;

std::string describe_host()
{
    struct utsname name = {};
    if (::uname(&name) != 0)
        return {};
    return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

std::uint64_t host_memory()
{
    const auto pages = ::sysconf(_SC_PHYS_PAGES);
    const auto size = ::sysconf(_SC_PAGESIZE);
    return pages < 0 || size < 0 ? 0 : static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size);
}

std::string describe_compiler(const SolvedRequest& solved)
{
    if (!solved.image)
        return {};
    const auto gcc = solved.image->externals.find("gcc");
    return gcc == solved.image->externals.end() ? "" : "gcc " + gcc->second;
}

/// To be given in the directory of the lock file, by a tool of this version.
std::string reproduction(const Session& session, const SolvedRequest& solved, const std::string& name)
{
    const bool slurm = solved.root().name == "slurm";
    std::string line = "slurm-factory build ";
    line += slurm ? "--locked " + util::shell_quote(name + ".lock") : util::shell_quote(solved.request);
    if (!slurm)
        line += fmt::format(" --target {} --hardening {} --glibc {}", solved.target.to_string(),
                            spec::to_string(solved.hardening), solved.floor.to_string());
    line += (solved.usual_image ? " --image " : " --toolchain ") + util::shell_quote(solved.image_recipe.name);
    const auto add_own = [&line](const char* option, const std::vector<fs::path>& directories) {
        for (std::size_t place = 1; place < directories.size(); ++place) // the first are the built-in ones
            line += fmt::format(" {} {}", option, util::shell_quote(directories[place].string()));
    };
    add_own("--recipes", session.site.recipe_directories);
    add_own("--images", session.site.image_directories);
    for (const auto& [package, source] : solved.local_sources)
        line += " --source " + util::shell_quote(package + "=" + source.path.string());
    return line;
}

const event::BuildPlanned* find_plan(const report::Recording& recording)
{
    for (const auto& [seconds, event] : recording.events)
        if (const auto* solved = std::get_if<event::BuildPlanned>(&event))
            return solved;
    return nullptr;
}

event::BuildFinished describe_end(const report::Recorder& recorder, const std::string& name,
                                  const util::Result<BuildReport>& built)
{
    event::BuildFinished finished{name, recorder.seconds(), {}, {}, {}};
    if (!built) {
        finished.error = util::to_string(with_advice(built.error()));
        return finished;
    }
    for (const auto& package : built->packages)
        finished.sizes.push_back({package.id, package.bytes});
    if (built->bundle) {
        for (const auto& artifact : *built->bundle)
            finished.files.push_back({artifact.path.string(), artifact.bytes});
    }
    return finished;
}

/// After such a failure a report is useless, or there is no space for one.
bool is_quiet(util::ErrorCode code)
{
    return code == util::ErrorCode::interrupted || code == util::ErrorCode::no_space;
}

util::Status write_views(const fs::path& start, const report::Recording& recording)
{
    const auto timeline = report::make_timeline(recording);
    SF_CHECK(util::make_directories(start.parent_path()));
    SF_CHECK(util::write_file_atomic(start.string() + "-trace.json", report::trace_json(timeline)));
    return util::write_file_atomic(start.string() + "-report.html", report::html_report(timeline));
}

} // namespace

event::BuildPlanned describe_plan(const Session& session, PreparedBuild& prepared, const std::string& name)
{
    const auto& solved = prepared.solved();
    const auto& plan = prepared.plan();
    event::BuildPlanned event{name,
                              solved.request,
                              reproduction(session, solved, name),
                              tool_version(),
                              plan.image_name,
                              plan.image.to_hex(),
                              describe_compiler(solved),
                              plan.target.to_string(),
                              std::string(spec::to_string(plan.hardening)),
                              plan.floor.to_string(),
                              describe_host(),
                              std::thread::hardware_concurrency(),
                              session.site.effective_jobs(),
                              host_memory(),
                              {}};
    for (const auto& step : plan.steps) {
        event::PlannedPackage package{step.id(), {}, false, {}, {}};
        if (const auto earlier = prepared.database().actions_of(step.name); earlier && !earlier->empty()) {
            package.last_wall_seconds = earlier->front().wall_seconds;
            package.last_cpu_seconds = earlier->front().cpu_seconds;
        }
        for (const auto input : step.inputs)
            package.needs.push_back(plan.steps[input].id());
        event.packages.push_back(std::move(package));
    }
    for (const auto place : plan.run_closure())
        event.packages[place].ships = true;
    return event;
}

void finish_record(const Session& session, const report::Recorder& recorder, util::Result<BuildReport>& built)
{
    const auto recording = recorder.recording();
    const auto* solved = find_plan(recording);
    if (solved == nullptr)
        return;
    const auto name = solved->name;
    session.events.on_event(describe_end(recorder, name, built));
    if (built ? built->up_to_date : is_quiet(built.error().code))
        return;
    const auto start = (built && built->bundle ? session.site.output : session.site.logs()) / name;
    if (const auto written = write_views(start, recorder.recording()); !written) {
        session.events.on_event(
            event::Message{event::Message::Level::warning, "the report of this build cannot be written: " +
                                                               util::to_string(with_advice(written.error()))});
        return;
    }
    if (built)
        built->html = start.string() + "-report.html";
    else
        session.events.on_event(event::Message{event::Message::Level::info,
                                               fmt::format("the report up to here: {}-report.html", start.string())});
}

} // namespace sf::app
