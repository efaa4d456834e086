#include "build/jobserver.hpp"

#include "util/fs.hpp"

#include <fcntl.h>
#include <unistd.h>

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

bool Jobserver::try_take()
{
    char token = 0;
    return ::read(own_read_.get(), &token, 1) == 1;
}

void Jobserver::put()
{
    while (::write(write_.get(), "+", 1) < 0 && errno == EINTR) {
    }
}

void Jobserver::refill()
{
    while (try_take()) {
    }
    for (unsigned i = 0; i < tokens_; ++i)
        put();
}

} // namespace sf::build
