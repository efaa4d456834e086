#include "cli/command.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <vector>

namespace sf::cli {
namespace {

// Registrations are constructed before main(), in any order: the list must need no construction of its own.
const Registration* newest_registration = nullptr;

std::size_t depth(const Command& command)
{
    return util::split(command.path, ' ').size();
}

/// In the order of --help, each behind the one that it is below.
std::vector<const Command*> registered_commands()
{
    std::vector<const Command*> commands;
    for (const auto* one = newest_registration; one != nullptr; one = one->next)
        commands.push_back(&one->command);
    const auto key = [](const Command& command) {
        return std::tuple(depth(command), command.place.group, command.place.rank, std::string_view(command.path));
    };
    std::sort(commands.begin(), commands.end(), [&key](const auto* a, const auto* b) { return key(*a) < key(*b); });
    return commands;
}

} // namespace

Registration::Registration(const Command& made) noexcept : command(made), next(newest_registration)
{
    newest_registration = this;
}

void add_registered_commands(CLI::App& app, Invocation& invocation)
{
    for (const auto* command : registered_commands()) {
        auto words = util::split(command->path, ' ');
        const auto name = words.back();
        words.pop_back();
        auto* parent = &app;
        for (const auto& word : words)
            parent = parent->get_subcommand(word);
        command->define(*add_command(*parent, name, command->description, command->examples), invocation);
    }
}

Needs needs_of_parsed(const CLI::App& app)
{
    auto needs = Needs::nothing;
    const auto commands = registered_commands();
    const auto* parsed = &app;
    for (std::string path; !parsed->get_subcommands().empty(); path += ' ') {
        parsed = parsed->get_subcommands().front();
        path += parsed->get_name();
        const auto found = std::find_if(commands.begin(), commands.end(),
                                        [&path](const auto* command) { return path == command->path; });
        if (found != commands.end())
            needs = (*found)->needs_with ? (*found)->needs_with(*parsed) : (*found)->needs;
    }
    return needs;
}

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example)
{
    auto* command = parent.add_subcommand(name, description);
    command->footer("Example:\n  " + example);
    command->fallthrough(); // options for all commands may stand after the command's name
    return command;
}

void add_format(CLI::App& command, std::string& format)
{
    command.add_option("--format", format, fmt::format("text or json [{}]", format))
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}));
}

} // namespace sf::cli
