#include "app/exchange/source_mirrors.hpp"

#include "app/request/forecast.hpp"
#include "app/session/presence.hpp"
#include "engine/fetch_pool.hpp"
#include "http/url.hpp"
#include "source/fetcher.hpp"
#include "util/files/directory.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"
#include "util/threads.hpp"

#include <algorithm>
#include <mutex>
#include <system_error>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::ErrorCode;
using util::Result;
using util::Status;

/// Whether the file has these bytes.
bool has(const fs::path& file, const util::Digest& sha256)
{
    const auto sum = util::sha256_file(file);
    return sum && *sum == sha256;
}

/// Copies beside the place and renames, so that a reader never sees half a file.
Status copy_whole(const fs::path& from, const fs::path& to)
{
    SF_CHECK(util::make_directories(to.parent_path()));
    const auto partial = to.parent_path() / ("." + to.filename().string() + ".partial");
    std::error_code error;
    fs::copy_file(from, partial, fs::copy_options::overwrite_existing, error);
    if (!error)
        fs::rename(partial, to, error);
    if (error) {
        std::error_code ignored;
        fs::remove(partial, ignored);
        return util::fail_errno(error.value(), fmt::format("cannot write {}", to.string()));
    }
    return {};
}

/// One archive; the report is shared.
class Copier {
public:
    Copier(const Session& session, fs::path directory) :
        session_(session), fetcher_(session.site, session.events), directory_(std::move(directory))
    {
    }

    Status copy(const plan::Step& step)
    {
        SF_CHECK(session_.stop.check());
        const auto fetched = fetcher_.fetch(engine::wanted_of(step), session_.stop);
        if (!fetched && fetched.error().code != ErrorCode::source)
            return tl::unexpected(fetched.error());
        if (!fetched) {
            const std::lock_guard guard(mutex_);
            report_.missing.push_back(fetched.error().message);
            return {};
        }
        SF_CHECK(keep(*fetched));
        for (const auto& patches : fetched->patches)
            SF_CHECK(keep(patches));
        return {};
    }
    [[nodiscard]] MirrorReport take() { return std::move(report_); }

private:
    Status keep(const source::Fetched& fetched)
    {
        const auto place = directory_ / fetched.sha256.to_hex() / fetched.path.filename();
        const bool is_there = has(place, fetched.sha256);
        if (!is_there)
            SF_CHECK(copy_whole(fetched.path, place));
        std::error_code ignored;
        const std::lock_guard guard(mutex_);
        (is_there ? report_.there : report_.copied) += 1;
        report_.bytes += is_there ? 0 : fs::file_size(place, ignored);
        return {};
    }

    const Session& session_;
    source::Fetcher fetcher_;
    fs::path directory_;
    std::mutex mutex_;
    MirrorReport report_;
};

/// Held while changing the list: of two concurrent changes one would be lost.
Result<util::FileLock> lock_mirrors(const Session& session)
{
    return util::FileLock::acquire(session.site.mirrors_file().string() + ".lock");
}

} // namespace

Result<MirrorReport> create_mirror(const Session& session, const BuildRequest& request, const fs::path& directory,
                                   const std::optional<PushOptions>& signing)
{
    SF_TRY(const auto solved, solve_request(session, request));
    SF_TRY(const auto presence, Presence::announce(session.site));
    SF_TRY(const auto forecast, make_forecast(session, solved));
    if (signing)
        SF_CHECK(require_built(forecast));
    std::vector<const plan::Step*> steps;
    for (const auto& step : forecast.plan.steps)
        if (step.needs_archive())
            steps.push_back(&step);
    SF_CHECK(util::make_directories(directory));
    Copier copier(session, directory);
    SF_CHECK(util::try_in_threads(session.site.network.parallel_downloads, steps.size(),
                                  [&](std::size_t item) { return copier.copy(*steps[item]); }));
    auto report = copier.take();
    std::sort(report.missing.begin(), report.missing.end());
    if (signing) {
        auto options = *signing;
        options.remote = site::mirror_packages(util::absolute_path(directory).string());
        SF_TRY(report.packages, push(session, request, options));
    }
    return report;
}

Result<std::vector<site::Mirror>> list_mirrors(const Session& session)
{
    return site::load_mirrors(session.site.mirrors_file());
}

Status add_mirror(const Session& session, const site::Mirror& mirror)
{
    if (!site::is_mirror_name(mirror.name))
        return util::fail(ErrorCode::usage, fmt::format("'{}' is not a name for a mirror", mirror.name),
                          "use letters, digits, '.', '_', '-'");
    if (!http::is_http(mirror.place) && !http::local_path(mirror.place))
        return util::fail(ErrorCode::usage, fmt::format("a mirror cannot be at '{}'", mirror.place),
                          "name an absolute directory, or a file:// or http(s):// address");
    SF_TRY(const auto lock, lock_mirrors(session));
    SF_TRY(auto mirrors, list_mirrors(session));
    for (const auto& other : mirrors)
        if (other.name == mirror.name)
            return util::fail(
                ErrorCode::usage,
                fmt::format("mirror {} already exists: {}", other.name, http::without_password(other.place)),
                fmt::format("'slurm-factory mirror remove {}' removes it", other.name));
    mirrors.push_back(mirror);
    return site::save_mirrors(session.site.mirrors_file(), mirrors);
}

Status remove_mirror(const Session& session, const std::string& name)
{
    SF_TRY(const auto lock, lock_mirrors(session));
    SF_TRY(auto mirrors, list_mirrors(session));
    const auto rest =
        std::remove_if(mirrors.begin(), mirrors.end(), [&](const site::Mirror& mirror) { return mirror.name == name; });
    if (rest == mirrors.end()) {
        std::vector<std::string> known;
        for (const auto& mirror : mirrors)
            known.push_back(mirror.name);
        return util::fail(ErrorCode::usage, fmt::format("there is no mirror '{}'", name),
                          known.empty() ? "none was added" : "there are: " + util::join(known, ", "));
    }
    mirrors.erase(rest, mirrors.end());
    return site::save_mirrors(session.site.mirrors_file(), mirrors);
}

} // namespace sf::app
