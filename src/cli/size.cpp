#include "app/request/size.hpp"
#include "cli/build_options.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string known(const std::optional<std::uint64_t>& bytes)
{
    return bytes ? util::human_bytes(*bytes) : "-";
}

void print_table(const app::SizeReport& report)
{
    constexpr const char* line = "{:<{}}  {:>10}  {:>7}  {:>10}  {:>10}  {:>6}  {:<5}  {:>10}\n";
    std::size_t width = 0;
    std::size_t shipping = 0;
    for (const auto& package : report.packages) {
        width = std::max(width, package.name.size() + 1 + package.version.size());
        shipping += package.ships ? 1 : 0;
    }
    const auto total = fmt::format("{} that ship", shipping);
    width = std::max(width, total.size());
    print(line, "package", width, "unpacked", "share", ".gz", ".zst", "files", "ships", "adds");
    for (const auto& package : report.packages)
        print(line, package.name + "@" + package.version, width, util::human_bytes(package.run.bytes),
              package.ships ? fmt::format("{:.1f} %", 100 * package.share) : "-",
              util::human_bytes(package.run.gz_bytes), known(package.run.zst_bytes), package.run.files,
              package.ships ? "yes" : "no", package.ships ? util::human_bytes(package.adds_bytes) : "-");
    print(line, total, width, util::human_bytes(report.total.bytes), "100.0 %",
          util::human_bytes(report.total.gz_bytes), known(report.total.zst_bytes), report.total.files, "", "");
}

/// The sizes as members of an object; zst_bytes is left out while it is not known.
Json to_json(const app::SliceSize& size)
{
    Json json = {{"bytes", size.bytes}, {"gz_bytes", size.gz_bytes}};
    if (size.zst_bytes)
        json["zst_bytes"] = *size.zst_bytes;
    json["files"] = size.files;
    return json;
}

void print_json(const app::SizeReport& report)
{
    Json json = {{"packages", Json::array()}, {"total", to_json(report.total)}};
    for (const auto& package : report.packages) {
        Json entry = {{"package", package.name}, {"version", package.version}, {"ships", package.ships}};
        entry.update(to_json(package.run));
        if (package.ships) {
            entry["share"] = package.share;
            entry["adds"] = {
                {"packages", package.adds}, {"bytes", package.adds_bytes}, {"gz_bytes", package.adds_gz_bytes}};
        }
        json["packages"].push_back(std::move(entry));
    }
    cli::print_json(json);
}

void define_size(CLI::App& command, Invocation& invocation)
{
    auto request = add_build_options(command);
    auto format = std::make_shared<std::string>("text");
    add_format(command, *format);
    command.callback([&invocation, request, format] {
        invocation.action = [request, format](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto report, app::measure_sizes(session, *request));
            if (*format == "json")
                print_json(report);
            else
                print_table(report);
            return 0;
        };
    });
}

const Registration registered_size({
    .place = {HelpGroup::requests, 3},
    .path = "size",
    .description = "Show the size of each package of a build, and what you save without it",
    .examples = "slurm-factory size --slurm-version 24.11 --minimal\n"
                "  slurm-factory size --slurm-version 24.11 --minimal --format json",
    .needs = Needs::nothing,
    .define = define_size,
});

} // namespace
} // namespace sf::cli
