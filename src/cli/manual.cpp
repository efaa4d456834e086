#include "cli/manual.hpp"

#include "app/session/program.hpp"
#include "app/session/session.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <cctype>

namespace sf::cli {
namespace {

/// Of the pages: to be raised when what they say changes.
constexpr const char* manual_date = "2026-11-26";

/// As running text, or as a word that may be copied, in which a hyphen is a minus (groff_char(7)).
std::string roff(std::string_view text)
{
    std::string escaped;
    for (const char c : text) {
        if (c == '\\')
            escaped += R"(\e)";
        else if (c == '-')
            escaped += R"(\-)";
        else if (c == '\'')
            escaped += R"(\(aq)";
        else if (c == '~')
            escaped += R"(\(ti)";
        else if (c == '^')
            escaped += R"(\(ha)";
        else
            escaped += c;
    }
    // A dot at the start of a line would begin a request.
    return escaped.starts_with('.') ? R"(\&)" + escaped : escaped;
}

std::string command_line(const CommandSurface& command)
{
    return command.path.empty() ? "slurm-factory" : "slurm-factory " + command.words();
}

std::string synopsis(const CommandSurface& command)
{
    auto text = fmt::format(".B {}\n[\\fIOPTIONS\\fR]", roff(command_line(command)));
    for (const auto& positional : command.positionals) {
        const auto name = fmt::format(R"(\fI{}\fR)", roff(positional.names.front()));
        text += positional.required ? " " + name : fmt::format(" [{}]", name);
    }
    if (!command.commands.empty())
        text += R"( \fICOMMAND\fR ...)";
    return text + "\n";
}

std::string option_entry(const OptionSurface& option, bool positional)
{
    std::string names;
    for (const auto& name : option.names)
        names += fmt::format(R"({}\f{}{}\fR)", names.empty() ? "" : ", ", positional ? 'I' : 'B', roff(name));
    if (!positional && !option.value.empty())
        names += fmt::format(R"( \fI{}\fR)", roff(option.value));
    auto text = roff(option.description);
    if (!option.choices.empty() && text.find(option.choices.front()) == std::string::npos)
        text += ": " + roff(util::join(option.choices, ", "));
    if (option.repeats)
        text += ". May be given several times";
    return fmt::format(".TP\n{}\n{}.\n", names, text);
}

std::string option_entries(const CommandSurface& command)
{
    std::string text;
    for (const auto& positional : command.positionals)
        text += option_entry(positional, true);
    for (const auto& option : command.options)
        text += option_entry(option, false);
    return text;
}

std::string example_section(const CommandSurface& command, const char* macro)
{
    if (command.examples.empty())
        return {};
    std::string text = fmt::format("{}\n.nf\n", macro);
    for (const auto& line : util::split(util::trim(command.examples), '\n'))
        text += roff(line) + "\n";
    return text + ".fi\n";
}

/// Commands below one, each with its options.
std::string subsections(const CommandSurface& command)
{
    std::string text;
    for (const auto& below : command.commands) {
        text += fmt::format(".SS {}\n{}.PP\n{}.\n{}", roff(below.words()), synopsis(below), roff(below.description),
                            option_entries(below));
        text += example_section(below, ".PP") + subsections(below);
    }
    return text;
}

std::string command_list(const CommandSurface& program)
{
    std::string text = ".SH COMMANDS\n";
    for (const auto& command : program.commands)
        text += fmt::format(".TP\n\\fB{}\\fR\n{}.\n", roff(command.path.back()), roff(command.description));
    return text;
}

std::string see_also(const CommandSurface& program, const CommandSurface& command)
{
    std::vector<std::string> pages;
    const auto add = [&](const CommandSurface& other) {
        if (&other != &command)
            pages.push_back(fmt::format(R"(\fB{}\fR(1))", roff(manual_name(other))));
    };
    add(program);
    for (const auto& other : program.commands)
        add(other);
    return ".SH SEE ALSO\n" + util::join(pages, ",\n") + "\n";
}

} // namespace

std::string manual_name(const CommandSurface& command)
{
    return command.path.empty() ? "slurm-factory" : "slurm-factory-" + util::join(command.path, "-");
}

std::string manual_page(const CommandSurface& program, const CommandSurface& command)
{
    const auto name = manual_name(command);
    auto title = name;
    for (auto& c : title)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    auto summary = command.description;
    if (summary.ends_with('.'))
        summary.pop_back();
    auto text =
        fmt::format(".TH {} 1 {} \"slurm\\-factory {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}",
                    roff(title), manual_date, app::tool_version(), roff(name), roff(summary), synopsis(command));
    if (command.path.empty())
        text += command_list(program);
    text += ".SH OPTIONS\n" + option_entries(command);
    if (!command.path.empty()) {
        text += ".PP\nThe options of \\fBslurm\\-factory\\fR(1) may follow the command, too.\n";
        if (!command.commands.empty())
            text += ".SH COMMANDS\n" + subsections(command);
    }
    text +=
        ".SH EXIT STATUS\n0 on success; else a number for the kind of failure: 2 for a wrong command line, 4 for a\n"
        "source, 5 for a build, 7 for lack of space, 130 when interrupted. The message says the rest.\n";
    return text + example_section(command, ".SH EXAMPLES") + see_also(program, command);
}

} // namespace sf::cli
