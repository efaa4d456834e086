// One GNU make jobserver for the whole run
// (https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html).
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <memory>
#include <mutex>

namespace sf::engine {

/// A pipe holding one byte per job that may run. A package that is being built holds one token of its own (make's
/// implicit job); the makes inside take the others. Thread-safe: several plans may be carried out over one. A build
/// that means harm can keep tokens or make up some as long as it runs; it cannot have this process or other builds wait
/// for the pipe.
class Jobserver {
public:
    /// The pipe's ends for one build, which may change their modes: they are no other's.
    struct Ends {
        util::UniqueFd read;
        util::UniqueFd write;
    };

    [[nodiscard]] static util::Result<Jobserver> make(unsigned tokens);

    /// Takes the token of a package, if one is free; never blocks.
    [[nodiscard]] bool try_begin();
    /// The package's end. After the last one the count is made right again: makes that were killed had tokens in hand.
    void end();
    /// Has no more than `most` tokens free, by holding others back, or giving out what it held back before; but always
    /// enough for one package. Returns how many are held back. What is in use stays so.
    unsigned limit_free(unsigned most);

    /// Tokens in use now.
    [[nodiscard]] unsigned running();
    [[nodiscard]] unsigned tokens() const { return tokens_; }
    /// What MAKEFLAGS names: blocking ends, to be inherited by a sandbox.
    [[nodiscard]] util::Result<Ends> open_ends() const;
    /// Readable when a token is free.
    [[nodiscard]] int poll_fd() const { return own_read_.get(); }

private:
    [[nodiscard]] bool take();
    void put();

    util::UniqueFd own_read_; ///< these do not block
    util::UniqueFd own_write_;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    unsigned tokens_ = 0;
    unsigned packages_ = 0; ///< that are being built
    unsigned held_ = 0;     ///< tokens held back
};

} // namespace sf::engine
