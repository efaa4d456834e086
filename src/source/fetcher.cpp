#include "source/fetcher.hpp"

#include "http/url.hpp"
#include "source/apt_archive.hpp"
#include "source/attempt.hpp"
#include "source/place.hpp"
#include "source/wait.hpp"
#include "util/files/fs.hpp"
#include "util/files/lock_wait.hpp"
#include "util/text.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <system_error>

namespace sf::source {

namespace {

namespace fs = std::filesystem;

/// How long a host that could not be connected to is left alone.
constexpr std::chrono::seconds unreachable_for{60};

bool is_file(const fs::path& path)
{
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

/// "FILE (sha256 SUM)" of each alternative.
std::string describe_files(const Wanted& wanted)
{
    std::vector<std::string> files;
    for (const auto& source : wanted.alternatives)
        files.push_back(fmt::format("{} (sha256 {})", source.file_name(), source.sha256.to_hex()));
    return util::join(files, " or ");
}

/// What is said of a place in the list of failures.
std::string describe_fault(const Place& place, const util::Error& error)
{
    auto text = fmt::format("\n  {}: {}", place.name(), util::replace_all(error.message, "\n", "\n    "));
    if (!error.hint.empty())
        text += fmt::format(" ({})", error.hint);
    else if (error.reason == util::Reason::access_refused)
        text += " (run as root or with sudo)";
    return text;
}

} // namespace

struct Fetcher::State {
    explicit State(const site::Site& site) :
        slots(site.network.parallel_downloads),
        apt(AptSettings{.directory = site.root / "cache" / "apt", .network = site.network})
    {
    }

    /// Why the host is left alone for now, if it is.
    std::optional<std::string> recent_fault(const std::string& host)
    {
        const std::lock_guard guard(mutex);
        const auto found = unreachable.find(host);
        if (found == unreachable.end() || std::chrono::steady_clock::now() > found->second.until)
            return std::nullopt;
        return found->second.reason;
    }

    void remember_fault(const std::string& host, const std::string& reason)
    {
        const std::lock_guard guard(mutex);
        unreachable[host] = {reason, std::chrono::steady_clock::now() + unreachable_for};
    }

    struct Fault {
        std::string reason;
        std::chrono::steady_clock::time_point until;
    };

    Slots slots;
    AptArchive apt;
    std::mutex mutex;
    std::map<std::string, Fault> unreachable; ///< by url_host()
};

Fetcher::Fetcher(const site::Site& site, event::Sink& events) :
    site_(site), events_(events), cache_(site.source_cache()), state_(std::make_unique<State>(site))
{
}

Fetcher::~Fetcher() = default;

util::Result<Fetched> Fetcher::fetch_over_network(const std::string& package, const Place& place,
                                                  const util::StopToken& stop)
{
    Attempt attempt(site_.network, events_, cache_, package, place, stop);
    if (place.url.empty()) {
        SF_TRY(const auto slot, state_->slots.take(stop));
        return attempt.download_from(state_->apt);
    }
    const auto host = http::url_host(place.url);
    if (const auto reason = state_->recent_fault(host))
        return util::fail(util::ErrorCode::source, "not tried, as the host could not be reached just now: " + *reason);
    SF_TRY(const auto slot, state_->slots.take(stop));
    auto fetched = attempt.download();
    if (fetched)
        return std::move(*fetched);
    if (fetched.error().unreachable)
        state_->remember_fault(host, fetched.error().error.message);
    return tl::unexpected(std::move(fetched).error().error);
}

util::Result<Fetched> Fetcher::fetch_from(const std::string& package, const Place& place, const util::StopToken& stop)
{
    SF_CHECK(stop.check());
    if (place.local && !is_file(*place.local))
        return util::fail(util::ErrorCode::source, "no such file");
    if (!place.local && site_.network.offline)
        return util::fail(util::ErrorCode::source, "not tried: --offline");
    if (!place.local && place.url.empty() && !site_.network.use_apt)
        return util::fail(util::ErrorCode::source, "not tried: network.apt is off");
    if (!place.local && !place.url.empty() && !http::is_http(place.url))
        return util::fail(util::ErrorCode::source, "only http, https and file URLs and absolute paths can be fetched");

    const auto& sha256 = place.source->sha256;
    const auto lock_path = cache_.partial_path(sha256).string() + ".lock";
    SF_TRY(const auto lock, util::wait_for_lock(lock_path, stop));
    // Whoever held the lock may have been fetching the same archive.
    SF_TRY(auto cached, cache_.find_verified(sha256));
    if (cached)
        return Fetched{.path = std::move(*cached), .sha256 = sha256, .origin = "cache"};
    auto fetched = place.local ? Attempt(site_.network, events_, cache_, package, place, stop).copy()
                               : fetch_over_network(package, place, stop);
    // Whoever waits for this file, or makes a new one of its name, finds the archive in the cache after locking it.
    if (fetched)
        SF_CHECK(util::remove_tree(lock_path));
    return fetched;
}

util::Result<Fetched> Fetcher::fetch(const Wanted& wanted, const util::StopToken& stop)
{
    SF_TRY(auto fetched, fetch_one(wanted, stop));
    for (const auto& alternatives : wanted.patches) {
        SF_TRY(auto patches, fetch_one({"patches of " + wanted.package, alternatives}, stop));
        if (fetched.origin == "cache")
            fetched.origin = patches.origin;
        fetched.patches.push_back(std::move(patches));
    }
    return fetched;
}

util::Result<Fetched> Fetcher::fetch_one(const Wanted& wanted, const util::StopToken& stop)
{
    SF_CHECK(stop.check());
    for (const auto& source : wanted.alternatives) {
        SF_TRY(auto cached, cache_.find_verified(source.sha256));
        if (cached)
            return Fetched{.path = std::move(*cached), .sha256 = source.sha256, .origin = "cache"};
    }
    std::string faults;
    std::optional<util::Error> full;
    bool altered = false;
    for (const auto& place : list_places(site_.network.mirrors, wanted.alternatives)) {
        auto fetched = fetch_from(wanted.package, place, stop);
        if (fetched)
            return fetched;
        const auto code = fetched.error().code;
        if (code == util::ErrorCode::interrupted)
            return util::fail(std::move(fetched).error(), "fetching the source of " + wanted.package);
        // The place may have said that its file is larger than it should be; another may have the right one.
        if (code == util::ErrorCode::no_space && !full)
            full = fetched.error();
        altered = altered || fetched.error().reason == util::Reason::checksum_mismatch;
        faults += describe_fault(place, fetched.error());
    }
    if (full)
        return util::fail(std::move(*full), "fetching the source of " + wanted.package);
    if (faults.empty())
        faults = "\n  its recipe names none";
    return util::fail(
        util::ErrorCode::source, fmt::format("no source of {} could be fetched:{}", wanted.package, faults),
        altered
            ? "a file differs from what the recipe knows: a mirror or proxy changes it, or its project replaced it; "
              "compare it with the project's own checksum before you change the recipe's"
            : fmt::format("check network and proxy settings, or put {} into a mirror directory",
                          describe_files(wanted)));
}

bool Fetcher::is_here(const Wanted& wanted) const
{
    for (const auto& source : wanted.alternatives) {
        const auto cached = cache_.find_verified(source.sha256);
        if (cached && *cached)
            return true;
    }
    for (const auto& place : list_places(site_.network.mirrors, wanted.alternatives)) {
        if (!place.local || !is_file(*place.local))
            continue;
        const auto digest = util::sha256_file(*place.local);
        if (digest && *digest == place.source->sha256)
            return true;
    }
    return false;
}

util::Status Fetcher::check_offline(const std::vector<Wanted>& wanted)
{
    std::string missing;
    std::size_t count = 0;
    const auto look = [&](const Wanted& one) {
        if (is_here(one))
            return;
        ++count;
        missing += fmt::format("\n  {}: {}", one.package, describe_files(one));
    };
    for (const auto& one : wanted) {
        look(one);
        for (const auto& alternatives : one.patches)
            look({"patches of " + one.package, alternatives});
    }
    if (count == 0)
        return {};
    return util::fail(util::ErrorCode::source,
                      fmt::format("{} source{} missing, and --offline forbids fetching:{}", count,
                                  count == 1 ? " is" : "s are", missing),
                      util::Reason::sources_missing_offline);
}

} // namespace sf::source
