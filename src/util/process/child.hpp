// One child process: its start, its end, and nothing of what flows between.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/process/process.hpp"

#include <sys/types.h>

namespace sf::util {

/// The child's descriptors 0, 1 and 2; -1: /dev/null. They stay the caller's, who closes them after the start.
struct Streams {
    int in = -1;
    int out = -1;
    int error = -1;
};

/// The child has its own process group and dies with the thread that started it. What is left of the group when this
/// goes is killed.
class Child {
public:
    /// `output_fd`, `stop` and `timeout` of the command are not looked at.
    [[nodiscard]] static Result<Child> start(const Command& command, const Streams& streams);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    /// A descriptor that becomes readable when the child has ended.
    [[nodiscard]] int ended_fd() const { return pidfd_.get(); }
    /// SIGKILL for the whole group.
    void kill() const;
    /// Waits for the end; 128 + signal number when killed by a signal. May be called once.
    int wait();

private:
    Child(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
    pid_t pid_; ///< -1: waited for
    UniqueFd pidfd_;
};

} // namespace sf::util
