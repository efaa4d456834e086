// The tool's end of the connection to a container's init. Private to this module.
#pragma once

#include "sandbox/lxd_protocol.hpp"
#include "sandbox/sandbox.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/stop.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace sf::sandbox {

/// Listens for one init.
class LxdChannel {
public:
    /// Makes the socket in `directory`.
    [[nodiscard]] static util::Result<LxdChannel> make(const std::filesystem::path& directory);

    /// Waits for the init to connect.
    [[nodiscard]] util::Status accept(const util::StopToken& stop);
    /// Its process id on this host.
    [[nodiscard]] pid_t init_pid() const { return pid_; }
    /// Hands the job's descriptors in: with this the init begins.
    [[nodiscard]] util::Status begin(const Job& job);
    /// What the init says; nullopt when it ended without a word.
    [[nodiscard]] util::Result<std::optional<lxd_protocol::Report>> follow(const util::StopToken& stop);
    /// Lets go, so that the init ends, and waits until it has.
    void end();

private:
    util::UniqueFd listening_;
    util::UniqueFd connection_;
    util::UniqueFd process_; ///< pidfd
    pid_t pid_ = 0;
};

} // namespace sf::sandbox
