#include "engine/package/jobserver.hpp"

#include "util/files/fs.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sf::engine {
namespace {

/// What a pipe holds at most, as far as an ordinary user may ask for it.
constexpr unsigned pipe_bytes = 1U << 20U;

} // namespace

util::Result<Jobserver> Jobserver::make(unsigned tokens)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return util::fail_errno(errno, "cannot make the jobserver's pipe");
    Jobserver server;
    server.own_read_ = util::UniqueFd(ends[0]);
    server.own_write_ = util::UniqueFd(ends[1]);
    server.tokens_ = tokens;
    for (unsigned i = 0; i < tokens; ++i)
        server.put();
    return server;
}

util::Result<Jobserver::Ends> Jobserver::open_ends() const
{
    const auto path_of = [](const util::UniqueFd& fd) { return fmt::format("/proc/self/fd/{}", fd.get()); };
    Ends ends;
    SF_TRY(ends.read, util::open_file(path_of(own_read_), O_RDONLY));
    SF_TRY(ends.write, util::open_file(path_of(own_write_), O_WRONLY));
    return ends;
}

bool Jobserver::try_begin()
{
    const std::lock_guard lock(*mutex_);
    if (!take())
        return false;
    ++packages_;
    return true;
}

void Jobserver::end()
{
    const std::lock_guard lock(*mutex_);
    --packages_;
    if (packages_ > 0)
        return put();
    while (take()) {
    }
    held_ = 0;
    for (unsigned i = 0; i < tokens_; ++i)
        put();
}

unsigned Jobserver::limit_free(unsigned most)
{
    const std::lock_guard lock(*mutex_);
    if (packages_ == 0)
        most = std::max(most, 1U);
    unsigned free = 0;
    for (unsigned taken = 0; taken < pipe_bytes && take(); ++taken)
        ++free;
    // More there cannot be, unless a build made some up.
    free = std::min(free + held_, tokens_ - std::min(tokens_, packages_));
    const auto given = std::min(free, most);
    held_ = free - given;
    for (unsigned i = 0; i < given; ++i)
        put();
    return held_;
}

unsigned Jobserver::running()
{
    const std::lock_guard lock(*mutex_);
    int free = 0;
    if (::ioctl(own_read_.get(), FIONREAD, &free) != 0) // NOLINT(cppcoreguidelines-pro-type-vararg)
        return 0;
    const auto idle = static_cast<unsigned>(free) + held_;
    return tokens_ - std::min(tokens_, idle);
}

bool Jobserver::take()
{
    char token = 0;
    return ::read(own_read_.get(), &token, 1) == 1;
}

void Jobserver::put()
{
    // Full it is when a build has filled it; then there is no lack of tokens.
    while (::write(own_write_.get(), "+", 1) < 0 && errno == EINTR) {
    }
}

} // namespace sf::engine
