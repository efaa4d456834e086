#include "app/build.hpp"
#include "app/check.hpp"
#include "app/matrix.hpp"
#include "cli/build_options.hpp"
#include "cli/build_report.hpp"
#include "cli/bundle_options.hpp"
#include "cli/command.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

namespace sf::cli {
namespace {

/// "all", or packages with commas between them; empty when the build is not to be checked.
std::shared_ptr<std::string> add_check_option(CLI::App& command)
{
    auto check = std::make_shared<std::string>();
    command.add_flag(
        "--check{all}", *check,
        "Build what the store has once more, or with --check=PACKAGE,... these packages only, and compare; "
        "write no bundle");
    return check;
}

constexpr int differs_status = static_cast<int>(util::ErrorCode::verify);

util::Result<int> check(const app::Context& context, const app::BuildRequest& request, const std::string& what)
{
    std::set<std::string> packages;
    if (what != "all")
        for (auto& name : util::split(what, ','))
            packages.insert(std::move(name));
    SF_TRY(const auto checks, app::check_build(context, request, packages));
    int status = 0;
    for (const auto& one : checks) {
        fmt::print("{}: {}\n", one.package,
                   one.differences.empty() ? "the same bytes" : fmt::format("{} files differ", one.differences.size()));
        for (const auto& file : one.differences)
            fmt::print("  {} ({}): {}\n", file.path, file.slice, file.what);
        if (!one.differences.empty())
            status = differs_status;
    }
    return status;
}

/// What is asked of several builds at once.
struct MatrixOptions {
    std::optional<std::filesystem::path> file;
    bool fail_fast = false;
};

std::shared_ptr<MatrixOptions> add_matrix_options(CLI::App& command)
{
    auto matrix = std::make_shared<MatrixOptions>();
    command.add_option("--matrix", matrix->file, "Build all cells of this file beside one another")->type_name("FILE");
    command.add_flag("--fail-fast", matrix->fail_fast, "Of several builds: stop all when one fails");
    return matrix;
}

/// The exit status is that of the first cell that failed.
util::Result<int> build_several(const app::Context& context, const std::vector<app::Cell>& cells,
                                const app::BuildOptions& options, bool fail_fast)
{
    SF_TRY(const auto results, app::build_cells(context, cells, options, fail_fast));
    int status = 0;
    for (const auto& [cell, report] : results) {
        fmt::print("== {}\n", cell.label);
        if (report) {
            print_build(*report);
            continue;
        }
        fmt::print("failed: {}\n", util::to_string(report.error()));
        if (status == 0 || status == static_cast<int>(util::ErrorCode::interrupted)) // stopped by another's failure
            status = static_cast<int>(report.error().code);
    }
    const auto failed = std::count_if(results.begin(), results.end(), [](const auto& one) { return !one.report; });
    fmt::print("{} of {} builds succeeded\n", results.size() - static_cast<std::size_t>(failed), results.size());
    return status;
}

util::Result<int> build_all(const app::Context& context, const app::BuildRequest& request,
                            const app::BuildOptions& options, const MatrixOptions& matrix)
{
    if (matrix.file) {
        SF_TRY(const auto cells, app::read_cells(*matrix.file, request));
        return build_several(context, cells, options, matrix.fail_fast);
    }
    SF_TRY(const auto cells, app::expand_request(request));
    if (cells.size() > 1)
        return build_several(context, cells, options, matrix.fail_fast);
    SF_TRY(const auto report, app::build(context, request, options));
    print_build(report);
    return 0;
}

} // namespace

void add_build(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "build", "Build Slurm and all it needs, and pack it to be unpacked anywhere",
                                "slurm-factory build --slurm-version 24.11\n"
                                "  slurm-factory build --slurm-version 24.11 --minimal\n"
                                "  slurm-factory build 'slurm@24.11 +gpu ~hdf5 ^hwloc@2.12:'\n"
                                "  slurm-factory build --slurm-version 24.11 --source slurm=./slurm-24.11.5.tar.bz2\n"
                                "  slurm-factory build --slurm-version 24.11 --with dev,debug --sign\n"
                                "  slurm-factory build --slurm-version 24.11 --check=openssl,hwloc\n"
                                "  slurm-factory build --slurm-version 24.11,22.05.8 --target x86_64_v2,x86_64_v3");
    auto request = add_build_options(*command);
    auto options = std::make_shared<app::BuildOptions>();
    auto contents = add_bundle_options(*command);
    auto checked = add_check_option(*command);
    command->add_option("--pin", options->pin, "Keep the packages in the store under this name, until gc --unpin")
        ->type_name("NAME");
    auto matrix = add_matrix_options(*command);
    command->callback([&chosen, request, options, contents, checked, matrix] {
        chosen = [request, options, contents, checked, matrix](const app::Context& context) -> util::Result<int> {
            if (!checked->empty())
                return check(context, *request, *checked);
            contents->apply(*options);
            return build_all(context, *request, *options, *matrix);
        };
    });
}

} // namespace sf::cli
