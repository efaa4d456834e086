#include "deploy/deployment.hpp"

#include "deploy/fleet.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>

namespace sf::deploy {

namespace {

using util::ErrorCode;
using util::Result;
using util::Status;

FleetOptions fleet_options(const Targets& targets)
{
    auto hosts = targets.hosts;
    if (hosts.empty())
        hosts.emplace_back(local_host);
    return {std::move(hosts), targets.prefix, targets.transport, std::max(targets.fanout, 1U), targets.retries};
}

/// One line: what is below it is for a terminal with one host.
std::string reason(const util::Error& error)
{
    return error.message.substr(0, error.message.find('\n'));
}

Status refuse(const std::vector<Violation>& found)
{
    std::string text = "Slurm's rules for upgrades forbid this:";
    for (const auto& violation : found)
        text += fmt::format("\n  {}\n    {}", violation.rule, violation.detail);
    return util::fail(ErrorCode::conflict, std::move(text), util::Reason::upgrade_forbidden);
}

/// What deploy and rollback have in common: ask, plan, check, work.
class Run {
public:
    Run(const Targets& targets, event::Sink& events, const util::StopToken& stop) :
        events_(events), stop_(stop), fleet_(fleet_options(targets), stop), results_(fleet_.hosts().size()),
        states_(fleet_.hosts().size()), all_(fleet_.hosts().size())
    {
        std::iota(all_.begin(), all_.end(), std::size_t{0});
        for (const auto i : all_)
            results_[i].host = fleet_.hosts()[i];
    }

    /// Work that changes nothing, so that only its failures are worth an event.
    Status look(const std::vector<std::size_t>& items, const Fleet::Work& looking)
    {
        const auto outcomes = fleet_.round(items, looking);
        SF_CHECK(stop_.check());
        for (std::size_t k = 0; k < items.size(); ++k)
            if (outcomes[k].error)
                fail(items[k], *outcomes[k].error, outcomes[k].seconds);
        return {};
    }

    Status ask()
    {
        return look(all_, [this](std::size_t i, Node& node) -> Status {
            SF_TRY(states_[i], node.probe());
            return {};
        });
    }

    template <typename Planner> void plan(const Planner& planner)
    {
        for (const auto i : answering()) {
            results_[i].plan = planner(states_[i]);
            if (!results_[i].plan.refusal.empty())
                fail(i, {ErrorCode::conflict, results_[i].plan.refusal, {}, {}}, 0);
        }
    }

    /// The rules that are broken, unless that is an error.
    [[nodiscard]] Result<std::vector<Violation>> check(const Activation& activation) const
    {
        std::vector<HostInfo> hosts;
        std::vector<HostPlan> plans;
        for (const auto i : answering()) {
            hosts.push_back({results_[i].host, states_[i]});
            plans.push_back(results_[i].plan);
        }
        auto found = violations(hosts, plans, activation.stated);
        if (!found.empty() && !activation.force)
            return tl::unexpected(refuse(found).error());
        return found;
    }

    Status work(const std::string& action, const Fleet::Work& doing)
    {
        const auto items = answering();
        const auto outcomes = fleet_.round(items, doing);
        for (std::size_t k = 0; k < items.size(); ++k) {
            auto& result = results_[items[k]];
            result.bytes = outcomes[k].bytes;
            result.seconds = outcomes[k].seconds;
            if (outcomes[k].error)
                fail(items[k], *outcomes[k].error, outcomes[k].seconds);
            else
                events_.on_event(event::HostFinished{result.host, action, true, {}, result.bytes, result.seconds});
        }
        return stop_.check();
    }

    [[nodiscard]] std::vector<std::size_t> answering() const
    {
        auto items = all_;
        items.erase(
            std::remove_if(items.begin(), items.end(), [this](std::size_t i) { return !results_[i].failure.empty(); }),
            items.end());
        return items;
    }

    DeploymentReport finish(std::vector<Violation> forced)
    {
        fleet_.finish();
        return {std::move(results_), std::move(forced)};
    }

    HostResult& result(std::size_t i) { return results_[i]; }
    HostState& state(std::size_t i) { return states_[i]; }
    [[nodiscard]] const std::vector<std::size_t>& all() const { return all_; }

private:
    void fail(std::size_t i, const util::Error& error, double seconds)
    {
        auto& result = results_[i];
        result.failure = reason(error);
        if (error.code == ErrorCode::interrupted) // of all hosts, and said once
            return;
        events_.on_event(event::HostFinished{result.host, "failed", false, result.failure, result.bytes, seconds});
    }

    event::Sink& events_;
    util::StopToken stop_;
    Fleet fleet_;
    std::vector<HostResult> results_;
    std::vector<HostState> states_;
    std::vector<std::size_t> all_;
};

Status check_host(const Archive& archive, const HostState& state)
{
    const std::string program(archive.program());
    if (!state.programs.contains(program))
        return util::fail(ErrorCode::failure, fmt::format("{} is not installed there", program));
    if (state.free_bytes < archive.unpacked_bytes)
        return util::fail(ErrorCode::no_space,
                          fmt::format("not enough space: {} are free, {} may be needed",
                                      util::human_bytes(state.free_bytes), util::human_bytes(archive.unpacked_bytes)));
    return {};
}

/// Whether the host may have packages of the archive.
bool may_be_delta(const Archive& archive, const HostState& state, const DeployOptions& options)
{
    return options.delta && !archive.parts.empty() && !state.versions.empty();
}

Status install(const Archive& archive, const DeployOptions& options, const HostState& state, Node& node)
{
    if (!may_be_delta(archive, state, options))
        return node.install(archive);
    SF_TRY(const auto there, node.installed_layers());
    SF_TRY(const bool installed, node.install_delta(archive, there));
    return installed ? Status{} : node.install(archive);
}

/// Fills in what a dry run says besides the plan.
Status foresee(const Archive& archive, const DeployOptions& options, Run& run)
{
    const auto size = archive.file.text().size();
    std::vector<std::size_t> deltas;
    for (const auto i : run.answering()) {
        auto& result = run.result(i);
        if (result.plan.install)
            result.bytes = size;
        if (result.plan.install && may_be_delta(archive, run.state(i), options))
            deltas.push_back(i);
        if (options.keep)
            result.removed =
                removable(state_after(run.state(i), result.plan, archive.id()), *options.keep, archive.id());
    }
    return run.look(deltas, [&](std::size_t i, Node& node) -> Status {
        SF_TRY(const auto there, node.installed_layers());
        auto& result = run.result(i);
        result.bytes = delta_bytes(archive, there);
        result.delta = result.bytes < size;
        return {};
    });
}

Status move_links(const HostPlan& plan, Node& node)
{
    std::map<Role, std::string> versions;
    for (const auto& [role, change] : plan.moves)
        versions.emplace(role, change.to);
    return versions.empty() ? Status{} : node.activate(versions);
}

} // namespace

std::size_t DeploymentReport::failures() const
{
    return static_cast<std::size_t>(
        std::count_if(hosts.begin(), hosts.end(), [](const auto& one) { return !one.failure.empty(); }));
}

Result<DeploymentReport> deploy(const Archive& archive, const Targets& targets, const Activation& activation,
                                const DeployOptions& options, event::Sink& events, const util::StopToken& stop)
{
    const auto id = archive.id();
    Run run(targets, events, stop);
    SF_CHECK(run.ask());
    run.plan([&](const HostState& state) {
        auto plan = plan_deploy(state, id, options.activate, activation.roles);
        if (const auto good = check_host(archive, state); plan.install && !good)
            plan.refusal = good.error().message;
        return plan;
    });
    SF_TRY(auto forced, run.check(activation));
    if (activation.dry_run) {
        SF_CHECK(foresee(archive, options, run));
        return run.finish(std::move(forced));
    }
    const auto serve = [&](std::size_t i, Node& node) -> Status {
        if (run.result(i).plan.install)
            SF_CHECK(install(archive, options, run.state(i), node));
        SF_CHECK(move_links(run.result(i).plan, node));
        if (!options.keep)
            return {};
        SF_TRY(const auto now, node.probe());
        auto& old = run.result(i).removed;
        old = removable(now, *options.keep, id);
        return old.empty() ? Status{} : node.remove(old);
    };
    SF_CHECK(run.work("deployed", serve));
    return run.finish(std::move(forced));
}

Result<DeploymentReport> roll_back(const Targets& targets, const Activation& activation, event::Sink& events,
                                   const util::StopToken& stop)
{
    Run run(targets, events, stop);
    SF_CHECK(run.ask());
    run.plan([&](const HostState& state) { return plan_rollback(state, activation.roles); });
    SF_TRY(auto forced, run.check(activation));
    if (activation.dry_run)
        return run.finish(std::move(forced));
    const auto serve = [&](std::size_t i, Node& node) { return move_links(run.result(i).plan, node); };
    SF_CHECK(run.work("rolled back", serve));
    return run.finish(std::move(forced));
}

Result<std::vector<HostStatus>> read_status(const Targets& targets, event::Sink& events, const util::StopToken& stop)
{
    Run run(targets, events, stop);
    SF_CHECK(run.ask());
    std::vector<HostStatus> statuses;
    for (const auto i : run.all())
        statuses.push_back({run.result(i).host, run.state(i), run.result(i).failure});
    static_cast<void>(run.finish({}));
    return statuses;
}

Result<Manifests> read_manifests(const Targets& targets, event::Sink& events, const util::StopToken& stop)
{
    Run run(targets, events, stop);
    Manifests all;
    all.hosts.resize(run.all().size());
    std::mutex mutex; // of the texts, which the connections' threads share
    SF_CHECK(run.look(run.all(), [&](std::size_t i, Node& node) -> Status {
        SF_TRY(all.hosts[i].state, node.probe());
        SF_TRY(auto there, node.manifests());
        const std::lock_guard guard(mutex);
        for (auto& [version, text] : there)
            all.hosts[i].manifests[version] = &*all.texts.insert(std::move(text)).first;
        return {};
    }));
    for (const auto i : run.all()) {
        all.hosts[i].host = run.result(i).host;
        all.hosts[i].failure = run.result(i).failure;
    }
    static_cast<void>(run.finish({}));
    return all;
}

} // namespace sf::deploy
