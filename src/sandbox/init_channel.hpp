// The tool's end of the connection to an init. Private to this module.
#pragma once

#include "sandbox/init_plan.hpp"
#include "sandbox/init_protocol.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/stop.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sf::sandbox {

/// Everything that an init is given.
struct InitTask {
    std::string job; ///< for messages
    InitPlan plan;
    int log_fd = -1;                ///< the command's stdout and stderr
    std::vector<int> join_fds;      ///< cgroup.procs files that the command joins
    std::vector<int> inherited_fds; ///< become 3, 4, ... of the command
    bool network = false;           ///< the command gets this process's network namespace
};

/// Waits until `fd` is readable. False: `timeout_ms` have passed. -1: no bound.
[[nodiscard]] util::Result<bool> wait_readable(int fd, const util::StopToken& stop, int timeout_ms = -1);

class InitChannel {
public:
    InitChannel() = default;
    explicit InitChannel(util::UniqueFd connection) : connection_(std::move(connection)) {}

    /// Waits until the init is ready and hands the task in: with this it begins.
    [[nodiscard]] util::Status begin(const InitTask& task, const util::StopToken& stop);
    /// What the init says next; nullopt when it ended without a word.
    [[nodiscard]] util::Result<std::optional<Report>> follow(const util::StopToken& stop);
    /// Lets go, so that the init ends.
    void close() { connection_.reset(); }
    [[nodiscard]] int fd() const { return connection_.get(); }

private:
    util::UniqueFd connection_;
};

/// The error for what an init could not do.
[[nodiscard]] util::Error report_error(const std::string& job, const Report& report, const std::string& hint);

} // namespace sf::sandbox
