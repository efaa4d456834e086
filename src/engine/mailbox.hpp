// How the threads of a run talk to its loop. Private to `engine`.
#pragma once

#include "source/fetcher.hpp"
#include "store/database.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace sf::engine {

/// What threads tell the loop.
struct Completion {
    std::size_t step = 0;
    std::optional<util::Result<source::Fetched>> fetched;
    std::optional<util::Result<store::Action>> built;
    bool pulled = false; ///< it was not built but came from elsewhere
};

/// A queue with a descriptor to poll.
class Mailbox {
public:
    [[nodiscard]] util::Status open()
    {
        event_ = util::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!event_)
            return util::fail_errno(errno, "cannot make an event descriptor");
        return {};
    }
    void post(Completion completion)
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(completion));
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
    }
    [[nodiscard]] std::vector<Completion> take()
    {
        const std::lock_guard lock(mutex_);
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof count);
        return std::exchange(waiting_, {});
    }
    [[nodiscard]] int fd() const { return event_.get(); }

private:
    util::UniqueFd event_;
    std::mutex mutex_;
    std::vector<Completion> waiting_;
};

} // namespace sf::engine
