#include "verify/verify.hpp"
#include "cli/command.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::cli {
namespace {

void print(const verify::Report& report)
{
    for (const auto& finding : report.violations)
        fmt::print("VIOLATION {}: {}: {}\n", verify::to_string(finding.kind), finding.file, finding.detail);
    for (const auto& finding : report.accepted)
        fmt::print("accepted  {}: {}: {}\n", verify::to_string(finding.kind), finding.file, finding.detail);
    fmt::print("{} files, {} of them ELF; from the system: {}\n", report.files, report.elf_files,
               util::join(report.system_libraries, " "));
    if (!report.highest_glibc.empty())
        fmt::print("needs glibc {} or newer ({})\n", report.highest_glibc, report.highest_glibc_file);
    if (!report.target.empty())
        fmt::print("needs a processor with {}{}\n", report.target,
                   report.target_file.empty() ? ": any of the family" : fmt::format(" ({})", report.target_file));
    fmt::print("{} violations\n", report.violations.size());
}

} // namespace

void add_verify(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "verify", "Audit a software tarball or tree: will it run wherever it is unpacked?",
                                "slurm-factory verify ~/.slurm-factory/builds/slurm-24.11-software.tar.gz");
    auto path = std::make_shared<std::string>();
    command->add_option("TARBALL|DIR", *path, "Software tarball, or the directory it was unpacked to")->required();
    command->callback([&chosen, path] {
        chosen = [path](const app::Context&) -> util::Result<int> {
            SF_TRY(const auto report, verify::audit(*path, {}));
            print(report);
            return report.violations.empty() ? 0 : static_cast<int>(util::ErrorCode::verify);
        };
    });
}

} // namespace sf::cli
