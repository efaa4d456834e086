#include "cli/completion_scripts.hpp"

#include "cli/completion.bash.hpp"
#include "cli/completion.fish.hpp"
#include "cli/completion.zsh.hpp"
#include "util/fill_in.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace sf::cli {
namespace {

using util::shell_quote;

/// Options of the program stand behind any command, too.
std::vector<OptionSurface> options_of(const CommandSurface& program, const CommandSurface& command)
{
    auto options = command.options;
    if (&command != &program)
        for (const auto& option : program.options)
            if (std::none_of(options.begin(), options.end(),
                             [&](const OptionSurface& own) { return own.names == option.names; }) &&
                option.names.front() != "--version")
                options.push_back(option);
    return options;
}

/// Branches of `case "$command:$word"` that follow the words of commands, in bash and zsh.
std::string command_branches(const CommandSurface& program)
{
    std::string text;
    for (const auto* command : all_commands(program))
        for (const auto& below : command->commands)
            text += fmt::format("            {}) command={} ;;\n",
                                shell_quote(command->words() + ":" + below.path.back()), shell_quote(below.words()));
    return text;
}

/// Patterns of all options that take a value, in `case "$word"`.
std::string valued_options(const CommandSurface& program)
{
    std::set<std::string> names;
    for (const auto* command : all_commands(program))
        for (const auto& option : command->options)
            if (!option.value.empty())
                names.insert(option.names.begin(), option.names.end());
    return util::join({names.begin(), names.end()}, "|");
}

/// What the two shells say to complete a value.
struct ValueWords {
    const char* directory;
    const char* file;
    const char* choice;  ///< {}: the choices
    const char* nothing; ///< {}: the value's name
};

/// Branches of `case "$command:$previous"`, in bash and zsh.
std::string value_branches(const CommandSurface& program, const ValueWords& words)
{
    std::string text;
    for (const auto* command : all_commands(program))
        for (const auto& option : command->options) {
            if (option.value.empty())
                continue;
            std::vector<std::string> patterns;
            for (const auto& name : option.names)
                patterns.push_back(command == &program ? "*:" + name : shell_quote(command->words() + ":" + name));
            std::string action = words.directory;
            if (option.completion == Completion::file)
                action = words.file;
            else if (option.completion == Completion::choice)
                action = fmt::format(fmt::runtime(words.choice), util::join(option.choices, " "));
            else if (option.completion == Completion::nothing)
                action = fmt::format(fmt::runtime(words.nothing), shell_quote(option.value));
            text += fmt::format("        {}) {} ;;\n", util::join(patterns, "|"), action);
        }
    return text;
}

std::vector<std::string> positional_choices(const CommandSurface& command)
{
    std::vector<std::string> choices;
    for (const auto& positional : command.positionals)
        choices.insert(choices.end(), positional.choices.begin(), positional.choices.end());
    return choices;
}

bool wants_files(const CommandSurface& command)
{
    return std::any_of(command.positionals.begin(), command.positionals.end(), [](const OptionSurface& positional) {
        return positional.completion == Completion::file || positional.completion == Completion::directory;
    });
}

std::string bash_words(const CommandSurface& program)
{
    std::string text;
    for (const auto* command : all_commands(program)) {
        std::vector<std::string> commands;
        for (const auto& below : command->commands)
            commands.push_back(below.path.back());
        if (commands.empty())
            commands = positional_choices(*command);
        std::vector<std::string> options;
        for (const auto& option : options_of(program, *command))
            options.insert(options.end(), option.names.begin(), option.names.end());
        text += fmt::format("        {}) words={} options={} files={} ;;\n", shell_quote(command->words()),
                            shell_quote(util::join(commands, " ")), shell_quote(util::join(options, " ")),
                            wants_files(*command) ? "yes" : "no");
    }
    return text;
}

/// zsh's and fish's lists have the description behind the word.
std::string described(const std::vector<std::pair<std::string, std::string>>& words)
{
    std::string text;
    for (const auto& [word, description] : words)
        text += " " + shell_quote(util::replace_all(word, ":", R"(\:)") + ":" + description);
    return text;
}

std::string zsh_words(const CommandSurface& program)
{
    std::string text;
    for (const auto* command : all_commands(program)) {
        std::vector<std::pair<std::string, std::string>> commands;
        for (const auto& below : command->commands)
            commands.emplace_back(below.path.back(), below.description);
        for (const auto& choice : positional_choices(*command))
            commands.emplace_back(choice, "");
        std::vector<std::pair<std::string, std::string>> options;
        for (const auto& option : options_of(program, *command))
            for (const auto& name : option.names)
                options.emplace_back(name, option.description);
        text +=
            fmt::format("        {})\n            words_of=({} )\n            options=({} )\n            files={} ;;\n",
                        shell_quote(command->words()), described(commands), described(options),
                        wants_files(*command) ? "yes" : "no");
    }
    return text;
}

std::string fish_option(const CommandSurface& command, const OptionSurface& option)
{
    auto line = std::string("complete -c slurm-factory");
    if (!command.path.empty())
        line += " -n " + shell_quote("__slurm_factory_at " + command.words());
    for (const auto& name : option.names)
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (option.completion == Completion::directory)
        line += " -x -a '(__fish_complete_directories (commandline -ct))'";
    else if (option.completion == Completion::file)
        line += " -r -F";
    else if (option.completion == Completion::choice)
        line += " -x -a " + shell_quote(util::join(option.choices, " "));
    else if (!option.value.empty())
        line += " -x";
    return line + " -d " + shell_quote(option.description) + "\n";
}

} // namespace

std::string bash_completion(const CommandSurface& program)
{
    constexpr ValueWords values = {
        R"(compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return)",
        R"(compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return)",
        R"(mapfile -t COMPREPLY < <(compgen -W '{}' -- "$current"); return)", "return"};
    return util::fill_in(completion_bash(), {{"valued_options", valued_options(program)},
                                             {"command_branches", command_branches(program)},
                                             {"value_branches", value_branches(program, values)},
                                             {"words", bash_words(program)}});
}

std::string zsh_completion(const CommandSurface& program)
{
    constexpr ValueWords values = {"_directories; return", "_files; return", "compadd -- {}; return",
                                   "_message -- {}; return"};
    return util::fill_in(completion_zsh(), {{"valued_options", valued_options(program)},
                                            {"command_branches", command_branches(program)},
                                            {"value_branches", value_branches(program, values)},
                                            {"words", zsh_words(program)}});
}

std::string fish_completion(const CommandSurface& program)
{
    std::string branches;
    for (const auto* command : all_commands(program))
        for (const auto& below : command->commands)
            branches +=
                fmt::format("            case {}\n                set command {}\n",
                            shell_quote(command->words() + ":" + below.path.back()), shell_quote(below.words()));
    auto text =
        util::fill_in(completion_fish(), {{"valued_options", util::replace_all(valued_options(program), "|", " ")},
                                          {"command_branches", branches}});
    for (const auto* command : all_commands(program)) {
        const auto at =
            shell_quote(command->path.empty() ? "__slurm_factory_at ''" : "__slurm_factory_at " + command->words());
        for (const auto& below : command->commands)
            text += fmt::format("complete -c slurm-factory -n {} -a {} -d {}\n", at, below.path.back(),
                                shell_quote(below.description));
        for (const auto& choice : positional_choices(*command))
            text += fmt::format("complete -c slurm-factory -n {} -a {}\n", at, choice);
        if (wants_files(*command))
            text += fmt::format("complete -c slurm-factory -n {} -F\n", at);
        for (const auto& option : command->options)
            text += fish_option(*command, option);
    }
    return text;
}

} // namespace sf::cli
