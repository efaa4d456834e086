#include "app/request/size.hpp"

#include "app/request/forecast.hpp"
#include "plan/dominators.hpp"
#include "store/layer_store.hpp"

#include <algorithm>

namespace sf::app {
namespace {

void add(SliceSize& total, const SliceSize& part)
{
    total.bytes += part.bytes;
    total.gz_bytes += part.gz_bytes;
    total.files += part.files;
    if (total.zst_bytes && part.zst_bytes)
        *total.zst_bytes += *part.zst_bytes;
    else
        total.zst_bytes.reset();
}

/// By step.
util::Result<std::vector<PackageSize>> measure(const Forecast& forecast, const store::LayerStore& layers)
{
    std::vector<PackageSize> packages;
    for (const auto& item : forecast.packages) {
        PackageSize package{item.step->name, item.step->version.to_string(), {}, item.ships, 0, {}, 0, 0};
        SF_TRY(const auto info, layers.info(item.action->layers.run));
        package.run = {info.tree_bytes, info.gz_bytes, info.zst_bytes, info.files};
        packages.push_back(std::move(package));
    }
    return packages;
}

} // namespace

util::Result<SizeReport> measure_sizes(const Session& session, const BuildRequest& request)
{
    SF_TRY(const auto solved, solve_request(session, request));
    SF_TRY(const auto forecast, make_forecast(session, solved));
    SF_CHECK(require_built(forecast));
    SizeReport report;
    SF_TRY(report.packages, measure(forecast, session.layers()));
    report.total.zst_bytes = 0;
    for (const auto& package : report.packages)
        if (package.ships)
            add(report.total, package.run);
    const auto because = plan::dominated(forecast.plan.runtime_dependencies, forecast.plan.steps.size() - 1);
    for (std::size_t place = 0; place < report.packages.size(); ++place) {
        auto& package = report.packages[place];
        for (const auto other : because[place]) {
            package.adds.push_back(report.packages[other].name);
            package.adds_bytes += report.packages[other].run.bytes;
            package.adds_gz_bytes += report.packages[other].run.gz_bytes;
        }
        std::sort(package.adds.begin(), package.adds.end());
        if (package.ships && report.total.bytes > 0)
            package.share = static_cast<double>(package.run.bytes) / static_cast<double>(report.total.bytes);
    }
    std::stable_sort(report.packages.begin(), report.packages.end(),
                     [](const PackageSize& a, const PackageSize& b) { return a.run.bytes > b.run.bytes; });
    return report;
}

} // namespace sf::app
