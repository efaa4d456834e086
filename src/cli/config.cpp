#include "cli/command.hpp"
#include "cli/output.hpp"
#include "site/setting.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace sf::cli {
namespace {

/// One value with the place it comes from.
struct Line {
    std::string key;
    std::string value;
    std::string origin;
};

std::vector<Line> lines_of(const site::Site& site)
{
    std::vector<Line> lines = {{"root", site.root.string(), site.origins.at("root")}};
    for (const auto& setting : site::settings())
        lines.push_back({setting.key, setting.kind->show(site), site.origins.at(setting.key)});
    return lines;
}

void print_text(const std::vector<Line>& lines)
{
    std::size_t width = 0;
    for (const auto& line : lines)
        width = std::max(width, line.key.size());
    for (const auto& line : lines)
        print("{:<{}}  {}  ({})\n", line.key, width, line.value.empty() ? "-" : line.value, line.origin);
}

void print_json(const std::vector<Line>& lines)
{
    auto json = nlohmann::ordered_json::object();
    for (const auto& line : lines)
        json[line.key] = {{"value", line.value}, {"origin", line.origin}};
    cli::print_json(json);
}

void add_show(CLI::App& config, Invocation& invocation)
{
    auto* command = add_command(config, "show", "Show every value and where it comes from",
                                "slurm-factory config show\n  slurm-factory config show --changed");
    auto changed = std::make_shared<bool>(false);
    auto format = std::make_shared<std::string>("text");
    command->add_flag("--changed", *changed, "Only values other than the default");
    add_format(*command, *format);
    command->callback([&invocation, changed, format] {
        invocation.action = [changed, format](const app::Session& session) -> util::Result<int> {
            auto lines = lines_of(session.site);
            if (*changed)
                lines.erase(std::remove_if(lines.begin(), lines.end(),
                                           [](const Line& line) { return line.origin == "default"; }),
                            lines.end());
            *format == "json" ? print_json(lines) : print_text(lines);
            return 0;
        };
    });
}

void add_check(CLI::App& config, Invocation& invocation)
{
    auto* command = add_command(config, "check", "Find errors in a configuration file",
                                "slurm-factory config check\n  slurm-factory config check new-config.yaml");
    auto file = std::make_shared<std::filesystem::path>();
    command->add_option("FILE", *file, "A config.yaml [those in use]");
    command->callback([&invocation, file] {
        invocation.action = [file](const app::Session& session) -> util::Result<int> {
            // Those in use were read before a command runs.
            if (!file->empty())
                SF_CHECK(site::check_file(*file));
            print("{}: no errors\n", file->empty() ? (session.site.root / "config.yaml").string() : file->string());
            return 0;
        };
    });
}

void define_config(CLI::App& config, Invocation& invocation)
{
    config.require_subcommand(1);
    add_show(config, invocation);
    add_check(config, invocation);
    auto* reference =
        add_command(config, "reference", "Print all keys of config.yaml", "slurm-factory config reference");
    reference->callback([&invocation] {
        invocation.action = [](const app::Session& /*session*/) -> util::Result<int> {
            print_document(site::reference());
            return 0;
        };
    });
}

const Registration registered_config({
    .place = {HelpGroup::site, 1},
    .path = "config",
    .description = "Show and check the configuration",
    .examples = "slurm-factory config show",
    .needs = Needs::nothing,
    .define = define_config,
});

} // namespace
} // namespace sf::cli
