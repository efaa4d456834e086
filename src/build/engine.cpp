#include "build/engine.hpp"

#include "build/compiler_cache.hpp"
#include "build/environment.hpp"
#include "build/fetch_pool.hpp"
#include "build/key_lock.hpp"
#include "build/mailbox.hpp"
#include "build/memory.hpp"
#include "build/reason.hpp"
#include "build/scheduler.hpp"
#include "plan/key.hpp"
#include "util/fs.hpp"
#include "util/threads.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <map>
#include <thread>

namespace sf::build {
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
        context_(context), plan_(plan), stop_(std::move(stop)), states_(plan.steps.size(), StepState::waiting),
        asked_elsewhere_(plan.steps.size(), false), actions_(plan.steps.size()), sources_(plan.steps.size()),
        threads_(plan.steps.size())
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
    [[nodiscard]] std::vector<const store::Action*> inputs_of(const plan::Step& step) const;
    [[nodiscard]] plan::KeyInputs key_of(const plan::Step& step) const;
    /// Marks the step done if the store has what it would give.
    Result<bool> reuse(std::size_t step);
    Status reuse_all();
    /// Marks those of the steps done that come from elsewhere, all asked for at a time; whether any did.
    Result<bool> pull_wave(const std::vector<std::size_t>& steps);
    void take_pulled(std::size_t step, store::Action action);
    /// That the actions are in use, so far.
    Status note_reused();
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
    std::vector<StepState> states_;
    std::vector<bool> asked_elsewhere_; ///< for the key that the step has
    std::vector<std::optional<store::Action>> actions_;
    std::vector<std::optional<source::Fetched>> sources_;
    std::map<std::size_t, util::Error> fetch_errors_;
    std::vector<double> remaining_;
    BuildResult result_;
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

std::vector<const store::Action*> Run::inputs_of(const plan::Step& step) const
{
    std::vector<const store::Action*> inputs;
    for (const auto input : step.inputs)
        inputs.push_back(&*actions_[input]);
    return inputs;
}

plan::KeyInputs Run::key_of(const plan::Step& step) const
{
    return key_inputs(plan_, step, inputs_of(step));
}

Result<bool> Run::reuse(std::size_t step)
{
    SF_TRY(auto action, claim_built(context_.database, context_.layers, key_of(plan_.steps[step]).digest()));
    if (!action)
        return false;
    context_.events.on_event(event::PackageReused{plan_.steps[step].id(), action->layers.run.to_short(),
                                                  action->cpu_seconds, layer_bytes(context_.layers, action->layers)});
    actions_[step] = std::move(action);
    states_[step] = StepState::done;
    ++result_.reused;
    return true;
}

/// Keys follow from dependencies' layers, so a step can be looked up once its dependencies are done.
Status Run::reuse_all()
{
    const std::vector<double> equal(plan_.steps.size(), 0);
    for (bool progress = true; progress;) {
        progress = false;
        for (const auto step : ready_steps(plan_, states_, equal)) {
            SF_TRY(const bool found, reuse(step));
            progress = progress || found;
        }
        if (!progress && context_.pull) {
            SF_TRY(progress, pull_wave(ready_steps(plan_, states_, equal)));
        }
    }
    return {};
}

void Run::take_pulled(std::size_t step, store::Action action)
{
    actions_[step] = std::move(action);
    states_[step] = StepState::done;
    ++result_.pulled;
}

Result<bool> Run::pull_wave(const std::vector<std::size_t>& steps)
{
    std::vector<std::size_t> wanted; // those not asked for before
    for (const auto step : steps)
        if (!asked_elsewhere_[step])
            wanted.push_back(step);
    std::vector<std::optional<Result<std::optional<store::Action>>>> answers(wanted.size());
    util::in_threads(context_.site.network.parallel_downloads, wanted.size(), [&](std::size_t place) {
        const auto& step = plan_.steps[wanted[place]];
        answers[place] = context_.pull(step, key_of(step).digest());
    });
    bool any = false;
    for (std::size_t place = 0; place < wanted.size(); ++place) {
        asked_elsewhere_[wanted[place]] = true;
        SF_TRY(auto action, std::move(*answers[place]));
        if (action)
            take_pulled(wanted[place], std::move(*action));
        any = any || action;
    }
    return any;
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

Status Run::note_reused()
{
    std::vector<store::Action> used;
    for (const auto& action : actions_)
        if (action)
            used.push_back(*action);
    return context_.database.note_use(used, std::time(nullptr));
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
                           "builds see the host's network, as compiler.remote or compiler.prefix wants"});
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
                fmt::format("{} failed; finishing what is being built, so that it is kept", plan_.steps[step].id())});
    }
}

void Run::start(std::size_t step)
{
    states_[step] = StepState::running;
    ++running_;
    Order order{plan_.steps[step], key_of(plan_.steps[step]), inputs_of(plan_.steps[step]), sources_[step]};
    // The sandbox dies with the thread that starts it, so that thread lives as long as the build.
    auto work = [this, step, order = std::move(order)] {
        const auto key = order.inputs.digest();
        bool pulled = false;
        auto build = [&]() -> Result<store::Action> {
            // Whoever comes second finds the first one's layer.
            SF_TRY(const auto lock, lock_key(context_.site.work() / "locks" / key.to_hex(), *jobserver_, stop_));
            SF_TRY(auto built, claim_built(context_.database, context_.layers, key));
            if (built)
                return std::move(*built);
            // What it is built against may have come out as it did elsewhere.
            if (context_.pull && !asked_elsewhere_[step]) {
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
            SF_TRY(const bool reused, reuse(step));
            if (reused) {
                SF_CHECK(context_.database.note_use({*actions_[step]}, std::time(nullptr)));
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
    if (completion.pulled)
        return take_pulled(step, std::move(**completion.built));
    actions_[step] = std::move(**completion.built);
    states_[step] = StepState::done;
    ++result_.built;
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

/// Of each package ccache itself keeps the bound, of all of them together nobody else does.
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
    SF_CHECK(reuse_all());
    if (result_.reused + result_.pulled < plan_.steps.size()) {
        SF_CHECK(note_reused()); // the build may fail or be killed, and what it took must stay
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
    for (auto& action : actions_)
        result_.actions.push_back(std::move(*action));
    return std::move(result_);
}

} // namespace

Result<BuildResult> run_plan(const EngineContext& context, const plan::Plan& plan, const util::StopToken& stop)
{
    return Run(context, plan, stop).run();
}

} // namespace sf::build
