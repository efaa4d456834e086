#include "deploy/fleet.hpp"

#include <algorithm>
#include <chrono>

namespace sf::deploy {

Fleet::Fleet(FleetOptions options, util::StopToken stop) :
    options_(std::move(options)), stop_(std::move(stop)), keeps_(options_.hosts.size() <= options_.fanout),
    kept_(options_.hosts.size()), threads_(std::min<std::size_t>(options_.hosts.size(), options_.fanout))
{
}

util::Status Fleet::attempt(std::size_t item, const Work& work, Outcome& outcome)
{
    SF_CHECK(stop_.check());
    auto node = std::exchange(kept_[item], std::nullopt);
    if (!node) {
        SF_TRY(node, Node::open(options_.transport, options_.hosts[item], options_.prefix, stop_));
    }
    const auto before = node->sent();
    auto status = work(item, *node);
    outcome.bytes += node->sent() - before;
    SF_CHECK(status);
    if (!keeps_)
        return node->quit();
    kept_[item] = std::move(node);
    return {};
}

Fleet::Outcome Fleet::serve(std::size_t item, const Work& work)
{
    Outcome outcome;
    const auto start = std::chrono::steady_clock::now();
    for (unsigned tries = 0;; ++tries) {
        auto status = attempt(item, work, outcome);
        const bool served = status.has_value();
        outcome.error = served ? std::nullopt : std::optional(std::move(status).error());
        if (served || outcome.error->code != util::ErrorCode::deploy || tries == options_.retries)
            break;
        // A host that restarts its daemon is back in a moment.
        if (!util::pause(std::chrono::seconds(1), stop_))
            break;
    }
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return outcome;
}

std::vector<Fleet::Outcome> Fleet::round(const std::vector<std::size_t>& items, const Work& work)
{
    std::vector<Outcome> outcomes(items.size());
    threads_.each(items.size(), [&](std::size_t i) { outcomes[i] = serve(items[i], work); });
    return outcomes;
}

void Fleet::finish()
{
    threads_.each(kept_.size(), [this](std::size_t item) {
        if (auto node = std::exchange(kept_[item], std::nullopt))
            static_cast<void>(node->quit()); // all is done; what is left there goes with the connection
    });
}

} // namespace sf::deploy
