// A program that is talked to through its standard input and output. Private to `deploy`.
#pragma once

#include "util/child.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/stop.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pollfd;

namespace sf::deploy {

/// Errors: `deploy` when the program ended, with the last line of what it wrote on standard error, or when nothing
/// moved for the time that is allowed; `interrupted` when a stop is requested. The program is killed when this goes,
/// and when the thread that started it ends.
class Channel {
public:
    struct Options {
        std::vector<std::string> argv;
        std::chrono::seconds stall{120}; ///< without a byte moving in any direction
        util::StopToken stop;
    };
    [[nodiscard]] static util::Result<std::unique_ptr<Channel>> start(Options options);

    /// When the program has closed its input the rest is dropped: its answer says why, or read_line() that it ended.
    [[nodiscard]] util::Status send(std::string_view bytes);
    /// Without the newline.
    [[nodiscard]] util::Result<std::string> read_line();
    [[nodiscard]] util::Result<std::string> read_bytes(std::size_t count);
    /// Bytes that the program has taken.
    [[nodiscard]] std::uint64_t sent() const { return sent_; }

private:
    Channel(Options options, util::Child child) : options_(std::move(options)), child_(std::move(child)) {}

    /// Waits until something can move, and moves it: `bytes` loses what was sent.
    [[nodiscard]] util::Status pump(std::string_view& bytes);
    [[nodiscard]] util::Status wait(std::array<pollfd, 4>& fds) const;
    [[nodiscard]] bool write_some(std::string_view& bytes);
    [[nodiscard]] bool read_some(util::UniqueFd& fd, std::string& into);
    [[nodiscard]] util::Status fill();
    [[nodiscard]] tl::unexpected<util::Error> ended();

    Options options_;
    util::Child child_;
    util::UniqueFd in_;
    util::UniqueFd out_;
    util::UniqueFd error_;
    std::string read_; ///< of standard output, not yet asked for
    std::string said_; ///< the end of standard error
    std::uint64_t sent_ = 0;
    std::chrono::steady_clock::time_point moved_ = std::chrono::steady_clock::now();
};

} // namespace sf::deploy
