#include "sandbox/bounded_log.hpp"

#include "identity/identity.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace sf::sandbox {
namespace {

/// Of the pipe; where the kernel refuses it, it has less.
constexpr int pipe_size = 1 << 20;

} // namespace

util::Result<std::unique_ptr<BoundedLog>> BoundedLog::start(int log, std::filesystem::path pipe, std::uint64_t most)
{
    std::unique_ptr<BoundedLog> made(new BoundedLog(log, std::move(pipe), most));
    SF_CHECK(made->open());
    made->thread_ = std::thread([log_of_job = made.get()] { log_of_job->pump(); });
    return made;
}

util::Status BoundedLog::open()
{
    struct stat status = {};
    if (::fstat(log_, &status) != 0)
        return util::fail_errno(errno, "cannot look at a log");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    room_ = most_ == 0 ? std::numeric_limits<std::uint64_t>::max() : most_ - std::min(most_, size);
    if (::mkfifo(pipe_.c_str(), 0600) != 0)
        return util::fail_errno(errno, fmt::format("cannot make the pipe {}", pipe_.string()));
    // First the end that never waits for the other.
    SF_TRY(reader_, util::open_file(pipe_, O_RDONLY | O_NONBLOCK));
    SF_TRY(writer_, util::open_file(pipe_, O_WRONLY));
    static_cast<void>(::fcntl(writer_.get(), F_SETPIPE_SZ, pipe_size));
    // Scripts open /dev/stderr anew.
    if (::geteuid() == 0 && ::fchown(writer_.get(), identity::builder(), identity::builder()) != 0)
        return util::fail_errno(errno, fmt::format("cannot give {} to the builder", pipe_.string()));
    ended_ = util::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!ended_)
        return util::fail_errno(errno, "cannot make an event");
    return {};
}

BoundedLog::~BoundedLog()
{
    static_cast<void>(finish());
}

BoundedLog::End BoundedLog::finish()
{
    writer_.reset();
    if (thread_.joinable()) {
        static_cast<void>(::eventfd_write(ended_.get(), 1));
        thread_.join();
        if (end_.left_out > tail_.size()) {
            end_.left_out -= tail_.size();
            append(fmt::format("\nslurm-factory: {} bytes are left out here\n", end_.left_out));
        } else {
            end_.left_out = 0;
        }
        append(tail_);
    }
    ::unlink(pipe_.c_str());
    return end_;
}

void BoundedLog::pump()
{
    for (;;) {
        std::array<pollfd, 2> fds = {pollfd{reader_.get(), POLLIN, 0}, pollfd{ended_.get(), POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR)
            return;
        const bool last = fds[1].revents != 0;
        // All processes of the job are gone: there is no more than the pipe holds, and somebody else's end, kept open
        // for a moment by a process that is just being started, is not waited for.
        if (!drain(last ? 2 * std::uint64_t{pipe_size} : pipe_size) || last)
            return;
    }
}

bool BoundedLog::drain(std::uint64_t most_bytes)
{
    std::array<char, std::size_t{1} << 16U> buffer{};
    while (most_bytes > 0) {
        const auto count = ::read(reader_.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), most_bytes));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN;
        if (count == 0)
            return false;
        take(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
        most_bytes -= static_cast<std::uint64_t>(count);
    }
    return true;
}

void BoundedLog::take(std::string_view bytes)
{
    const auto now = bytes.substr(0, room_);
    append(now);
    room_ -= now.size();
    bytes.remove_prefix(now.size());
    if (bytes.empty())
        return;
    if (end_.left_out == 0)
        append(
            fmt::format("\nslurm-factory: this log has reached its limit of {}; of what follows only the end is kept\n",
                        util::human_bytes(most_)));
    end_.left_out += bytes.size();
    tail_ += bytes;
    if (tail_.size() > 2 * kept_at_end)
        tail_.erase(0, tail_.size() - kept_at_end);
}

void BoundedLog::append(std::string_view bytes)
{
    if (end_.error != 0 || bytes.empty())
        return;
    while (!bytes.empty()) {
        const auto count = ::write(log_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            end_.error = errno;
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

} // namespace sf::sandbox
