#include "engine/available.hpp"

#include "util/threads.hpp"

#include <algorithm>

namespace sf::engine {

using util::Result;
using util::Status;

Result<std::optional<store::Action>> find_built(store::Database& database, const store::LayerStore& layers,
                                                const util::Digest& key)
{
    SF_TRY(auto action, database.find_action(key));
    if (!action)
        return std::optional<store::Action>();
    const auto all = action->layers.all();
    const bool whole =
        std::all_of(all.begin(), all.end(), [&](const util::Digest& layer) { return layers.contains(layer); });
    return whole ? std::move(action) : std::optional<store::Action>();
}

Result<std::optional<store::Action>> claim_built(store::Database& database, const store::LayerStore& layers,
                                                 const util::Digest& key)
{
    SF_TRY(auto action, database.find_action(key));
    if (!action)
        return std::optional<store::Action>();
    SF_TRY(const bool whole, layers.claim(action->layers.all()));
    return whole ? std::move(action) : std::optional<store::Action>();
}

Result<bool> AvailablePackages::take_stored(std::size_t step)
{
    SF_TRY(auto action, claim_built(context_.database, context_.layers, walk_.key(step)));
    if (!action)
        return false;
    walk_.set(step, std::move(*action));
    ++reused_;
    return true;
}

Status AvailablePackages::take_all(const util::StopToken& stop, const std::function<void(std::size_t)>& on_reused)
{
    for (bool progress = true; progress;) {
        progress = false;
        SF_CHECK(stop.check());
        for (const auto step : walk_.open_steps()) {
            SF_TRY(const bool stored, take_stored(step));
            if (stored)
                on_reused(step);
            progress = progress || stored;
        }
        if (!progress && context_.pull) {
            SF_TRY(progress, pull(walk_.open_steps()));
        }
    }
    return {};
}

void AvailablePackages::add_pulled(std::size_t step, store::Action action)
{
    walk_.set(step, std::move(action));
    ++pulled_;
}

Result<bool> AvailablePackages::pull(const std::vector<std::size_t>& steps)
{
    std::vector<std::size_t> wanted; // those not asked for before
    for (const auto step : steps)
        if (!asked_[step])
            wanted.push_back(step);
    std::vector<std::optional<Result<std::optional<store::Action>>>> answers(wanted.size());
    util::in_threads(context_.site.network.parallel_downloads, wanted.size(), [&](std::size_t place) {
        answers[place] = context_.pull(walk_.plan().steps[wanted[place]], walk_.key(wanted[place]));
    });
    bool any = false;
    for (std::size_t place = 0; place < wanted.size(); ++place) {
        asked_[wanted[place]] = true;
        SF_TRY(auto action, std::move(*answers[place]));
        if (action)
            add_pulled(wanted[place], std::move(*action));
        any = any || action;
    }
    return any;
}

} // namespace sf::engine
