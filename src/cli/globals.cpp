#include "cli/command.hpp"
#include "site/setting.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sf::cli {

namespace {

/// The option of a setting, which outlives the command line. What it says is kept as text for load_site() to read.
CLI::Option* add_setting(CLI::App& app, const site::Setting& setting, site::Overrides& overrides)
{
    using Words = std::vector<std::string>;
    const auto& option = *setting.command_option;
    const std::string names = *option.letter == '\0' ? option.name : fmt::format("{},{}", option.name, option.letter);
    const auto give = [&overrides, &setting](Words words) { overrides.given[setting.key] = std::move(words); };
    switch (setting.kind->form) {
    case site::Kind::Form::flag:
        return app.add_flag_callback(
            names, [give] { give({"true"}); }, setting.option_help());
    case site::Kind::Form::number:
        return app.add_option_function<std::optional<unsigned>>(
            names,
            [give](const std::optional<unsigned>& number) {
                if (number)
                    give({std::to_string(*number)});
            },
            setting.option_help());
    case site::Kind::Form::list:
        // One value a time, or `--recipes mine NAME` would swallow the command's own argument.
        return app.add_option_function<Words>(names, give, setting.option_help())->allow_extra_args(false);
    case site::Kind::Form::text:
        break;
    }
    return app.add_option_function<std::optional<std::string>>(
        names,
        [give](const std::optional<std::string>& text) {
            if (text)
                give({*text});
        },
        setting.option_help());
}

} // namespace

void add_global_options(CLI::App& app, Globals& globals)
{
    app.add_option("--root", globals.overrides.root,
                   "Where caches, layers, images and builds are kept [~/.slurm-factory]")
        ->type_name("DIR");
    for (const auto* setting : site::settings_with_option()) {
        auto* option = add_setting(app, *setting, globals.overrides);
        if (*setting->command_option->value != '\0')
            option->type_name(setting->command_option->value);
    }
    app.add_flag("--quiet,-q", globals.quiet, "Print only results and errors");
    app.add_flag("--verbose,-v", globals.verbose, "Also print why packages are built, and their output")
        ->excludes("--quiet");
    app.add_option("--events", globals.events_file,
                   "Also write every event as a JSON line to this file (-: standard output)")
        ->type_name("FILE");
}

} // namespace sf::cli
