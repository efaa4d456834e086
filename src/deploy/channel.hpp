// A program that is talked to through its standard input and output. Private to `deploy`.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/process/child.hpp"
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

inline constexpr unsigned longest_quote = 300; ///< of what a program said, in columns

/// A program that need not behave: it may hold still, print for ever, or flood. It is talked to in questions. For each
/// there is a bound on all that it prints until the next one, and a deadline, which moves only when 64 KiB of what is
/// sent, or was asked for as bytes, have gone through. So no program holds anybody up for longer than that takes, and
/// none takes more memory than the bound.
///
/// Errors: `deploy` when the program ended, with the last line of what it wrote on standard error, when the deadline or
/// the bound has passed; `interrupted` when a stop is requested. The program is killed when this goes, and when the
/// thread that started it ends.
class Channel {
public:
    struct Options {
        std::vector<std::string> argv;
        std::chrono::seconds stall{120}; ///< for an answer, and for each 64 KiB on the way
        util::StopToken stop;
    };
    [[nodiscard]] static util::Result<std::unique_ptr<Channel>> start(Options options);

    /// Begins a question, for which the program may print so many bytes, on standard error as well.
    void expect(std::uint64_t most_bytes);
    /// When the program has closed its input the rest is dropped: its answer says why, or read_line() that it ended.
    [[nodiscard]] util::Status send(std::string_view bytes);
    /// Without the newline. Does not move the deadline.
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
    [[nodiscard]] std::size_t read_some(util::UniqueFd& fd, std::string& into);
    void keep_end_of_said();
    void restart();
    void progress(std::size_t bytes);
    [[nodiscard]] util::Status fill();
    [[nodiscard]] tl::unexpected<util::Error> ended();

    Options options_;
    util::Child child_;
    util::UniqueFd in_;
    util::UniqueFd out_;
    util::UniqueFd error_;
    std::string read_;      ///< of standard output
    std::size_t taken_ = 0; ///< of that, by whoever asked for it
    std::string said_;      ///< the end of standard error
    std::uint64_t sent_ = 0;
    std::uint64_t most_bytes_ = 0; ///< that may be printed for the question
    std::uint64_t printed_ = 0;    ///< for the question
    std::size_t progress_ = 0;     ///< since the deadline was moved
    bool moved_ = false;           ///< a byte, in whatever direction, since then
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

} // namespace sf::deploy
