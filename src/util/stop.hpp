// Being asked to stop, from a signal or a failure elsewhere.
#pragma once

#include "util/error.hpp"
#include "util/fd.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>

namespace sf::util {

/// Seen by everything that may take long. Cheap to copy. A default-made token never stops.
class StopToken {
public:
    StopToken() = default;
    [[nodiscard]] bool stop_requested() const;
    /// A descriptor that becomes (and stays) readable when a stop is requested; -1 for a default token.
    [[nodiscard]] int fd() const;
    /// The interrupted error when a stop was requested.
    [[nodiscard]] Status check() const;

private:
    friend class StopSource;
    struct State;
    std::shared_ptr<State> state_;
};

/// Requests the stop. request_stop() is async-signal-safe.
class StopSource {
public:
    [[nodiscard]] static Result<StopSource> make();
    void request_stop() const;
    [[nodiscard]] StopToken token() const;

private:
    std::shared_ptr<StopToken::State> state_;
};

/// Sleeps; the interrupted error as soon as a stop is requested.
[[nodiscard]] Status pause(std::chrono::milliseconds duration, const StopToken& stop);

/// Until it goes, SIGINT, SIGTERM and SIGHUP request a stop on `source`; the second signal of a kind kills the process.
/// A SIGHUP that is ignored (nohup) stays ignored.
class SignalGuard {
public:
    static constexpr std::size_t signals = 3;
    explicit SignalGuard(const StopSource& source);
    ~SignalGuard();
    SignalGuard(const SignalGuard&) = delete;
    SignalGuard& operator=(const SignalGuard&) = delete;

private:
    std::array<struct sigaction, signals> previous_{};
};

} // namespace sf::util
