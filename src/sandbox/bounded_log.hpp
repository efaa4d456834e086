// The log of a job that may write as much as it likes.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace sf::sandbox {

/// The job writes into a pipe; a thread of this process takes it from there and appends it to the log. So the job can
/// neither change, cut nor stretch its log, and the log is bounded: once it has reached its limit, only the last
/// `kept_at_end` bytes of what follows are kept, below a line that says so.
class BoundedLog {
public:
    static constexpr std::size_t kept_at_end = std::size_t{64} << 10U;

    /// How a log ended.
    struct End {
        std::uint64_t left_out = 0; ///< bytes
        int error = 0;              ///< number of the first error of writing, after which nothing was written; 0: none
    };

    /// `log` is open for appending and outlives this; it may have `most` bytes, 0: no bound. `pipe` is the path where
    /// the pipe is made, in a directory that the job cannot write to: by its name others find the log (`status`).
    [[nodiscard]] static util::Result<std::unique_ptr<BoundedLog>> start(int log, std::filesystem::path pipe,
                                                                         std::uint64_t most);
    BoundedLog(const BoundedLog&) = delete;
    BoundedLog& operator=(const BoundedLog&) = delete;
    ~BoundedLog();

    /// For Job::log_fd.
    [[nodiscard]] int fd() const { return writer_.get(); }
    /// Takes what is still in the pipe and completes the log. To be called when the job has ended; may be called once.
    End finish();

private:
    BoundedLog(int log, std::filesystem::path pipe, std::uint64_t most) : log_(log), pipe_(std::move(pipe)), most_(most)
    {
    }
    [[nodiscard]] util::Status open();
    void pump();
    /// Reads what there is, at most so many bytes; false: the pipe has ended.
    bool drain(std::uint64_t most_bytes);
    void take(std::string_view bytes);
    void append(std::string_view bytes);

    int log_;
    std::filesystem::path pipe_;
    std::uint64_t most_;
    util::UniqueFd reader_;
    util::UniqueFd writer_;
    util::UniqueFd ended_; ///< eventfd: the job has ended
    std::thread thread_;
    std::uint64_t room_ = 0; ///< bytes that the log may still take
    std::string tail_;       ///< the last of what it had no room for
    End end_;
};

} // namespace sf::sandbox
