// One GNU make jobserver for the whole run
// (https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html).
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

namespace sf::build {

/// A pipe holding one byte per job that may run. A package that is being built holds one token of its own (make's
/// implicit job); the makes inside take the others.
class Jobserver {
public:
    [[nodiscard]] static util::Result<Jobserver> make(unsigned tokens);

    /// Takes a token if one is free; never blocks.
    [[nodiscard]] bool try_take();
    void put();
    /// Makes the count right again after makes were killed with tokens in hand. Only while nothing is being built.
    void refill();

    /// What MAKEFLAGS names: blocking ends, to be inherited by sandboxes.
    [[nodiscard]] int read_end() const { return read_.get(); }
    [[nodiscard]] int write_end() const { return write_.get(); }
    /// Readable when a token is free.
    [[nodiscard]] int poll_fd() const { return own_read_.get(); }

private:
    util::UniqueFd read_;
    util::UniqueFd write_;
    util::UniqueFd own_read_; ///< another description of the read end, so that O_NONBLOCK is ours alone
    unsigned tokens_ = 0;
};

} // namespace sf::build
