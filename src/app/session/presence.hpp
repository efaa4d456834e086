// Processes that work with what the store, the caches and ROOT/work hold, and those that remove from them.
#pragma once

#include "site/site.hpp"
#include "util/error.hpp"
#include "util/fs.hpp"
#include "util/life_sign.hpp"

#include <cstdint>
#include <optional>

namespace sf::app {

/// Announces a process to those that remove: while one is present nothing is swept away in ROOT/work that has no life
/// sign (util/life_sign.hpp), and nothing is removed that was claimed since (util/claim.hpp).
class Presence {
public:
    /// Waits while somebody removes alone. What it claims must be claimed after this.
    [[nodiscard]] static util::Result<Presence> announce(const site::Site& site);
    Presence(Presence&&) = default;
    Presence& operator=(Presence&&) = delete;
    Presence(const Presence&) = delete;
    ~Presence() = default;

private:
    Presence(util::FileLock busy, util::LifeSign mark) : busy_(std::move(busy)), mark_(std::move(mark)) {}

    util::FileLock busy_;
    util::LifeSign mark_; ///< its time is when the process came
};

/// Whoever removes, one at a time.
class Remover {
public:
    /// Alone where nobody is present, else beside those who are. Error (failure): another removes.
    [[nodiscard]] static util::Result<Remover> beside(const site::Site& site);
    /// Error (failure): somebody is present, or another removes.
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
