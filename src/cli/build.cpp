#include "app/build.hpp"
#include "cli/build_options.hpp"
#include "cli/command.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace sf::cli {
namespace {

void print(const app::BuildReport& report)
{
    fmt::print("{}\n", report.up_to_date ? "nothing to do: everything is as it was built"
                                         : fmt::format("{} package{} built, {} from the store", report.built,
                                                       report.built == 1 ? "" : "s", report.reused));
    if (report.bundle) {
        auto artifacts = report.bundle->software;
        artifacts.insert(artifacts.end(), {report.bundle->module, report.bundle->manifest});
        for (const auto& artifact : artifacts)
            fmt::print("  {}  {}\n", artifact.path.string(), util::human_bytes(artifact.bytes));
        fmt::print("  {}\n", report.lock.string());
    } else {
        for (const auto& package : report.packages)
            fmt::print("  {:<28}{}\n", package.id, package.tree.string());
    }
    fmt::print("unpacked size: {}\n", util::human_bytes(report.run_bytes));
}

using Archives = std::set<bundle::Archive>;

std::shared_ptr<Archives> add_archive_option(CLI::App& command)
{
    const std::map<std::string, bundle::Archive> names = {{"gz", bundle::Archive::gz}, {"zst", bundle::Archive::zst}};
    auto archives = std::make_shared<Archives>();
    command
        .add_option("--archive", *archives,
                    "Kind of the software tarball: gz, zst (a third smaller), or both as gz,zst [gz]")
        ->type_name("KIND")
        ->allow_extra_args(false)
        ->delimiter(',')
        ->transform(CLI::CheckedTransformer(names));
    return archives;
}

} // namespace

void add_build(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "build", "Build Slurm and all it needs, and pack it to be unpacked anywhere",
                                "slurm-factory build --slurm-version 24.11\n"
                                "  slurm-factory build --slurm-version 24.11 --minimal\n"
                                "  slurm-factory build 'slurm@24.11 +gpu ~hdf5 ^hwloc@2.12:'\n"
                                "  slurm-factory build --slurm-version 24.11 --source slurm=./slurm-24.11.5.tar.bz2");
    auto request = add_build_options(*command);
    auto archives = add_archive_option(*command);
    command->callback([&chosen, request, archives] {
        chosen = [request, archives](const app::Context& context) -> util::Result<int> {
            const auto wanted = archives->empty() ? Archives{bundle::Archive::gz} : *archives;
            SF_TRY(const auto report, app::build(context, *request, wanted));
            print(report);
            return 0;
        };
    });
}

} // namespace sf::cli
