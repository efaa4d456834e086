#include "engine/recheck.hpp"

#include "engine/key_walk.hpp"

#include "engine/compare_trees.hpp"
#include "engine/fetch_pool.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace sf::engine {
namespace {

using util::Result;

util::Status check_names(const plan::Plan& plan, const std::set<std::string>& packages)
{
    for (const auto& name : packages)
        if (std::none_of(plan.steps.begin(), plan.steps.end(),
                         [&name](const plan::Step& step) { return step.name == name; })) {
            std::vector<std::string> known;
            for (const auto& step : plan.steps)
                known.push_back(step.name);
            return util::fail(util::ErrorCode::usage, fmt::format("this build has no package '{}'", name),
                              "its packages: " + util::join(known, ", "));
        }
    return {};
}

Result<std::vector<FileDifference>> compare(const store::LayerStore& store, const store::LayerSet& first,
                                            const store::LayerStore& again, const store::LayerSet& second)
{
    struct Slice {
        const char* name;
        util::Digest store::LayerSet::*digest;
    };
    constexpr std::array slices = {Slice{"run", &store::LayerSet::run}, Slice{"dev", &store::LayerSet::dev},
                                   Slice{"debug", &store::LayerSet::debug}};
    std::vector<FileDifference> differences;
    for (const auto& slice : slices) {
        if (first.*slice.digest == second.*slice.digest)
            continue;
        SF_TRY(auto files, compare_trees(store.tree(first.*slice.digest), again.tree(second.*slice.digest)));
        for (auto& file : files)
            differences.push_back({slice.name, std::move(file.path), std::move(file.what)});
    }
    return differences;
}

} // namespace

Result<std::vector<Recheck>> recheck(const EngineContext& context, const plan::Plan& plan,
                                     const std::vector<store::Action>& actions, const std::set<std::string>& packages,
                                     const util::StopToken& stop)
{
    SF_CHECK(check_names(plan, packages));
    // Of the second builds nothing stays: neither layers nor records.
    SF_TRY(const auto scratch, util::ScratchDir::make(context.site.work(), "check"));
    SF_TRY(auto database, store::Database::open(scratch.path() / "state.db"));
    store::LayerStore results(scratch.path() / "layers");
    SF_TRY(auto jobserver, Jobserver::make(context.site.effective_jobs()));
    SF_TRY(const auto backend, context.make_backend());
    SF_TRY(const auto floor_kit, context.make_floor_kit(*backend));
    // Without ccache, whose objects would prove nothing.
    const Workshop shop{context.site, database,       context.layers, results,    *backend, context.image,
                        jobserver,    context.events, floor_kit,      plan.floor, false};
    KeyWalk walk(plan);
    for (std::size_t step = 0; step < actions.size(); ++step)
        walk.set(step, actions[step]);
    std::vector<Recheck> checks;
    for (std::size_t place = 0; place < plan.steps.size(); ++place) {
        const auto& step = plan.steps[place];
        if (!packages.empty() && !packages.contains(step.name))
            continue;
        Order order{step, walk.key_inputs(place), walk.inputs(place), std::nullopt};
        if (step.needs_archive()) {
            SF_TRY(order.source, context.fetcher.fetch(wanted_of(step), stop));
        }
        if (!jobserver.try_begin())
            return util::fail(util::ErrorCode::build, "a make of the package before kept a token of the jobserver");
        SF_TRY(const auto again, build_package(shop, order, stop));
        jobserver.end();
        SF_TRY(auto differences, compare(context.layers, actions[place].layers, results, again.layers));
        checks.push_back({step.id(), std::move(differences)});
    }
    return checks;
}

} // namespace sf::engine
