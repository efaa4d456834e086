#include "app/remotes/remotes.hpp"
#include "app/request/solving.hpp"
#include "doctor/checks.hpp"
#include "http/libcurl.hpp"
#include "http/probe.hpp"
#include "http/url.hpp"
#include "source/apt_probe.hpp"
#include "source/place.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/process/install_hint.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <system_error>

namespace sf::doctor {
namespace {

namespace fs = std::filesystem;

/// A server whose clock differs by more than this is worth a word: munge's credentials live five minutes.
constexpr std::chrono::seconds clock_tolerance{60};
/// Transfers that took less say little of a speed.
constexpr double shortest_transfer = 0.001;

std::string milliseconds(double seconds)
{
    return fmt::format("{:.0f} ms", seconds * 1000);
}

/// ", 12.0 MiB/s"
std::string speed_text(std::uint64_t bytes, double seconds)
{
    if (bytes == 0)
        return {};
    const auto speed = static_cast<double>(bytes) / std::max(seconds, shortest_transfer);
    return fmt::format(", {}/s", util::human_bytes(static_cast<std::uint64_t>(speed)));
}

/// This clock against those of servers. Thread-safe.
class Clocks {
public:
    void compare(const std::string& server, const http::Probe& probe)
    {
        if (!probe.server_time)
            return;
        const auto ahead =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - *probe.server_time);
        const std::lock_guard guard(mutex_);
        compared_ = true;
        if (std::chrono::abs(ahead) > std::chrono::abs(worst_) || server_.empty()) {
            worst_ = ahead;
            server_ = server;
        }
    }
    [[nodiscard]] std::optional<Finding> finding() const
    {
        if (!compared_)
            return std::nullopt;
        if (std::chrono::abs(worst_) <= clock_tolerance)
            return Finding{State::ok, "clock", fmt::format("as that of {}", server_), {}};
        return Finding{State::warning, "clock",
                       fmt::format("{} s {} that of {}: certificates, tokens and munge depend on the time",
                                   std::abs(worst_.count()), worst_.count() > 0 ? "ahead of" : "behind", server_),
                       "set the clock, and synchronize it: " + util::how_to_install("chrony")};
    }

private:
    std::mutex mutex_;
    bool compared_ = false;
    std::chrono::seconds worst_{0};
    std::string server_;
};

/// What a mirror should have: the archive of the Slurm that would be built; none where that cannot be told.
std::vector<recipe::Source> wanted_sources(const app::Session& session)
{
    const auto planned = app::solve_request(session, {});
    if (!planned)
        return {};
    const auto* recipe = planned->recipes->find(planned->root().name);
    const auto* version = recipe == nullptr ? nullptr : recipe->find_version(planned->root().version);
    return version == nullptr ? std::vector<recipe::Source>() : version->sources;
}

Finding look_at_archive(const site::Site& site, const util::StopToken& stop)
{
    const std::string subject = "archive";
    if (!site.network.use_apt)
        return {State::note, subject, "not used (network.apt: false)", {}};
    if (!util::has_apt())
        return {State::note, subject, "this host has no apt: sources come from mirrors, and by URL from their projects",
                "if those are unreachable: 'slurm-factory mirror create' on a host that has apt, then "
                "'slurm-factory mirror add'"};
    const auto scratch = util::temporary_directory().and_then(
        [](const fs::path& directory) { return util::TempDir::make(directory, "slurm-factory-doctor-"); });
    if (!scratch)
        return {State::warning, subject, scratch.error().message, "set TMPDIR to a directory that can be written"};
    source::AptProbeSettings settings;
    settings.scratch = scratch->path();
    const auto probe = source::probe_apt(settings, stop);
    if (!probe)
        return {State::warning, subject, probe.error().message,
                "correct /etc/apt/sources.list.d, or the proxy in /etc/apt/apt.conf.d; or use --mirror or --offline"};
    return {State::ok,
            subject,
            fmt::format("{} answers in {}{}", probe->archive, milliseconds(probe->answer_seconds),
                        speed_text(probe->bytes, probe->transfer_seconds)),
            {}};
}

/// A libcurl inside the program looks for the system's certificates itself.
std::optional<Finding> look_at_certificates()
{
    const char* file = http::certificates();
    if (file == nullptr)
        return std::nullopt;
    if (::access(file, R_OK) == 0)
        return Finding{State::ok, "certificates", file, {}};
    return Finding{State::warning, "certificates", "none found, so no https server can be verified",
                   util::how_to_install("ca-certificates")};
}

Finding look_at_local_mirror(const std::string& subject, const fs::path& directory,
                             const std::vector<source::Place>& places)
{
    std::error_code error;
    if (!fs::is_directory(directory, error))
        return {State::warning, subject, "is not a directory here",
                "mount it, or take it out of the configuration ('slurm-factory mirror remove NAME')"};
    for (const auto& place : places)
        if (place.local && util::path_exists(*place.local))
            return {State::ok, subject, fmt::format("has {}", place.source->file_name()), {}};
    if (places.empty())
        return {State::ok, subject, "is there", {}};
    return {State::note, subject, fmt::format("lacks {}", places.front().source->file_name()),
            "'slurm-factory mirror create' fills one"};
}

Finding look_at_web_mirror(const std::string& subject, const std::string& base,
                           const std::vector<source::Place>& places, const http::ProbeLimits& limits, Clocks& clocks,
                           const util::StopToken& stop)
{
    // Where it cannot be told what a mirror should have, that it answers is all there is to see.
    std::vector<std::string> urls = {base};
    if (!places.empty()) {
        urls.clear();
        for (const auto& place : places)
            urls.push_back(place.url);
    }
    long status = 0;
    double seconds = 0;
    for (const auto& url : urls) {
        const auto probe = http::probe(url, limits, stop);
        if (!probe)
            return {State::warning, subject, fmt::format("cannot be reached: {}", probe.error().error.message),
                    "correct its address, or take it out of the configuration ('slurm-factory mirror remove NAME'); "
                    "builds skip it"};
        clocks.compare(http::url_host(base), *probe);
        if (probe->status < 300 || places.empty())
            return {State::ok,
                    subject,
                    fmt::format("answers in {}{}", milliseconds(probe->answer_seconds),
                                speed_text(probe->bytes, probe->transfer_seconds)),
                    {}};
        status = probe->status;
        seconds = probe->answer_seconds;
    }
    if (status != http::status_not_found)
        return {State::warning, subject, fmt::format("answers with HTTP status {}", status),
                "it must be readable without a login, or with a user and password in its address"};
    return {State::note, subject,
            fmt::format("answers in {}, lacks {}", milliseconds(seconds), places.front().source->file_name()),
            "'slurm-factory mirror create' makes a directory for it"};
}

Finding look_at_mirror(const std::string& base, const std::vector<recipe::Source>& wanted,
                       const http::ProbeLimits& limits, Clocks& clocks, const util::StopToken& stop)
{
    const auto subject = "mirror " + http::without_password(base);
    auto places = source::list_places({base}, wanted);
    places.resize(2 * wanted.size()); // what follows is not the mirror's
    if (const auto directory = http::local_path(base))
        return look_at_local_mirror(subject, *directory, places);
    return look_at_web_mirror(subject, base, places, limits, clocks, stop);
}

/// Requests a package that does not exist, with the login that a pull would use.
Finding look_at_cache(const app::Session& session, const std::string& where, Clocks& clocks,
                      const http::ProbeLimits& limits)
{
    const auto subject = "cache " + http::without_password(where);
    std::error_code error;
    if (const auto directory = http::local_path(where); directory && !fs::is_directory(*directory, error))
        return {State::warning, subject, "is not a directory here",
                "mount it, or take it out of cache.remotes; 'slurm-factory cache push' makes one"};
    auto options = app::remote_options(session.site);
    options.retry.retries = 0;
    options.timing = {.connect_timeout = limits.connect_timeout, .stall_timeout = limits.connect_timeout};
    const auto remote = cache::open_remote(where, std::move(options));
    constexpr auto* correct = "correct its address in cache.remotes; builds skip it";
    if (!remote)
        return {State::warning, subject, remote.error().message, fix_for(remote.error(), correct)};
    const auto start = std::chrono::steady_clock::now();
    const auto found = (*remote)->find(util::sha256("slurm-factory doctor"), session.stop);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!found)
        return {State::warning, subject, found.error().message, fix_for(found.error(), correct)};
    if (http::is_http(where))
        if (const auto probe = http::probe(where, limits, session.stop))
            clocks.compare(http::url_host(where), *probe);
    return {State::ok, subject, fmt::format("answers in {}", milliseconds(took.count())), {}};
}

std::optional<Finding> look_at_keys(const site::Site& site)
{
    if (site.cache.remotes.empty() || !site.cache.only_signed)
        return std::nullopt;
    const auto ring = cache::KeyRing::load(site.keys());
    if (!ring)
        return Finding{State::warning, "keys", ring.error().message,
                       fix_for(ring.error(), "remove the file from ROOT/keys, or make it readable")};
    if (ring->keys().empty())
        return Finding{State::warning, "keys",
                       fmt::format("no public key is in {}: nothing is taken from binary caches", site.keys().string()),
                       "slurm-factory cache keys add FILE.pub"};
    return Finding{State::ok, "keys", fmt::format("{} trusted", ring->keys().size()), {}};
}

bool is_local(const std::string& place)
{
    return http::local_path(place).has_value();
}

} // namespace

Findings look_at_network(const app::Session& session)
{
    const auto& site = session.site;
    const auto& stop = session.stop;
    const http::ProbeLimits limits{.connect_timeout = std::min(site.network.connect_timeout, std::chrono::seconds(5))};
    const auto wanted = site.network.mirrors.empty() ? std::vector<recipe::Source>() : wanted_sources(session);
    Clocks clocks;
    // One that does not answer must not keep the others waiting.
    std::vector<std::future<Finding>> asked;
    const auto ask = [&asked](auto look) { asked.push_back(std::async(std::launch::async, std::move(look))); };
    if (!site.network.offline)
        ask([&] { return look_at_archive(site, stop); });
    for (const auto& mirror : site.network.mirrors)
        if (!site.network.offline || is_local(mirror))
            ask([&] { return look_at_mirror(mirror, wanted, limits, clocks, stop); });
    for (const auto& remote : site.cache.remotes)
        if (!site.network.offline || is_local(remote))
            ask([&] { return look_at_cache(session, remote, clocks, limits); });

    Findings findings;
    if (site.network.offline)
        findings.push_back({State::note, "network", "not asked: offline", {}});
    for (auto& finding : asked)
        findings.push_back(finding.get());
    if (auto certificates = look_at_certificates(); certificates && !site.network.offline)
        findings.push_back(std::move(*certificates));
    if (auto keys = look_at_keys(site))
        findings.push_back(std::move(*keys));
    if (auto clock = clocks.finding())
        findings.push_back(std::move(*clock));
    return findings;
}

} // namespace sf::doctor
