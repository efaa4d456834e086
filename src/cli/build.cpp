#include "app/build.hpp"
#include "cli/build_options.hpp"
#include "cli/command.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::cli {
namespace {

void print(const app::BuildReport& report)
{
    fmt::print("{}\n", report.up_to_date ? "nothing to do: everything is as it was built"
                                         : fmt::format("{} package{} built, {} from the store", report.built,
                                                       report.built == 1 ? "" : "s", report.reused));
    if (report.bundle) {
        for (const auto* artifact : {&report.bundle->software, &report.bundle->module, &report.bundle->manifest})
            fmt::print("  {}  {}\n", artifact->path.string(), util::human_bytes(artifact->bytes));
        fmt::print("  {}\n", report.lock.string());
    } else {
        for (const auto& package : report.packages)
            fmt::print("  {:<28}{}\n", package.id, package.tree.string());
    }
    fmt::print("unpacked size: {}\n", util::human_bytes(report.run_bytes));
}

} // namespace

void add_build(CLI::App& app, Action& chosen)
{
    auto* command =
        add_command(app, "build", "Build Slurm and all it needs, and pack it to be unpacked anywhere",
                    "slurm-factory build --slurm-version 24.11\n"
                    "  slurm-factory build --slurm-version 24.11 --minimal\n"
                    "  slurm-factory build 'slurm@24.11 +gpu ~hdf5 ^hwloc@2.12:'\n"
                    "  slurm-factory build --slurm-version 24.11 --source slurm=./slurm-24.11.5.tar.bz2");
    auto request = add_build_options(*command);
    command->callback([&chosen, request] {
        chosen = [request](const app::Context& context) -> util::Result<int> {
            SF_TRY(const auto report, app::build(context, *request));
            print(report);
            return 0;
        };
    });
}

} // namespace sf::cli
