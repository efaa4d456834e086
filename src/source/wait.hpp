// Waiting that a stop request ends.
#pragma once

#include "util/error.hpp"
#include "util/stop.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace sf::source {

/// Lets a fixed number of threads through at a time.
class Slots {
public:
    explicit Slots(unsigned count) : free_(count > 0 ? count : 1) {}

    /// One slot, given back when it goes.
    class Slot {
    public:
        explicit Slot(Slots& owner) : owner_(&owner) {}
        Slot(Slot&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Slot& operator=(Slot&&) = delete;
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;
        ~Slot();

    private:
        Slots* owner_;
    };

    /// Waits until a slot is free or a stop is requested.
    [[nodiscard]] util::Result<Slot> take(const util::StopToken& stop);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned free_;
};

} // namespace sf::source
