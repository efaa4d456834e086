#include "app/exchange/pull.hpp"
#include "app/exchange/remote_entries.hpp"
#include "app/exchange/runnable_image.hpp"
#include "app/upkeep/caches.hpp"
#include "app/upkeep/store_check.hpp"
#include "cli/build_options.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/push_options.hpp"
#include "util/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ctime>
#include <memory>
#include <string>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;

void print_garbage(const app::GarbageReport& report, bool dry_run)
{
    std::uint64_t bytes = 0;
    for (const auto& item : report.garbage) {
        print("{:<8} {:<34} {:>10}  {}\n", item.kind, item.name, util::human_bytes(item.bytes), item.why);
        bytes += item.bytes;
    }
    if (report.garbage.empty())
        print("nothing to remove\n");
    else
        print("{} {}\n", util::human_bytes(bytes), dry_run ? "would be freed" : "freed");
    for (const auto& excess : report.excesses)
        print("{} takes {}, more than {} allows\n", excess.needed, util::human_bytes(excess.bytes), excess.setting);
}

std::shared_ptr<bool> add_dry_run(CLI::App& command)
{
    auto dry_run = std::make_shared<bool>(false);
    command.add_flag("-n,--dry-run", *dry_run, "Show what would be removed, and remove nothing");
    return dry_run;
}

void print_stats(const app::CacheStats& stats)
{
    for (const auto& cache : stats.caches)
        print("{:<9} {:>10}{}  {:>6} entries  {}\n", cache.name, util::human_bytes(cache.bytes),
              cache.budget == 0 ? "" : " of " + util::human_bytes(cache.budget), cache.entries, cache.path);
    for (const auto& root : stats.kept)
        print("kept      {}\n", root);
    for (const auto& run : stats.runs)
        print("{:%Y-%m-%d %H:%M}  {:>6.1f} s  {} built, {} from the store, {} from binary caches ({}), {:.0f} s of CPU "
              "and {} of layers saved; sources: {} cached ({}), {} fetched ({}); ccache: {} hits, {} misses  {}\n",
              fmt::localtime(static_cast<std::time_t>(run.started)), run.wall_seconds, run.built, run.reused,
              run.pulled, util::human_bytes(run.pulled_bytes), run.saved_seconds,
              util::human_bytes(run.saved_layer_bytes), run.sources_cached, util::human_bytes(run.saved_source_bytes),
              run.sources_fetched, util::human_bytes(run.fetched_bytes), run.compiler_hits, run.compiler_misses,
              run.request);
}

void print_stats_json(const app::CacheStats& stats)
{
    Json json = {{"caches", Json::array()}, {"kept", stats.kept}, {"runs", Json::array()}};
    for (const auto& cache : stats.caches)
        json["caches"].push_back({{"name", cache.name},
                                  {"path", cache.path},
                                  {"entries", cache.entries},
                                  {"bytes", cache.bytes},
                                  {"budget_bytes", cache.budget}});
    for (const auto& run : stats.runs)
        json["runs"].push_back({{"started", run.started},
                                {"request", run.request},
                                {"built", run.built},
                                {"reused", run.reused},
                                {"pulled", run.pulled},
                                {"pulled_bytes", run.pulled_bytes},
                                {"sources_cached", run.sources_cached},
                                {"sources_fetched", run.sources_fetched},
                                {"fetched_bytes", run.fetched_bytes},
                                {"compiler_hits", run.compiler_hits},
                                {"compiler_misses", run.compiler_misses},
                                {"wall_seconds", run.wall_seconds},
                                {"saved_cpu_seconds", run.saved_seconds},
                                {"saved_layer_bytes", run.saved_layer_bytes},
                                {"saved_source_bytes", run.saved_source_bytes}});
    print_json(json);
}

void add_stats(CLI::App& cache, Invocation& invocation)
{
    struct Options {
        unsigned runs = 10;
        std::string format = "text";
    };
    auto options = std::make_shared<Options>();
    auto* command = add_command(cache, "stats", "Show the size of each cache, and what the last builds took from it",
                                "slurm-factory cache stats --runs 50 --format json");
    command->add_option("--runs", options->runs, "Number of builds to show [10]")->type_name("N");
    add_format(*command, options->format);
    command->callback([&invocation, options] {
        invocation.action = [options](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto stats, app::cache_stats(session, options->runs));
            if (options->format == "json")
                print_stats_json(stats);
            else
                print_stats(stats);
            return 0;
        };
    });
}

void add_push(CLI::App& cache, Invocation& invocation)
{
    auto* command = add_command(cache, "push", "Put the packages of a build into a binary cache",
                                "slurm-factory cache push /srv/slurm-cache --slurm-version 24.11\n"
                                "  slurm-factory cache push oci://registry.example.org/hpc/slurm 'slurm@24.11 +gpu' "
                                "--key site.key");
    auto options = std::make_shared<app::PushOptions>();
    command->add_option("REMOTE", options->remote, "A directory, or oci://HOST[:PORT]/REPOSITORY")->required();
    auto request = add_build_options(*command);
    add_push_options(*command, *options);
    command
        ->add_option("--as", options->image_tag,
                     "Also push the whole build under this name, as an image for podman and the like")
        ->type_name("TAG");
    command
        ->add_option("--base", options->image_base, fmt::format("The base system of --as [{}]", app::default_run_base))
        ->type_name("IMAGE");
    command->callback([&invocation, options, request] {
        invocation.action = [options, request](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto report, app::push(session, *request, *options));
            print_push(report);
            return 0;
        };
    });
}

void add_pull(CLI::App& cache, Invocation& invocation)
{
    auto* command = add_command(cache, "pull", "Take the packages of a build from binary caches, and build nothing",
                                "slurm-factory cache pull --slurm-version 24.11 --cache /srv/slurm-cache");
    auto request = add_build_options(*command);
    command->callback([&invocation, request] {
        invocation.action = [request](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto report, app::pull(session, *request));
            print("{} pulled, {} were there\n", report.pulled, report.there);
            if (!report.missing.empty())
                print("not found: {}\n", util::join(report.missing, ", "));
            return report.missing.empty() ? 0 : static_cast<int>(util::ErrorCode::source);
        };
    });
}

util::Result<int> print_remote(const app::Session& session, const std::string& remote, bool thorough)
{
    SF_TRY(const auto entries, app::list_remote(session, remote, thorough));
    unsigned faults = 0;
    std::size_t images = 0;
    for (const auto& entry : entries) {
        print("{:<28} {:>10}  {}  {}{}\n", entry.package.empty() ? "?" : entry.package, util::human_bytes(entry.bytes),
              entry.key ? entry.key->to_short() : "-",
              entry.signer.empty() ? "not signed by the ring" : "signed by " + entry.signer,
              entry.fault.empty() ? "" : "; " + entry.fault);
        faults += entry.fault.empty() ? 0 : 1;
        images += entry.is_image ? 1 : 0;
    }
    print("{} packages, {} images{}\n", entries.size() - images, images,
          faults == 0 ? "" : fmt::format(", {} with faults", faults));
    return faults == 0 ? 0 : static_cast<int>(util::ErrorCode::verify);
}

util::Result<int> print_store(const app::Session& session, bool remove)
{
    SF_TRY(const auto check, app::check_store(session, remove));
    bool all_removed = true;
    for (const auto& layer : check.damaged) {
        print("layer {} of {}{}\n", layer.digest.to_short(),
              layer.packages.empty() ? "no package" : util::join(layer.packages, ", "),
              layer.removed ? ": removed"
              : remove      ? ": in use, not removed"
                            : "");
        for (const auto& fault : layer.faults)
            print("    {} {}\n", fault.path, fault.what);
        all_removed = all_removed && layer.removed;
    }
    print("{} layers ({}) read, {} damaged\n", check.layers, util::human_bytes(check.bytes), check.damaged.size());
    if (check.damaged.empty())
        return 0;
    if (!remove)
        return util::fail(util::ErrorCode::verify, "the store has layers that were changed after they were made",
                          "remove them with 'slurm-factory cache verify --store --remove'; the next build makes them "
                          "again");
    if (!all_removed)
        return util::fail(util::ErrorCode::verify, "damaged layers are in use by a build",
                          "repeat 'slurm-factory cache verify --store --remove' when it has ended");
    print("the next build makes them again\n");
    return static_cast<int>(util::ErrorCode::verify);
}

constexpr const char* remote_help = "A directory, or a file://, http(s):// or oci:// address";

void add_list(CLI::App& cache, Invocation& invocation)
{
    auto* command = add_command(cache, "list", "Show what a binary cache has, and who signed it",
                                "slurm-factory cache list /srv/slurm-cache");
    auto remote = std::make_shared<std::string>();
    command->add_option("REMOTE", *remote, remote_help)->required();
    command->callback([&invocation, remote] {
        invocation.action = [remote](const app::Session& session) { return print_remote(session, *remote, false); };
    });
}

void add_cache_verify(CLI::App& cache, Invocation& invocation)
{
    struct Options {
        std::string remote;
        bool store = false;
        bool remove = false;
    };
    auto options = std::make_shared<Options>();
    auto* command = add_command(cache, "verify",
                                "Read everything in a binary cache or the store, and compare it with its checksums",
                                "slurm-factory cache verify /srv/slurm-cache\n"
                                "  slurm-factory cache verify --store --remove");
    auto* remote = command->add_option("REMOTE", options->remote, remote_help);
    auto* store =
        command->add_flag("--store", options->store, "Check the layers of built packages in the root directory");
    remote->excludes(store);
    command->add_flag("--remove", options->remove, "Remove damaged layers; the next build makes them again")
        ->needs(store);
    command->callback([&invocation, options] {
        if (options->remote.empty() && !options->store)
            throw CLI::RequiredError("REMOTE or --store");
        invocation.action = [options](const app::Session& session) {
            return options->store ? print_store(session, options->remove)
                                  : print_remote(session, options->remote, true);
        };
    });
}

void add_prune(CLI::App& cache, Invocation& invocation)
{
    struct Options {
        std::string remote;
        unsigned keep_days = 90;
    };
    auto options = std::make_shared<Options>();
    auto* command = add_command(cache, "prune", "Remove old packages from a binary cache",
                                "slurm-factory cache prune /srv/slurm-cache --keep-days 30 --dry-run");
    command->add_option("REMOTE", options->remote, "A directory, or a file:// address")->required();
    command->add_option("--keep-days", options->keep_days, "Keep packages pushed in the last N days [90]")
        ->type_name("N");
    auto dry_run = add_dry_run(*command);
    command->callback([&invocation, options, dry_run] {
        invocation.action = [options, dry_run](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto pruned, app::prune_remote(session, options->remote, options->keep_days, *dry_run));
            print("{} entries {}, {} kept; {} {}\n", pruned.keys.size(), *dry_run ? "would go" : "removed", pruned.kept,
                  util::human_bytes(pruned.bytes), *dry_run ? "would be freed" : "freed");
            if (pruned.others)
                print("other tools' images are in it that cannot be looked through, so no blob was touched\n");
            return 0;
        };
    });
}

void define_cache(CLI::App& cache, Invocation& invocation)
{
    cache.require_subcommand(1);
    add_stats(cache, invocation);
    add_push(cache, invocation);
    add_pull(cache, invocation);
    add_list(cache, invocation);
    add_cache_verify(cache, invocation);
    add_prune(cache, invocation);
}

const Registration registered_cache({
    .place = {HelpGroup::kept, 1},
    .path = "cache",
    .description = "Show, share and check what is kept between builds",
    .examples = "slurm-factory cache stats",
    .needs = Needs::builder,
    .define = define_cache,
});

void define_gc(CLI::App& command, Invocation& invocation)
{
    auto dry_run = add_dry_run(command);
    auto unpin = std::make_shared<std::string>();
    command.add_option("--unpin", *unpin, "First release what build --pin keeps under this name")->type_name("NAME");
    command.callback([&invocation, dry_run, unpin] {
        invocation.action = [dry_run, unpin](const app::Session& session) -> util::Result<int> {
            if (!unpin->empty())
                SF_CHECK(app::unpin(session, *unpin));
            SF_TRY(const auto report, app::collect_garbage(session, *dry_run));
            print_garbage(report, *dry_run);
            return 0;
        };
    });
}

const Registration registered_gc({
    .place = {HelpGroup::kept, 3},
    .path = "gc",
    .description = "Remove packages that are unused and not part of a kept build",
    .examples = "slurm-factory gc --dry-run\n"
                "  slurm-factory gc --unpin production",
    .needs = Needs::builder,
    .define = define_gc,
});

void define_clean(CLI::App& command, Invocation& invocation)
{
    auto dry_run = add_dry_run(command);
    auto full = std::make_shared<bool>(false);
    command.add_flag("--full", *full, "Also layers, images, caches and logs; not tarballs and configuration");
    command.callback([&invocation, dry_run, full] {
        invocation.action = [dry_run, full](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto report, app::clean(session, *full, *dry_run));
            print_garbage(report, *dry_run);
            return 0;
        };
    });
}

const Registration registered_clean({
    .place = {HelpGroup::kept, 4},
    .path = "clean",
    .description = "Remove what stopped builds left behind, or everything",
    .examples = "slurm-factory clean\n"
                "  slurm-factory clean --full",
    .needs = Needs::builder,
    .define = define_clean,
});

} // namespace
} // namespace sf::cli
