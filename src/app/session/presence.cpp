#include "app/session/presence.hpp"

#include "util/files/claim.hpp"
#include "util/files/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::FileLock;
using util::Result;

/// The times of files lag behind the clock by a tick of the kernel.
constexpr std::int64_t tick = 1;

fs::path lock_file(const site::Site& site)
{
    return site.work() / "lock";
}

fs::path marks(const site::Site& site)
{
    return site.work() / "present";
}

util::Error removing(const site::Site& site)
{
    return {util::ErrorCode::failure,
            fmt::format("another gc or clean is at work in {}", site.root.string()),
            "try again when it has ended",
            {}};
}

fs::path remover_file(const site::Site& site)
{
    return site.work() / "lock.remover";
}

/// When the first of those who are present came; now, if they all come later: they learn of it from the remover's file.
Result<std::int64_t> first_came(const site::Site& site)
{
    if (::utimensat(AT_FDCWD, remover_file(site).c_str(), nullptr, 0) != 0)
        return util::fail_errno(errno, fmt::format("cannot set the time of {}", remover_file(site).string()));
    auto first = util::claimed_at(remover_file(site));
    SF_CHECK(util::bury_dead(marks(site), [](const std::string& /*name*/) { return util::Status(); }));
    SF_TRY(const auto present, util::paths_in(marks(site)));
    for (const auto& mark : present)
        if (const auto came = util::claimed_at(mark); came != 0)
            first = std::min(first, came);
    return first - tick;
}

} // namespace

Result<Presence> Presence::announce(const site::Site& site)
{
    SF_TRY(auto busy, FileLock::acquire(lock_file(site), FileLock::Mode::shared));
    // The number is for people and `top`; it names a process in one PID namespace only.
    SF_TRY(auto mark, util::LifeSign::make(marks(site), std::to_string(::getpid())));
    // The clock may have been set back since a remover, which does not see this mark, read it, and since other
    // processes started, which may claim the same things.
    util::claim_no_earlier_than(util::claimed_at(remover_file(site)));
    for (const auto& present : util::readable_paths_in(marks(site)))
        util::claim_no_earlier_than(util::claimed_at(present));
    return Presence(std::move(busy), std::move(mark));
}

Result<Remover> Remover::beside(const site::Site& site)
{
    SF_CHECK(util::make_directories(site.work()));
    std::optional<FileLock> lock;
    // A build that begins sweeps alone for a moment, which is no reason to give up.
    constexpr int tries = 50;
    constexpr std::chrono::milliseconds pause{20};
    for (int i = 0; !lock && i < tries; ++i) {
        if (i > 0)
            std::this_thread::sleep_for(pause);
        SF_TRY(auto alone, FileLock::try_acquire(lock_file(site)));
        if (alone)
            return Remover(std::move(*alone), std::nullopt, util::spare_nothing);
        SF_TRY(lock, FileLock::try_acquire(lock_file(site), FileLock::Mode::shared));
    }
    if (!lock)
        return tl::unexpected(removing(site));
    SF_TRY(auto turn, FileLock::try_acquire(remover_file(site)));
    if (!turn)
        return tl::unexpected(removing(site));
    SF_TRY(const auto since, first_came(site));
    return Remover(std::move(*lock), std::move(turn), since);
}

Result<Remover> Remover::alone(const site::Site& site)
{
    SF_CHECK(util::make_directories(site.work()));
    SF_TRY(auto lock, FileLock::try_acquire(lock_file(site)));
    if (!lock)
        return util::fail(util::ErrorCode::failure,
                          fmt::format("a build is running in {} and needs its files", site.root.string()),
                          "try again when it has ended");
    return Remover(std::move(*lock), std::nullopt, util::spare_nothing);
}

} // namespace sf::app
