#include "util/stop.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace sf::util {

struct StopToken::State {
    std::atomic<bool> requested = false;
    UniqueFd event;
};

bool StopToken::stop_requested() const
{
    return state_ && state_->requested.load(std::memory_order_acquire);
}

int StopToken::fd() const
{
    return state_ ? state_->event.get() : -1;
}

Status StopToken::check() const
{
    if (stop_requested())
        return fail(ErrorCode::interrupted, "interrupted");
    return {};
}

namespace {

/// Sets the flag and makes the descriptor readable for ever; nothing here may allocate or lock.
void raise_stop(std::atomic<bool>& requested, int event)
{
    requested.store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    // The counter cannot overflow, and a full one would be readable all the same.
    [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
}

} // namespace

Result<StopSource> StopSource::make()
{
    StopSource source;
    source.state_ = std::make_shared<StopToken::State>();
    source.state_->event = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!source.state_->event)
        return fail_errno(errno, "cannot make an event descriptor");
    return source;
}

void StopSource::request_stop() const
{
    raise_stop(state_->requested, state_->event.get());
}

StopToken StopSource::token() const
{
    StopToken token;
    token.state_ = state_;
    return token;
}

Status pause(std::chrono::milliseconds duration, const StopToken& stop)
{
    const auto end = std::chrono::steady_clock::now() + duration;
    for (;;) {
        SF_CHECK(stop.check());
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return {};
        pollfd stopped{.fd = stop.fd(), .events = POLLIN, .revents = 0};
        ::poll(&stopped, 1, static_cast<int>(std::min<std::chrono::milliseconds::rep>(left.count(), 60'000)));
    }
}

namespace {

constexpr std::array<int, SignalGuard::signals> handled_signals = {SIGINT, SIGTERM, SIGHUP};
// A signal handler reaches its source through these; there is one guard at a time.
std::atomic<const StopSource*> signal_source = nullptr;

void on_signal(int /*signal*/)
{
    const int saved = errno;
    if (const auto* source = signal_source.load())
        source->request_stop();
    errno = saved;
}

} // namespace

SignalGuard::SignalGuard(const StopSource& source)
{
    signal_source.store(&source);
    struct sigaction action = {};
    action.sa_handler = on_signal;
    // One polite request; the second signal of a kind finds the default action and kills.
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    for (std::size_t i = 0; i < handled_signals.size(); ++i) {
        auto& before = previous_.at(i);
        ::sigaction(handled_signals.at(i), nullptr, &before);
        // Under nohup(1) a hangup is not for us.
        if (handled_signals.at(i) != SIGHUP || before.sa_handler != SIG_IGN)
            ::sigaction(handled_signals.at(i), &action, nullptr);
    }
}

SignalGuard::~SignalGuard()
{
    for (std::size_t i = 0; i < handled_signals.size(); ++i)
        ::sigaction(handled_signals.at(i), &previous_.at(i), nullptr);
    signal_source.store(nullptr);
}

} // namespace sf::util
