// The connection to the init of a container. Private to this module.
#pragma once

#include "sandbox/init_channel.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/stop.hpp"

#include <sys/types.h>

#include <filesystem>

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
    [[nodiscard]] InitChannel& connection() { return connection_; }
    /// Lets go, so that the init ends, and waits until it has.
    void end();

private:
    util::UniqueFd listening_;
    InitChannel connection_;
    util::UniqueFd process_; ///< pidfd
    pid_t pid_ = 0;
};

} // namespace sf::sandbox
