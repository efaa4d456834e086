// Many hosts at once: connections, rounds of work, further tries. Private to `deploy`.
#pragma once

#include "deploy/node.hpp"
#include "deploy/thread_pool.hpp"
#include "util/error.hpp"
#include "util/stop.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sf::deploy {

struct FleetOptions {
    std::vector<std::string> hosts;
    std::string prefix;
    Transport transport;
    unsigned fanout = 32; ///< connections at a time
    unsigned retries = 0; ///< further tries of a host that failed
};

class Fleet {
public:
    Fleet(FleetOptions options, util::StopToken stop);

    struct Outcome {
        std::optional<util::Error> error;
        std::uint64_t bytes = 0; ///< sent
        double seconds = 0;
    };
    /// Does the work on those of `items` (indices of hosts). A failed try is begun anew over a new connection, unless
    /// the reason is of the kind that stays. Where all hosts can be connected to at once connections are kept for the
    /// next round. Returns when every host is done, also after a stop.
    using Work = std::function<util::Status(std::size_t item, Node& node)>;
    [[nodiscard]] std::vector<Outcome> round(const std::vector<std::size_t>& items, const Work& work);
    /// Says good-bye where a connection was kept.
    void finish();

    [[nodiscard]] const std::vector<std::string>& hosts() const { return options_.hosts; }

private:
    [[nodiscard]] util::Status attempt(std::size_t item, const Work& work, Outcome& outcome);
    [[nodiscard]] Outcome serve(std::size_t item, const Work& work);

    FleetOptions options_;
    util::StopToken stop_;
    bool keeps_ = false;
    std::vector<std::optional<Node>> kept_;
    ThreadPool threads_; ///< last: its threads end before what they use goes
};

} // namespace sf::deploy
