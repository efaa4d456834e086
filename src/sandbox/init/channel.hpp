// The init's end of the connection to the tool.
#pragma once

#include "sandbox/init_plan.hpp"
#include "sandbox/init_protocol.hpp"

#include <string>
#include <vector>

namespace sf::sandbox::init {

/// What came with the Hello.
struct Received {
    InitPlan plan;
    int log = -1;
    int network = -1;           ///< -1: none to enter
    std::vector<int> groups;    ///< a process joins by writing "0"
    std::vector<int> inherited; ///< become 3, 4, ...
};

class Channel {
public:
    explicit Channel(int fd) : fd_(fd) {}
    /// In a container of LXD. Ends this process where nobody listens.
    [[nodiscard]] static Channel connect();

    [[nodiscard]] int fd() const { return fd_; }
    /// Says that it is ready and waits. Ends this process when the tool is gone.
    [[nodiscard]] Received begin() const;
    void say(Said said, int value, bool left_processes = false) const;
    /// Says what cannot be done, and why by errno, and ends this process.
    [[noreturn]] void fail(const std::string& doing, Said said = Said::failed) const;
    /// Until the tool lets go.
    [[noreturn]] void wait_for_the_end() const;

private:
    int fd_;
};

} // namespace sf::sandbox::init
