#include "app/audit/advisory_sources.hpp"

#include "http/get_text.hpp"
#include "http/url.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/files/sha256.hpp"

#include <sys/stat.h>

#include <chrono>
#include <ctime>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::ErrorCode;

constexpr unsigned fresh_days = 1; ///< what was downloaded so lately is not asked for again
constexpr std::int64_t day_seconds = 86400;
constexpr std::chrono::minutes longest_download{30}; ///< of Debian's tracker, 70 MiB, from where the network is slow

/// How many days ago a file was written; nullopt: there is none.
std::optional<unsigned> age_days(const fs::path& path)
{
    struct stat st = {};
    if (::stat(path.c_str(), &st) != 0)
        return std::nullopt;
    const auto seconds = static_cast<std::int64_t>(std::time(nullptr)) - st.st_mtim.tv_sec;
    return static_cast<unsigned>(std::max<std::int64_t>(seconds, 0) / day_seconds);
}

void warn(const Session& session, std::string text)
{
    session.events.on_event(event::Message{event::Message::Level::warning, std::move(text)});
}

util::Result<std::string> download(const Session& session, const std::string& url)
{
    const auto& network = session.site.network;
    auto text = http::get_text({.url = url}, network.timing(), network.retry(),
                               {.bytes = advisory::most_tracker_bytes, .longest = longest_download}, session.stop);
    if (!text)
        return tl::unexpected(std::move(text).error().error);
    return std::move(text->body);
}

/// What a server has, or what is kept of it.
util::Status add_url(const Session& session, const std::string& url, unsigned oldest,
                     const advisory::DebianNames& names, advisory::Set& set)
{
    const auto shown = http::without_password(url);
    const auto kept = session.site.root / "cache" / "advisories" / (util::sha256(url).to_hex() + ".json");
    const auto age = age_days(kept);
    if (!age || *age >= fresh_days) {
        auto text = session.site.network.offline ? util::fail(ErrorCode::source, "the network is off (network.offline)")
                                                 : download(session, url);
        if (text) {
            SF_CHECK(set.add_text(*text, shown, names)); // before it takes the place of what is good
            auto written = util::make_directories(kept.parent_path());
            if (written)
                written = util::write_file_atomic(kept, *text);
            if (!written)
                warn(session, fmt::format("the advisories of {} cannot be kept: {}", shown, written.error().message));
            return {};
        }
        if (text.error().code == ErrorCode::interrupted)
            return tl::unexpected(std::move(text).error());
        if (!age || *age > oldest)
            return util::fail(ErrorCode::source,
                              fmt::format("cannot get the advisories of {}: {}", shown, text.error().message),
                              age ? fmt::format("the local copy is {} days old, and {} are allowed "
                                                "(--oldest, audit.oldest)",
                                                *age, oldest)
                                  : "give a file or a directory with --advisories");
        warn(session,
             fmt::format("{} does not answer ({}); its advisories are {} days old", shown, text.error().message, *age));
    }
    SF_TRY(const auto text, util::read_foreign_file(kept, advisory::most_tracker_bytes));
    return set.add_text(text, shown, names);
}

/// The age of the newest advisory counts for a directory.
util::Result<std::optional<unsigned>> age_of_place(const fs::path& path)
{
    SF_TRY(const auto files, advisory::files_in(path));
    std::optional<unsigned> least;
    for (const auto& file : files)
        if (const auto age = age_days(file); age && (!least || *age < *least))
            least = age;
    return least;
}

} // namespace

util::Status add_advisories(const Session& session, const AuditOptions& options, const advisory::DebianNames& names,
                            advisory::Set& set)
{
    auto places = session.site.audit.advisories;
    places.insert(places.end(), options.advisories.begin(), options.advisories.end());
    const auto oldest = options.oldest_days.value_or(session.site.audit.oldest_days);
    for (const auto& place : places) {
        if (http::is_http(place)) {
            SF_CHECK(add_url(session, place, oldest, names, set));
            continue;
        }
        if (!util::path_exists(place))
            return util::fail(ErrorCode::usage, fmt::format("there are no advisories at {}", place),
                              "name a file in the OSV format, a directory of such files, or a URL");
        SF_CHECK(set.add(place, names));
        SF_TRY(const auto age, age_of_place(place));
        if (age && *age > oldest)
            warn(session,
                 fmt::format("the advisories in {} are {} days old; holes found since then are missing", place, *age));
    }
    return {};
}

} // namespace sf::app
