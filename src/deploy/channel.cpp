#include "deploy/channel.hpp"

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
constexpr std::size_t longest_line = std::size_t{1} << 20U;

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
    return line == lines.rend() ? std::string() : std::string(util::trim(*line));
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

Status Channel::wait(std::array<pollfd, 4>& fds) const
{
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(moved_ + options_.stall - std::chrono::steady_clock::now());
    if (left.count() <= 0)
        return util::fail(ErrorCode::deploy, fmt::format("nothing moved for {} s", options_.stall.count()),
                          "--timeout allows for more");
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

bool Channel::read_some(util::UniqueFd& fd, std::string& into)
{
    std::array<char, 65536> buffer{};
    const auto count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count > 0)
        into.append(buffer.data(), static_cast<std::size_t>(count));
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        fd.reset();
    return count > 0;
}

Status Channel::pump(std::string_view& bytes)
{
    // poll(2) passes over negative descriptors.
    std::array<pollfd, 4> fds = {pollfd{bytes.empty() ? -1 : in_.get(), POLLOUT, 0}, pollfd{out_.get(), POLLIN, 0},
                                 pollfd{error_.get(), POLLIN, 0}, pollfd{options_.stop.fd(), POLLIN, 0}};
    SF_CHECK(wait(fds));
    bool moved = false;
    if (fds[0].revents != 0)
        moved = write_some(bytes);
    if (fds[1].revents != 0)
        moved = read_some(out_, read_) || moved;
    if (fds[2].revents != 0) {
        moved = read_some(error_, said_) || moved;
        if (said_.size() > most_said)
            said_.erase(0, said_.size() - most_said / 2);
    }
    if (moved)
        moved_ = std::chrono::steady_clock::now();
    return {};
}

Status Channel::send(std::string_view bytes)
{
    moved_ = std::chrono::steady_clock::now();
    while (!bytes.empty() && in_)
        SF_CHECK(pump(bytes));
    return {};
}

tl::unexpected<util::Error> Channel::ended()
{
    // Whoever inherited its standard error may keep that open; what the program itself wrote is there when it is gone.
    in_.reset();
    pollfd gone{child_.ended_fd(), POLLIN, 0};
    constexpr int patience_ms = 5000;
    ::poll(&gone, 1, patience_ms);
    while (error_ && read_some(error_, said_)) {
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
    std::string_view nothing;
    return pump(nothing);
}

Result<std::string> Channel::read_line()
{
    moved_ = std::chrono::steady_clock::now();
    std::size_t end = 0;
    while ((end = read_.find('\n')) == std::string::npos) {
        if (read_.size() > longest_line)
            return util::fail(ErrorCode::deploy, "the answer is no line of text");
        SF_CHECK(fill());
    }
    auto line = read_.substr(0, end);
    read_.erase(0, end + 1);
    return line;
}

Result<std::string> Channel::read_bytes(std::size_t count)
{
    moved_ = std::chrono::steady_clock::now();
    while (read_.size() < count)
        SF_CHECK(fill());
    auto bytes = read_.substr(0, count);
    read_.erase(0, count);
    return bytes;
}

} // namespace sf::deploy
