#include "engine/engine.hpp"

#include "engine/available.hpp"
#include "engine/fetch_pool.hpp"
#include "engine/key_lock.hpp"
#include "engine/mailbox.hpp"
#include "engine/package/compiler_cache.hpp"
#include "engine/package/environment.hpp"
#include "engine/package/memory.hpp"
#include "engine/reason.hpp"
#include "engine/scheduler.hpp"
#include "plan/key.hpp"
#include "util/files/fs.hpp"
#include "util/threads.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <map>
#include <thread>

namespace sf::engine {
namespace {

using util::Result;
using util::Status;

/// What a package is thought to take (CPU seconds) before it was ever built.
constexpr double unknown_duration = 30;

/// The files of all slices, for the figures; what cannot be read is reported when it is needed.
std::uint64_t layer_bytes(const store::LayerStore& layers, const store::LayerSet& set)
{
    std::uint64_t bytes = 0;
    for (const auto& layer : set.all())
        if (const auto info = layers.info(layer))
            bytes += info->tree_bytes;
    return bytes;
}

class Run {
public:
    Run(const EngineContext& context, const plan::Plan& plan, util::StopToken stop) :
        context_(context), plan_(plan), stop_(std::move(stop)), available_(context, plan),
        states_(plan.steps.size(), StepState::waiting), sources_(plan.steps.size()), threads_(plan.steps.size())
    {
    }
    ~Run()
    {
        for (auto& thread : threads_)
            if (thread.joinable())
                thread.join();
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    Result<BuildResult> run();

private:
    /// Takes what needs no build.
    Status take_available();
    void tell_reused(std::size_t step) const;
    Status prepare();
    std::vector<source::Wanted> missing_sources();
    Status loop();
    void bound_compiler_caches();
    /// Starts what may start; false when a step waits for a token.
    Result<bool> start_ready();
    void start(std::size_t step);
    Status wait_for_news(bool want_token);
    void take_completion(Completion completion);
    void fail_step(std::size_t step, util::Error error);
    [[nodiscard]] bool finished() const;

    const EngineContext& context_;
    const plan::Plan& plan_;
    util::StopToken stop_;
    AvailablePackages available_;
    std::vector<StepState> states_;
    std::vector<std::optional<source::Fetched>> sources_;
    std::map<std::size_t, util::Error> fetch_errors_;
    std::vector<double> remaining_;
    unsigned built_ = 0;
    std::optional<util::Error> failure_;
    unsigned running_ = 0;

    Mailbox mailbox_;
    std::optional<Jobserver> own_jobserver_;
    Jobserver* jobserver_ = nullptr;
    std::optional<MemoryMinder> memory_;
    std::unique_ptr<sandbox::Backend> backend_;
    std::optional<Workshop> shop_;
    std::vector<std::size_t> fetching_; ///< step by place in the fetch pool's list
    std::vector<std::thread> threads_;
};

void Run::tell_reused(std::size_t step) const
{
    const auto& action = *available_.walk().action(step);
    context_.events.on_event(event::PackageReused{plan_.steps[step].id(), action.layers.run.to_short(),
                                                  action.cpu_seconds, layer_bytes(context_.layers, action.layers)});
}

Status Run::take_available()
{
    SF_CHECK(available_.take_all(stop_, [this](std::size_t step) { tell_reused(step); }));
    for (std::size_t step = 0; step < states_.size(); ++step)
        if (available_.walk().action(step))
            states_[step] = StepState::done;
    return {};
}

std::vector<source::Wanted> Run::missing_sources()
{
    std::vector<std::size_t> steps;
    for (std::size_t step = 0; step < plan_.steps.size(); ++step)
        if (states_[step] != StepState::done && plan_.steps[step].needs_archive())
            steps.push_back(step);
    std::stable_sort(steps.begin(), steps.end(),
                     [this](std::size_t a, std::size_t b) { return remaining_[a] > remaining_[b]; });
    std::vector<source::Wanted> wanted;
    wanted.reserve(steps.size());
    for (const auto step : steps)
        wanted.push_back(wanted_of(plan_.steps[step]));
    fetching_ = std::move(steps);
    return wanted;
}

Status Run::prepare()
{
    std::vector<double> durations;
    for (const auto& step : plan_.steps) {
        SF_TRY(const auto earlier, context_.database.actions_of(step.name));
        durations.push_back(earlier.empty() ? unknown_duration : earlier.front().cpu_seconds);
    }
    remaining_ = remaining_paths(plan_, durations);
    SF_CHECK(mailbox_.open());
    jobserver_ = context_.jobserver;
    if (jobserver_ == nullptr) {
        SF_TRY(own_jobserver_, Jobserver::make(context_.site.effective_jobs()));
        jobserver_ = &*own_jobserver_;
    }
    memory_.emplace(*jobserver_, context_.site.limits.job_memory_bytes, context_.events);
    memory_->look();
    SF_TRY(backend_, context_.make_backend());
    SF_TRY(const auto floor_kit, context_.make_floor_kit(*backend_));
    const bool ccache = has_ccache(context_.site, context_.image);
    if (ccache && context_.site.compiler.needs_network())
        context_.events.on_event(
            event::Message{event::Message::Level::warning,
                           "builds see the host's network, because of compiler.remote or compiler.prefix"});
    shop_.emplace(Workshop{context_.site, context_.database, context_.layers, context_.layers, *backend_,
                           context_.image, *jobserver_, context_.events, floor_kit, plan_.floor, ccache});
    return {};
}

bool Run::finished() const
{
    if (running_ > 0)
        return false;
    return failure_ || stop_.stop_requested() ||
           std::all_of(states_.begin(), states_.end(), [](StepState state) { return state == StepState::done; });
}

void Run::fail_step(std::size_t step, util::Error error)
{
    states_[step] = StepState::failed;
    if (!failure_) {
        failure_ = std::move(error);
        if (running_ > 0 && !stop_.stop_requested())
            context_.events.on_event(event::Message{
                event::Message::Level::warning,
                fmt::format("{} failed; finishing the packages in progress to keep them", plan_.steps[step].id())});
    }
}

void Run::start(std::size_t step)
{
    states_[step] = StepState::running;
    ++running_;
    const auto& walk = available_.walk();
    Order order{plan_.steps[step], walk.key_inputs(step), walk.inputs(step), sources_[step]};
    // The sandbox dies with the thread that starts it, so that thread lives as long as the build.
    auto work = [this, step, order = std::move(order)] {
        const auto key = order.inputs.digest();
        bool pulled = false;
        auto build = [&]() -> Result<store::Action> {
            // The second process to get the lock finds the first one's layer.
            SF_TRY(const auto lock, lock_key(context_.site.work() / "locks" / key.to_hex(), *jobserver_, stop_));
            SF_TRY(auto built, claim_built(context_.database, context_.layers, key));
            if (built)
                return std::move(*built);
            // What it is built against may have come out as it did elsewhere.
            if (context_.pull && !available_.asked_elsewhere(step)) {
                SF_TRY(auto action, context_.pull(order.step, key));
                pulled = action.has_value();
                if (pulled)
                    return std::move(*action);
            }
            SF_TRY(const auto earlier, context_.database.actions_of(order.step.name));
            context_.events.on_event(why_needed(order.step, order.inputs, earlier));
            return build_package(*shop_, order, stop_);
        };
        auto built = util::guarded(build);
        mailbox_.post({step, std::nullopt, std::move(built), pulled});
    };
    auto started = util::guarded([&]() -> Status {
        threads_[step] = std::thread(std::move(work));
        return {};
    });
    if (started)
        return;
    --running_;
    jobserver_->end();
    fail_step(step, std::move(started).error());
}

Result<bool> Run::start_ready()
{
    if (failure_ || stop_.stop_requested())
        return true;
    for (bool again = true; again;) {
        again = false;
        for (const auto step : ready_steps(plan_, states_, remaining_)) {
            // Its dependencies may have come out the same as before.
            SF_TRY(const bool reused, available_.take_stored(step));
            if (reused) {
                states_[step] = StepState::done;
                tell_reused(step);
                SF_CHECK(context_.database.note_use({*available_.walk().action(step)}, std::time(nullptr)));
                again = true;
                break;
            }
            if (fetch_errors_.contains(step)) {
                fail_step(step, fetch_errors_.at(step));
                return true;
            }
            if (!sources_[step] && plan_.steps[step].needs_archive())
                continue;
            if (!jobserver_->try_begin())
                return false;
            start(step);
        }
    }
    return true;
}

Status Run::wait_for_news(bool want_token)
{
    constexpr int interval_ms = 500;
    std::array<pollfd, 3> fds = {pollfd{mailbox_.fd(), POLLIN, 0},
                                 pollfd{stop_.stop_requested() ? -1 : stop_.fd(), POLLIN, 0},
                                 pollfd{want_token ? jobserver_->poll_fd() : -1, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), interval_ms) < 0 && errno != EINTR)
        return util::fail_errno(errno, "cannot wait for the builds");
    memory_->look();
    return {};
}

void Run::take_completion(Completion completion)
{
    const auto step = completion.step;
    if (completion.fetched) {
        if (*completion.fetched)
            sources_[step] = std::move(**completion.fetched);
        else // it matters only if the step must be built after all
            fetch_errors_[step] = std::move(*completion.fetched).error();
        return;
    }
    threads_[step].join();
    --running_;
    jobserver_->end();
    if (!*completion.built)
        return fail_step(step, std::move(*completion.built).error());
    states_[step] = StepState::done;
    if (completion.pulled)
        return available_.add_pulled(step, std::move(**completion.built));
    available_.add_built(step, std::move(**completion.built));
    ++built_;
}

Status Run::loop()
{
    while (!finished()) {
        SF_TRY(const bool satisfied, start_ready());
        if (finished())
            break;
        SF_CHECK(wait_for_news(!satisfied));
        for (auto& completion : mailbox_.take())
            take_completion(std::move(completion));
    }
    return {};
}

/// ccache limits the cache of each package; this limits all of them together.
void Run::bound_compiler_caches()
{
    const auto& site = context_.site;
    if (!shop_->ccache || site.cache.compiler_bytes == 0 || stop_.stop_requested())
        return;
    if (const auto trimmed = trim_compiler_caches(site.compiler_caches(), site.cache.compiler_bytes); !trimmed)
        context_.events.on_event(
            event::Message{event::Message::Level::warning,
                           fmt::format("the compiler caches may be over their budget: {}", trimmed.error().message)});
}

Result<BuildResult> Run::run()
{
    SF_CHECK(take_available());
    if (!available_.walk().is_complete()) {
        // The build may fail or be killed, and what it took must stay.
        SF_CHECK(context_.database.note_use(available_.walk().actions(), std::time(nullptr)));
        SF_CHECK(prepare());
        auto wanted = missing_sources();
        if (context_.site.network.offline)
            SF_CHECK(context_.fetcher.check_offline(wanted));
        // A stop of the pool's own: a failed package ends the transfers as much as an interrupt does.
        SF_TRY(const auto fetch_stop, util::StopSource::make());
        const FetchPool pool(context_.fetcher, context_.events, std::move(wanted),
                             context_.site.network.parallel_downloads, fetch_stop,
                             [this](std::size_t item, Result<source::Fetched> fetched) {
                                 mailbox_.post({fetching_[item], std::move(fetched), std::nullopt});
                             });
        SF_CHECK(loop());
        bound_compiler_caches();
    }
    SF_CHECK(stop_.check());
    if (failure_)
        return tl::unexpected<util::Error>(std::move(*failure_));
    return BuildResult{available_.walk().actions(), built_, available_.reused(), available_.pulled()};
}

} // namespace

Result<BuildResult> run_plan(const EngineContext& context, const plan::Plan& plan, const util::StopToken& stop)
{
    return Run(context, plan, stop).run();
}

} // namespace sf::engine
