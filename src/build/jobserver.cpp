#include "build/jobserver.hpp"

#include "util/fs.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sf::build {

util::Result<Jobserver> Jobserver::make(unsigned tokens)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return util::fail_errno(errno, "cannot make the jobserver's pipe");
    Jobserver server;
    server.read_ = util::UniqueFd(ends[0]);
    server.write_ = util::UniqueFd(ends[1]);
    server.tokens_ = tokens;
    SF_TRY(server.own_read_, util::open_file(fmt::format("/proc/self/fd/{}", ends[0]), O_RDONLY | O_NONBLOCK));
    for (unsigned i = 0; i < tokens; ++i)
        server.put();
    return server;
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
    while (take())
        ++free;
    free += held_;
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
    while (::write(write_.get(), "+", 1) < 0 && errno == EINTR) {
    }
}

} // namespace sf::build
