#include "engine/package/package_builder.hpp"

#include "engine/package/build_log.hpp"
#include "engine/package/compiler_cache.hpp"
#include "engine/package/environment.hpp"
#include "engine/package/floor_check.hpp"
#include "engine/package/memory.hpp"
#include "engine/package/outputs.hpp"
#include "engine/package/overwritten.hpp"
#include "engine/package/prefix_overlay.hpp"
#include "engine/package/strip.sh.hpp"
#include "event/step.hpp"
#include "identity/identity.hpp"
#include "plan/script.hpp"
#include "relocate/elf.hpp"
#include "relocate/normalise.hpp"
#include "sandbox/bounded_log.hpp"
#include "site/logs.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"
#include "util/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

namespace sf::engine {
namespace {

namespace fs = std::filesystem;
using util::ErrorCode;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// In out_directory: the phases as they begin.
constexpr const char* marks_name = "phases";

/// The directories of one build on the host.
struct Desk {
    util::ScratchDir top;
    fs::path upper;
    fs::path work;
    fs::path step;  ///< root's: what the sandbox is told
    fs::path out;   ///< the builder's: what it tells
    fs::path stage; ///< empty when the stage is a tmpfs
    fs::path slices;
    fs::path log_path;
    util::UniqueFd log;
    Jobserver::Ends tokens;
};

util::Status make_for_builder(const fs::path& path)
{
    SF_CHECK(util::make_directories(path));
    if (::geteuid() == 0 && ::chown(path.c_str(), identity::builder(), identity::builder()) != 0)
        return util::fail_errno(errno, fmt::format("cannot give {} to the builder", path.string()));
    return {};
}

/// What compilers of other machines are run through, if there are any.
util::Status write_compiler_wrapper(const Workshop& shop, const plan::Step& step, const fs::path& below)
{
    constexpr mode_t program = 0755;
    const auto& prefix = shop.site.compiler.prefix;
    if (step.compiler_specs.empty() || !shop.ccache || prefix.empty())
        return {};
    return util::write_file_atomic(below / fs::path(compiler_wrapper).filename(),
                                   spec::compiler_wrapper(step.hardening, step.recipe->hardening.without, prefix),
                                   program);
}

util::Result<Desk> set_up_desk(const Workshop& shop, const Order& order)
{
    const auto& step = order.step;
    SF_TRY(auto top, util::ScratchDir::make(shop.site.work(), step.name));
    Desk desk{std::move(top), {}, {}, {}, {}, {}, {}, {}, {}, {}};
    const auto& path = desk.top.path();
    // The container's user must be able to reach its directories through the mounts made for it.
    ::chmod(path.c_str(), 0755);
    desk.upper = path / "upper";
    desk.work = path / "work";
    desk.step = path / "step";
    desk.out = path / "out";
    desk.slices = path / "slices";
    for (const auto& directory : {desk.upper, desk.work, desk.out, desk.slices})
        SF_CHECK(make_for_builder(directory));
    for (const auto& directory : {desk.step, desk.step / fs::path(out_directory).filename()}) {
        SF_CHECK(util::make_directories(directory));
        ::chmod(directory.c_str(), 0755); // whatever the umask
    }
    SF_CHECK(write_compiler_wrapper(shop, step, desk.step));
    if (!shop.site.levers.tmpfs_stage || !stage_fits_in_memory(available_memory())) {
        desk.stage = path / "stage";
        SF_CHECK(make_for_builder(desk.stage));
    }
    const auto log = fmt::format("{}-{}-{}.log", step.name, step.version.to_string(), order.inputs.digest().to_short());
    desk.log_path = shop.site.logs() / log;
    SF_TRY(desk.tokens, shop.jobserver.open_ends());
    SF_TRY(desk.log, site::begin_log(shop.site, log));
    return desk;
}

util::Result<sandbox::Job> make_job(const Workshop& shop, const Order& order, const Desk& desk,
                                    const sandbox::Overlay& prefix, unsigned jobs)
{
    const auto& step = order.step;
    sandbox::Job job;
    job.name = step.name;
    job.rootfs = shop.image.rootfs;
    job.environment = environment_of(shop.site, shop.image, step, jobs, shop.ccache);
    job.inherited_fds = {desk.tokens.read.get(), desk.tokens.write.get()};
    job.memory_bytes = shop.site.effective_memory_bytes();
    job.cpus = shop.site.effective_jobs();
    job.pids = shop.site.limits.pids;
    job.nice = static_cast<int>(shop.site.limits.nice);
    job.idle_io = shop.site.limits.idle_io;
    job.argv = {"/bin/sh", fmt::format("{}/run.sh", step_directory)};

    job.binds.push_back({desk.step, step_directory, false});
    job.binds.push_back({desk.out, out_directory, true});
    job.binds.push_back({step.recipe->directory, plan::recipe_directory, false});
    const auto archive = fmt::format("{}/archive", plan::sources_directory);
    const auto tree = fmt::format("{}/tree", plan::sources_directory);
    if (step.local)
        job.binds.push_back({step.local->path, step.local->directory ? tree : archive, false});
    else if (order.source)
        job.binds.push_back({order.source->path, archive, false});
    for (std::size_t number = 0; order.source && number < order.source->patches.size(); ++number)
        job.binds.push_back({order.source->patches[number].path, plan::patch_archive(number), false});
    if (!shop.floor_kit.empty())
        job.binds.push_back({shop.floor_kit, image::floor_place, false});
    if (desk.stage.empty())
        job.tmpfs.emplace_back(plan::build_directory);
    else
        job.binds.push_back({desk.stage, plan::build_directory, true});
    if (shop.ccache)
        SF_CHECK(add_compiler_cache(shop.site, step.name, job));
    job.overlays.push_back(prefix);
    return job;
}

/// The ELF files that a package installed, relative to the prefix: what is to be stripped.
util::Result<std::vector<std::string>> installed_elf_files(const plan::Step& step, const fs::path& upper)
{
    std::vector<std::string> files;
    SF_TRY(const auto entries, util::walk_tree(upper));
    SF_CHECK(check_installed_size(step.id(), entries));
    for (const auto& entry : entries) {
        if (entry.type != fs::file_type::regular || entry.relative.extension() == ".o")
            continue;
        SF_TRY(const auto elf, relocate::read_elf(upper / entry.relative));
        if (!elf)
            continue;
        ::chmod((upper / entry.relative).c_str(), entry.mode | S_IWUSR); // installed read-only or not, it is rewritten
        files.push_back(entry.relative.string());
    }
    return files;
}

/// One try to build a package.
struct Attempt {
    unsigned jobs = 1;
    std::uint64_t killed_at = 0; ///< memory (bytes) that it had when the kernel killed it for lack of more; 0: not
};

/// Runs a script in the sandbox. `phase` names what it does where it leaves no marks.
util::Result<sandbox::Outcome> run_script(const Workshop& shop, const Desk& desk, const plan::Step& step,
                                          sandbox::Job job, const std::string& script, const char* phase,
                                          Attempt& attempt, const util::StopToken& stop)
{
    SF_CHECK(util::write_file_atomic(desk.step / "run.sh", script));
    SF_TRY(const auto log, sandbox::BoundedLog::start(desk.log.get(), desk.top.path() / desk.log_path.filename(),
                                                      shop.site.limits.log_bytes));
    job.log_fd = log->fd();
    SF_TRY(const auto outcome, shop.backend.run(job, stop));
    const auto end = log->finish();
    if (end.left_out > 0)
        shop.events.on_event(event::Message{event::Message::Level::warning,
                                            fmt::format("{}: its log has reached limits.log; {} of it were left out",
                                                        step.id(), util::human_bytes(end.left_out))});
    if (outcome.exit_code == 0)
        return outcome;
    if (outcome.out_of_memory)
        attempt.killed_at = std::max<std::uint64_t>(outcome.peak_memory_bytes, 1);
    SF_TRY(const auto log_end, read_log_end(desk.log_path));
    const auto marks = read_marks(desk.out / marks_name);
    auto error = describe_failure(step, outcome, marks.last.empty() ? phase : marks.last, log_end, desk.log_path,
                                  shop.site.effective_memory_bytes());
    if (end.error == ENOSPC && error.code != ErrorCode::no_space) { // and the log cannot say so
        error.code = ErrorCode::no_space;
        error.message += fmt::format("\nno space was left for the log in {}", shop.site.logs().string());
        error.hint.clear();
        error.reason = util::Reason::place_full;
    }
    if (error.code == ErrorCode::build && !shop.floor_kit.empty()) {
        SF_TRY(const auto newer, read_newer_symbols(shop.floor_kit));
        error = explain_floor(shop.floor, newer, log_end.text, std::move(error));
    }
    return tl::unexpected<util::Error>(std::move(error));
}

/// Seconds on the clock of /proc/uptime.
double uptime()
{
    constexpr double nanosecond = 1e-9;
    timespec now = {};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<double>(now.tv_sec) + nanosecond * static_cast<double>(now.tv_nsec);
}

/// The recipe's own commands.
util::Result<sandbox::Outcome> run_phases(const Workshop& shop, const Desk& desk, const plan::Step& step,
                                          const sandbox::Job& job, Attempt& attempt, const util::StopToken& stop)
{
    event::StepTimer running(shop.events, step.id(), "build");
    const auto started = uptime();
    const auto script =
        plan::step_script(step, fmt::format("{}/{}", out_directory, marks_name), shop.ccache ? ccache_programs : "");
    auto outcome = run_script(shop, desk, step, job, script, "unknown", attempt, stop);
    const auto marks = read_marks(desk.out / marks_name);
    shop.events.on_event(event::PackagePhases{step.id(), place_phases(marks, started, running.seconds())});
    if (outcome && outcome->left_processes)
        shop.events.on_event(
            event::Message{event::Message::Level::warning,
                           fmt::format("{}: its commands left processes running, which were killed", step.id())});
    if (outcome)
        running.succeed(outcome->cpu_seconds);
    return outcome;
}

util::Error belongs_to_other(const plan::Step& step, const std::string& path, const store::Action& other)
{
    return {ErrorCode::conflict,
            fmt::format("{} installs {}, which belongs to {}@{}", step.id(), path, other.package, other.version),
            "keep one of the two from installing it (slices: drop: in its recipe)",
            {}};
}

/// The builder may not write into a file of a dependency in its place; the log says so in its words.
util::Error explain_refused_write(const Workshop& shop, const Order& order, const Desk& desk, util::Error error)
{
    constexpr auto enough = std::uint64_t{64} << 10U;
    const auto log = error.code == ErrorCode::build ? util::read_foreign_tail(desk.log_path, enough) : std::string();
    for (const auto& path : refused_below_prefix(log.value_or("")))
        if (const auto* other = owner_of(shop.layers, order.dependencies, path))
            return belongs_to_other(order.step, path, *other);
    return error;
}

util::Status refuse_overwritten(const Workshop& shop, const Order& order, const relocate::SliceTrees& slices)
{
    for (const auto& tree : {slices.run, slices.dev}) {
        SF_TRY(const auto found, find_overwritten(shop.layers, order.dependencies, tree));
        if (found)
            return tl::unexpected(belongs_to_other(order.step, found->path, *found->owner));
    }
    return {};
}

util::Result<store::LayerSet> take_layers(const Workshop& shop, const Order& order, const Desk& desk)
{
    // Once more: the tools that strip work on files that the package made up.
    SF_TRY(const auto entries, util::walk_tree(desk.upper));
    SF_CHECK(check_installed_size(order.step.id(), entries));
    const auto& rules = order.step.recipe->slices;
    relocate::NormaliseRequest request{
        desk.upper, plan::prefix, order.step.id(), {rules.run, rules.dev, rules.drop}, desk.slices};
    SF_TRY(const auto slices, relocate::normalise(request));
    SF_CHECK(refuse_overwritten(shop, order, slices));
    SF_TRY(const auto run, shop.results.add(slices.run, store::run_effort));
    SF_TRY(const auto dev, shop.results.add(slices.dev, store::other_effort));
    SF_TRY(const auto debug, shop.results.add(slices.debug, store::other_effort));
    return store::LayerSet{run.digest, dev.digest, debug.digest};
}

util::Result<store::Action> build_once(const Workshop& shop, const Order& order, Attempt& attempt,
                                       const util::StopToken& stop)
{
    const auto start = Clock::now();
    const auto& step = order.step;
    constexpr std::uint64_t least_space = 1ULL << 30U;
    SF_CHECK(util::require_space(shop.site.root, least_space, "building " + step.id()));
    SF_TRY(const auto desk, set_up_desk(shop, order));
    SF_TRY(const auto prefix, make_prefix_overlay(shop.layers, order.dependencies, desk.upper, desk.work, stop));
    SF_TRY(const auto job, make_job(shop, order, desk, prefix.overlay, attempt.jobs));

    const auto built = run_phases(shop, desk, step, job, attempt, stop);
    if (!built)
        return tl::unexpected(explain_refused_write(shop, order, desk, built.error()));
    const auto commands_seconds = std::min(read_marks(desk.out / marks_name).commands_seconds, seconds_since(start));
    const auto compiler = read_ccache_log(desk.out / "ccache");

    event::StepTimer capture(shop.events, step.id(), "capture");
    SF_TRY(const auto elf_files, installed_elf_files(step, desk.upper));
    if (!shop.floor_kit.empty()) {
        SF_TRY(const auto newer, read_newer_symbols(shop.floor_kit));
        SF_CHECK(check_floor(step, shop.floor, newer, desk.upper, elf_files));
    }
    SF_CHECK(util::write_file_atomic(desk.step / "elf-files",
                                     util::join(elf_files, "\n") + (elf_files.empty() ? "" : "\n")));
    SF_CHECK(util::remove_tree(desk.out / marks_name));
    SF_TRY(const auto stripped, run_script(shop, desk, step, job, std::string(strip_sh()), "strip", attempt, stop));
    SF_CHECK(drop_untouched(prefix));
    SF_TRY(const auto layers, take_layers(shop, order, desk));
    capture.succeed(stripped.cpu_seconds);

    store::Action action{order.inputs.digest(),
                         step.name,
                         step.version.to_string(),
                         layers,
                         seconds_since(start),
                         built->cpu_seconds + stripped.cpu_seconds,
                         built->peak_memory_bytes,
                         order.inputs.to_string(),
                         order.source ? order.source->sha256.to_hex()
                         : step.local ? step.local->digest.to_hex()
                                      : std::string(),
                         shop.image.digest};
    SF_CHECK(shop.database.put_action(action, std::time(nullptr)));
    SF_TRY(const auto run_info, shop.results.info(layers.run));
    shop.events.on_event(event::PackageBuilt{step.id(), action.wall_seconds, commands_seconds, action.cpu_seconds,
                                             action.peak_memory_bytes, run_info.tree_bytes, compiler.hits,
                                             compiler.misses});
    return action;
}

} // namespace

util::Result<store::Action> build_package(const Workshop& shop, const Order& order, const util::StopToken& stop)
{
    Attempt attempt{shop.site.effective_jobs()};
    auto built = build_once(shop, order, attempt, stop);
    if (built || attempt.killed_at == 0 || attempt.jobs == 1)
        return built;
    shop.events.on_event(event::Message{
        event::Message::Level::warning,
        fmt::format("{} ran out of memory at {} with {} jobs (the limit is {}); trying once more with one",
                    order.step.id(), util::human_bytes(attempt.killed_at), attempt.jobs,
                    util::human_bytes(shop.site.effective_memory_bytes()))});
    attempt = {1};
    return build_once(shop, order, attempt, stop);
}

} // namespace sf::engine
