#include "app/build/build.hpp"
#include "app/build/check.hpp"
#include "app/build/matrix.hpp"
#include "cli/build_options.hpp"
#include "cli/build_report.hpp"
#include "cli/bundle_options.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

namespace sf::cli {
namespace {

constexpr int differs_status = static_cast<int>(util::ErrorCode::verify);

util::Result<int> check(const app::Session& session, const app::BuildRequest& request, const std::string& what)
{
    std::set<std::string> packages;
    if (what != "all")
        for (auto& name : util::split(what, ','))
            packages.insert(std::move(name));
    SF_TRY(const auto checks, app::check_build(session, request, packages));
    int status = 0;
    for (const auto& one : checks) {
        print("{}: {}\n", one.package,
              one.differences.empty() ? "the same bytes" : fmt::format("{} files differ", one.differences.size()));
        for (const auto& file : one.differences)
            print("  {} ({}): {}\n", file.path, file.slice, file.what);
        if (!one.differences.empty())
            status = differs_status;
    }
    return status;
}

/// How builds are made and told of.
struct HowToBuild {
    std::optional<std::filesystem::path> matrix;
    bool fail_fast = false;
    bool json = false; ///< events on standard output, and nothing else there
    std::string check; ///< "all", or packages with commas between them; empty: the build is not to be checked
};

std::shared_ptr<HowToBuild> add_how_to_build(CLI::App& command, Globals& globals)
{
    auto how = std::make_shared<HowToBuild>();
    auto* check = command.add_flag(
        "--check{all}", how->check,
        "Build packages of the store again, or only those of --check=PACKAGE,..., and compare; write no bundle");
    command.add_option("--matrix", how->matrix, "Build all cells of this file side by side")->type_name("FILE");
    command.add_flag("--fail-fast", how->fail_fast, "With several builds: stop all when one fails");
    command
        .add_flag_callback(
            "--json",
            [how, &globals] {
                how->json = true;
                globals.quiet = true;
                globals.events_file = "-";
            },
            "Write the events as JSON lines to standard output, and nothing else")
        ->excludes(command.get_parent()->get_option("--events"))
        ->excludes(command.get_parent()->get_option("--verbose"))
        ->excludes(check);
    return how;
}

void print_cells(const std::vector<app::CellResult>& results)
{
    for (const auto& [cell, report] : results) {
        print("== {}\n", cell.label);
        if (report)
            print_build(*report);
        else
            write(fmt::format("failed: {}\n", error_text(report.error())));
    }
    const auto failed = std::count_if(results.begin(), results.end(), [](const auto& one) { return !one.report; });
    print("{} of {} builds succeeded\n", results.size() - static_cast<std::size_t>(failed), results.size());
}

/// The exit status is that of the first cell that failed.
util::Result<int> build_several(const app::Session& session, const std::vector<app::Cell>& cells,
                                const app::BuildOptions& options, const HowToBuild& how)
{
    SF_TRY(const auto results, app::build_cells(session, cells, options, how.fail_fast));
    int status = 0;
    for (const auto& [cell, report] : results)
        if (!report &&
            (status == 0 || status == static_cast<int>(util::ErrorCode::interrupted))) // stopped by another's
            status = static_cast<int>(report.error().code);
    if (!how.json)
        print_cells(results);
    return status;
}

util::Result<int> build_all(const app::Session& session, const app::BuildRequest& request,
                            const app::BuildOptions& options, const HowToBuild& how)
{
    if (how.matrix) {
        SF_TRY(const auto cells, app::read_cells(*how.matrix, request));
        return build_several(session, cells, options, how);
    }
    SF_TRY(const auto cells, app::expand_request(request));
    if (cells.size() > 1)
        return build_several(session, cells, options, how);
    SF_TRY(const auto report, app::build(session, request, options));
    if (!how.json)
        print_build(report);
    return 0;
}

void define_build(CLI::App& command, Invocation& invocation)
{
    auto request = add_build_options(command);
    auto options = std::make_shared<app::BuildOptions>();
    auto contents = add_bundle_options(command);
    command.add_option("--pin", options->pin, "Keep the packages in the store under this name, until gc --unpin")
        ->type_name("NAME");
    auto how = add_how_to_build(command, invocation.globals);
    command.callback([&invocation, request, options, contents, how] {
        invocation.action = [request, options, contents, how](const app::Session& session) -> util::Result<int> {
            if (!how->check.empty())
                return check(session, *request, how->check);
            contents->apply(*options);
            return build_all(session, *request, *options, *how);
        };
    });
}

const Registration registered_build({
    .place = {HelpGroup::building, 1},
    .path = "build",
    .description = "Build Slurm and all it needs, and pack it so that it runs anywhere",
    .examples = "slurm-factory build --slurm-version 24.11\n"
                "  slurm-factory build --slurm-version 24.11 --minimal\n"
                "  slurm-factory build 'slurm@24.11 +gpu ~hdf5 ^hwloc@2.12:'\n"
                "  slurm-factory build --slurm-version 24.11 --source slurm=./slurm-24.11.5.tar.bz2\n"
                "  slurm-factory build --slurm-version 24.11 --with dev,debug --sign\n"
                "  slurm-factory build --slurm-version 24.11 --check=openssl,hwloc\n"
                "  slurm-factory build --slurm-version 24.11,22.05.8 --target x86_64_v2,x86_64_v3",
    .needs = Needs::builder,
    .define = define_build,
});

} // namespace
} // namespace sf::cli
