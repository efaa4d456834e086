#include "cli/surface.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <set>

namespace sf::cli {
namespace {

/// CLI11 has choices in the name of the type: "FORMAT:{text,json}", "KIND:{gz,zst}".
std::vector<std::string> choices_of(const std::string& type)
{
    const auto open = type.find('{');
    const auto close = type.find('}');
    if (open == std::string::npos || close == std::string::npos || close < open)
        return {};
    return util::split(std::string_view(type).substr(open + 1, close - open - 1), ',');
}

Completion completion_of(const std::string& value)
{
    static const std::set<std::string, std::less<>> directories = {"DIR", "DIRECTORY"};
    static const std::set<std::string, std::less<>> files = {"FILE", "PATH", "PLACE", "REMOTE", "URL", "TARBALL"};
    if (directories.contains(value))
        return Completion::directory;
    return files.contains(value) ? Completion::file : Completion::nothing;
}

OptionSurface describe(const CLI::Option& option)
{
    OptionSurface surface;
    surface.description = option.get_description();
    surface.required = option.get_required();
    surface.repeats = option.get_expected_max() > 1;
    for (const auto& name : option.get_lnames())
        surface.names.push_back("--" + name);
    for (const auto& name : option.get_snames())
        surface.names.push_back("-" + name);
    if (surface.names.empty())
        surface.names.push_back(option.get_name(true));
    if (option.get_items_expected_min() > 0) {
        const auto type = option.get_type_name();
        surface.value = option.get_positional() ? surface.names.front() : type.substr(0, type.find(':'));
        surface.choices = choices_of(type);
        surface.completion = surface.choices.empty() ? completion_of(surface.value) : Completion::choice;
    }
    return surface;
}

/// The footer without its heading "Example:".
std::string examples_of(const CLI::App& app)
{
    std::string examples;
    for (const auto& line : util::split(app.get_footer(), '\n')) {
        const auto text = util::trim(line);
        if (!text.empty() && text != "Example:")
            examples += std::string(text) + "\n";
    }
    return examples;
}

CommandSurface describe(const CLI::App& app, std::vector<std::string> path)
{
    CommandSurface command{std::move(path), app.get_description(), examples_of(app), {}, {}, {}};
    for (const auto* option : app.get_options())
        (option->nonpositional() ? command.options : command.positionals).push_back(describe(*option));
    for (const auto* below : app.get_subcommands([](const CLI::App* /*any*/) { return true; })) {
        auto words = command.path;
        words.push_back(below->get_name());
        command.commands.push_back(describe(*below, std::move(words)));
    }
    return command;
}

void collect(const CommandSurface& command, std::vector<const CommandSurface*>& all)
{
    all.push_back(&command);
    for (const auto& below : command.commands)
        collect(below, all);
}

} // namespace

std::string CommandSurface::words() const
{
    return util::join(path, " ");
}

CommandSurface describe_surface(const CLI::App& app)
{
    return describe(app, {});
}

std::vector<const CommandSurface*> all_commands(const CommandSurface& program)
{
    std::vector<const CommandSurface*> all;
    collect(program, all);
    return all;
}

} // namespace sf::cli
