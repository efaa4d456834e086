#include "cli/build_report.hpp"

#include "cli/audit_report.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::cli {
namespace {

void print_caches(const store::RunRecord& run)
{
    print("caches: {} of {} packages from the store", run.reused, run.reused + run.pulled + run.built);
    if (run.pulled > 0)
        print(", {} from binary caches ({})", run.pulled, util::human_bytes(run.pulled_bytes));
    print(", which saved {:.0f} s of CPU time and {} of layers", run.saved_seconds,
          util::human_bytes(run.saved_layer_bytes));
    if (run.sources_cached + run.sources_fetched > 0)
        print("; {} sources from the cache ({}), {} fetched ({})", run.sources_cached,
              util::human_bytes(run.saved_source_bytes), run.sources_fetched, util::human_bytes(run.fetched_bytes));
    if (run.compiler_hits + run.compiler_misses > 0)
        print("; {} of {} compilations from ccache", run.compiler_hits, run.compiler_hits + run.compiler_misses);
    print("\n");
}

/// What 'verify' finds out file by file, in short.
void print_systems(const app::BuildReport& report)
{
    const bool generic = report.target == spec::Target::generic();
    const auto processor = generic ? report.target.to_string() + ": any" : report.target.to_string();
    if (report.floor.is_host()) {
        print("needs the glibc of its base image, and a processor with {}; 'slurm-factory verify' names systems\n",
              processor);
        return;
    }
    print("needs glibc {} or newer, and a processor with {}\nruns on: {}\n", report.floor.to_string(), processor,
          verify::list_systems(report.systems, true));
}

} // namespace

void print_build(const app::BuildReport& report)
{
    print("{}\n", report.up_to_date
                      ? "nothing to do: everything is up to date"
                      : fmt::format("{} package{} built, {} from the store{}", report.built,
                                    report.built == 1 ? "" : "s", report.reused,
                                    report.pulled == 0 ? "" : fmt::format(", {} from binary caches", report.pulled)));
    if (report.bundle) {
        for (const auto& artifact : *report.bundle)
            print("  {}  {}\n", artifact.path.string(), util::human_bytes(artifact.bytes));
        print("  {}\n", report.lock.string());
    } else {
        for (const auto& package : report.packages)
            print("  {:<28}{}\n", package.id, package.tree.string());
    }
    if (!report.html.empty())
        print("  {}\n", report.html.string());
    print("unpacked size: {}\n", util::human_bytes(report.run_bytes));
    print_systems(report);
    print_caches(report.run);
    print("{}\n", audit_line(report.audit));
}

} // namespace sf::cli
