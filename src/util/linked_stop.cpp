#include "util/linked_stop.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace sf::util {

Result<std::unique_ptr<LinkedStop>> LinkedStop::make(const StopToken& outer)
{
    SF_TRY(auto source, StopSource::make());
    UniqueFd done(::eventfd(0, EFD_CLOEXEC));
    if (!done)
        return fail_errno(errno, "cannot make an event descriptor");
    return std::unique_ptr<LinkedStop>(new LinkedStop(std::move(source), std::move(done), outer));
}

LinkedStop::LinkedStop(StopSource source, UniqueFd done, const StopToken& outer) :
    source_(std::move(source)), done_(std::move(done)), thread_([this, outer] {
        std::array<pollfd, 2> fds = {pollfd{outer.fd(), POLLIN, 0}, pollfd{done_.get(), POLLIN, 0}};
        while (fds[0].revents == 0 && fds[1].revents == 0)
            ::poll(fds.data(), fds.size(), -1);
        if (outer.stop_requested())
            source_.request_stop();
    })
{
}

LinkedStop::~LinkedStop()
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(done_.get(), &one, sizeof one);
    thread_.join();
}

} // namespace sf::util
