// Processes that use the store, the caches and ROOT/work, and processes that remove from them.
#pragma once

#include "site/site.hpp"
#include "util/error.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"

#include <cstdint>
#include <optional>

namespace sf::app {

/// Announces a process to removers: while it is present, they keep everything in ROOT/work that has no life sign
/// (util/files/life_sign.hpp), and everything claimed since its start (util/files/claim.hpp).
class Presence {
public:
    /// Waits while a remover works alone. Call it before any claim.
    [[nodiscard]] static util::Result<Presence> announce(const site::Site& site);
    Presence(Presence&&) = default;
    Presence& operator=(Presence&&) = delete;
    Presence(const Presence&) = delete;
    ~Presence() = default;

private:
    Presence(util::FileLock busy, util::LifeSign mark) : busy_(std::move(busy)), mark_(std::move(mark)) {}

    util::FileLock busy_;
    util::LifeSign mark_; ///< its time is the start of the process
};

/// Held while removing; one process at a time.
class Remover {
public:
    /// Alone if no process is present, else beside those that are. Error (failure): another process removes.
    [[nodiscard]] static util::Result<Remover> beside(const site::Site& site);
    /// Error (failure): a process is present, or another removes.
    [[nodiscard]] static util::Result<Remover> alone(const site::Site& site);

    [[nodiscard]] bool is_alone() const { return alone_; }
    /// What was claimed then or later must stay (seconds since 1970).
    [[nodiscard]] std::int64_t since() const { return since_; }

private:
    Remover(util::FileLock lock, std::optional<util::FileLock> turn, std::int64_t since) :
        lock_(std::move(lock)), turn_(std::move(turn)), alone_(!turn_), since_(since)
    {
    }

    util::FileLock lock_;
    std::optional<util::FileLock> turn_; ///< among those who remove beside others
    bool alone_;
    std::int64_t since_;
};

} // namespace sf::app
