#include "doctor/checks.hpp"
#include "util/process/install_hint.hpp"

#include <sys/stat.h>
#include <sys/timex.h>

#include <ctime>

namespace sf::doctor {
namespace {

constexpr std::time_t tolerance = 60; ///< seconds

} // namespace

Finding look_at_clock(const site::Site& site)
{
    const std::string subject = "clock";
    const auto set_it = "set the clock, and synchronize it: " + util::how_to_install("chrony");
    struct stat database = {};
    const auto now = std::time(nullptr);
    if (::stat(site.database().c_str(), &database) == 0 && database.st_mtime > now + tolerance)
        return {State::warning, subject,
                fmt::format("{} was changed {} s from now: the clock was set back", site.database().string(),
                            database.st_mtime - now),
                set_it};
    struct timex kernel = {};
    const bool unsynchronized = ::adjtimex(&kernel) == TIME_ERROR || (kernel.status & STA_UNSYNC) != 0;
    if (unsynchronized)
        return {State::note, subject, "not synchronized (no NTP)", set_it};
    return {State::ok, subject, "synchronized by NTP", {}};
}

} // namespace sf::doctor
