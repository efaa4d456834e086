#include "deploy/channel.hpp"

#include "util/byte_size.hpp"
#include "util/terminal_text.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sf::deploy {

namespace {

using util::ErrorCode;
using util::Result;
using util::Status;

constexpr std::size_t most_said = std::size_t{64} << 10U;
constexpr std::size_t longest_line = std::size_t{64} << 10U;
constexpr std::size_t least_progress = std::size_t{64} << 10U;

struct Ends {
    util::UniqueFd ours;
    util::UniqueFd childs;
};

Result<Ends> readable_pipe()
{
    std::array<int, 2> ends = {-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return util::fail_errno(errno, "cannot make a pipe");
    Ends made{util::UniqueFd(ends[0]), util::UniqueFd(ends[1])};
    ::fcntl(made.ours.get(), F_SETFL, O_NONBLOCK); // NOLINT: the system's interface
    return made;
}

/// A socket and not a pipe: writing to one that nobody reads any more need not raise SIGPIPE.
Result<Ends> writable_socket()
{
    std::array<int, 2> ends = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return util::fail_errno(errno, "cannot make a socket");
    return Ends{util::UniqueFd(ends[0]), util::UniqueFd(ends[1])};
}

/// The last line that says something.
std::string last_line(std::string_view text)
{
    const auto lines = util::split(text, '\n');
    const auto line =
        std::find_if(lines.rbegin(), lines.rend(), [](const auto& one) { return !util::trim(one).empty(); });
    return line == lines.rend() ? std::string() : util::fit_columns(util::trim(*line), longest_quote);
}

} // namespace

Result<std::unique_ptr<Channel>> Channel::start(Options options)
{
    SF_TRY(auto in, writable_socket());
    SF_TRY(auto out, readable_pipe());
    SF_TRY(auto error, readable_pipe());
    util::Command command;
    command.argv = options.argv;
    SF_TRY(auto child, util::Child::start(command, {in.childs.get(), out.childs.get(), error.childs.get()}));
    std::unique_ptr<Channel> channel(new Channel(std::move(options), std::move(child)));
    channel->in_ = std::move(in.ours);
    channel->out_ = std::move(out.ours);
    channel->error_ = std::move(error.ours);
    return channel;
}

void Channel::restart()
{
    since_ = std::chrono::steady_clock::now();
    progress_ = 0;
    moved_ = false;
}

void Channel::progress(std::size_t bytes)
{
    progress_ += bytes;
    if (progress_ >= least_progress)
        restart();
}

void Channel::expect(std::uint64_t most_bytes)
{
    most_bytes_ = most_bytes;
    printed_ = 0;
    restart();
}

Status Channel::wait(std::array<pollfd, 4>& fds) const
{
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(since_ + options_.stall - std::chrono::steady_clock::now());
    if (left.count() <= 0)
        return util::fail(ErrorCode::deploy,
                          moved_ ? fmt::format("no answer within {} s", options_.stall.count())
                                 : fmt::format("nothing moved for {} s", options_.stall.count()),
                          util::Reason::host_silent);
    constexpr std::chrono::milliseconds longest{60'000};
    if (::poll(fds.data(), fds.size(), static_cast<int>(std::min(left, longest).count())) < 0 && errno != EINTR)
        return util::fail_errno(errno, "cannot wait for a program");
    return options_.stop.check();
}

bool Channel::write_some(std::string_view& bytes)
{
    const auto count = ::send(in_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
        sent_ += static_cast<std::uint64_t>(count);
        return true;
    }
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        in_.reset();
    return false;
}

std::size_t Channel::read_some(util::UniqueFd& fd, std::string& into)
{
    std::array<char, 65536> buffer{};
    const auto count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count > 0)
        into.append(buffer.data(), static_cast<std::size_t>(count));
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        fd.reset();
    return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

void Channel::keep_end_of_said()
{
    if (said_.size() > most_said)
        said_.erase(0, said_.size() - most_said / 2);
}

Status Channel::pump(std::string_view& bytes)
{
    // poll(2) passes over negative descriptors.
    std::array<pollfd, 4> fds = {pollfd{bytes.empty() ? -1 : in_.get(), POLLOUT, 0}, pollfd{out_.get(), POLLIN, 0},
                                 pollfd{error_.get(), POLLIN, 0}, pollfd{options_.stop.fd(), POLLIN, 0}};
    SF_CHECK(wait(fds));
    if (fds[0].revents != 0)
        moved_ = write_some(bytes) || moved_;
    std::size_t printed = 0;
    if (fds[1].revents != 0)
        printed += read_some(out_, read_);
    if (fds[2].revents != 0) {
        printed += read_some(error_, said_);
        keep_end_of_said();
    }
    moved_ = moved_ || printed > 0;
    printed_ += printed;
    if (printed_ > most_bytes_)
        return util::fail(ErrorCode::deploy,
                          fmt::format("it printed more than {} and no answer", util::human_bytes(most_bytes_)));
    return {};
}

Status Channel::send(std::string_view bytes)
{
    while (!bytes.empty() && in_) {
        const auto before = bytes.size();
        SF_CHECK(pump(bytes));
        progress(before - bytes.size());
    }
    restart();
    return {};
}

tl::unexpected<util::Error> Channel::ended()
{
    // Its children may keep standard error open; the program's own output is complete when the program has ended.
    in_.reset();
    pollfd gone{child_.ended_fd(), POLLIN, 0};
    constexpr int patience_ms = 5000;
    ::poll(&gone, 1, patience_ms);
    for (std::size_t more = 1; error_ && more > 0 && printed_ <= most_bytes_; printed_ += more) {
        more = read_some(error_, said_);
        keep_end_of_said();
    }
    auto reason = last_line(said_);
    if (reason.empty())
        reason = gone.revents != 0
                     ? fmt::format("the connection ended ('{}' with status {})", options_.argv.front(), child_.wait())
                     : "the connection ended";
    return util::fail(ErrorCode::deploy, std::move(reason));
}

Status Channel::fill()
{
    if (!out_)
        return ended();
    read_.erase(0, taken_);
    taken_ = 0;
    std::string_view nothing;
    return pump(nothing);
}

Result<std::string> Channel::read_line()
{
    std::size_t end = 0;
    for (std::size_t looked_at = 0; (end = read_.find('\n', taken_ + looked_at)) == std::string::npos;) {
        looked_at = read_.size() - taken_;
        if (looked_at > longest_line)
            return util::fail(ErrorCode::deploy, "the answer is not a line of text");
        SF_CHECK(fill());
    }
    auto line = read_.substr(taken_, end - taken_);
    taken_ = end + 1;
    return line;
}

Result<std::string> Channel::read_bytes(std::size_t count)
{
    progress(std::min(read_.size() - taken_, count));
    while (read_.size() - taken_ < count) {
        const auto before = read_.size() - taken_;
        SF_CHECK(fill());
        progress(std::min(read_.size(), count) - before);
    }
    auto bytes = read_.substr(taken_, count);
    taken_ += count;
    return bytes;
}

} // namespace sf::deploy
