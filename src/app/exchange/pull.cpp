#include "app/exchange/pull.hpp"

#include "app/build/prepared_build.hpp"
#include "app/remotes/remotes.hpp"
#include "engine/available.hpp"

namespace sf::app {
namespace {

using util::Result;
using util::Status;

Status require_remotes(const Session& session)
{
    if (session.site.cache.remotes.empty())
        return util::fail(util::ErrorCode::usage, "there is no binary cache to pull from",
                          "name one with --cache, or in config.yaml: cache: {remotes: [...]}");
    SF_TRY(const auto remotes, Remotes::open(session)); // warns of what keeps it from being used
    if (remotes->empty())
        return util::fail(util::ErrorCode::usage, "none of the binary caches can be pulled from",
                          "add the signer's key with 'slurm-factory cache keys add FILE.pub', or omit --offline");
    return {};
}

} // namespace

Result<PullReport> pull(const Session& session, const BuildRequest& request)
{
    SF_CHECK(require_remotes(session)); // before a base image is made for it
    SF_TRY(const auto prepared, PreparedBuild::open(session, request));
    const auto engine = prepared->engine();
    engine::AvailablePackages packages(engine, prepared->plan());
    SF_CHECK(packages.take_all(session.stop, [](std::size_t /*step*/) {}));
    PullReport report{packages.pulled(), packages.reused(), {}};
    for (std::size_t step = 0; step < prepared->plan().steps.size(); ++step)
        if (!packages.walk().action(step))
            report.missing.push_back(prepared->plan().steps[step].id());
    return report;
}

} // namespace sf::app
