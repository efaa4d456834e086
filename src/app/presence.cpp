#include "app/presence.hpp"

#include "app/disk.hpp"
#include "util/claim.hpp"
#include "util/directory.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
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

/// When the first of those who are present came; now, if they all come later.
Result<std::int64_t> first_came(const site::Site& site)
{
    auto first = now();
    for (const auto& mark : util::readable_paths_in(marks(site))) {
        const auto came = util::claimed_at(mark);
        if (came == 0)
            continue;
        SF_TRY(const auto nobody, FileLock::try_acquire(mark));
        if (!nobody) // else it is of a process that was killed
            first = std::min(first, came);
    }
    return first - tick;
}

} // namespace

Result<Presence> Presence::announce(const site::Site& site)
{
    static std::atomic<unsigned> count = 0; // a process may work with several at a time
    SF_TRY(auto busy, FileLock::acquire(lock_file(site), FileLock::Mode::shared));
    auto file = marks(site) / fmt::format("{}.{}", ::getpid(), count++);
    SF_CHECK(util::remove_tree(file)); // of a process that was killed and had this number
    SF_TRY(auto mark, FileLock::acquire(file));
    return Presence(std::move(busy), std::move(mark), std::move(file));
}

Presence::~Presence()
{
    if (!file_.empty())
        ::unlink(file_.c_str());
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
    SF_TRY(auto turn, FileLock::try_acquire(site.work() / "lock.remover"));
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
                          fmt::format("a build is running in {}, and needs what it finds there", site.root.string()),
                          "try again when it has ended");
    return Remover(std::move(*lock), std::nullopt, util::spare_nothing);
}

} // namespace sf::app
