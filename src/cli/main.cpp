#include "cli/command.hpp"

#include "report/json_lines.hpp"
#include "report/terminal.hpp"
#include "util/stop.hpp"

#include <fmt/format.h>

#include <exception>

namespace {

using namespace sf;

util::Result<int> run_chosen(const cli::Globals& globals, const cli::Action& action)
{
    SF_TRY(const auto data, app::data_directory());
    SF_TRY(const auto site, site::load_site(globals.overrides, data));
    report::FanOut sinks;
    report::TerminalSink terminal(stderr);
    if (!globals.quiet)
        sinks.add(terminal);
    std::unique_ptr<report::JsonLinesSink> events;
    if (!globals.events_file.empty()) {
        SF_TRY(events, report::JsonLinesSink::open(globals.events_file));
        sinks.add(*events);
    }
    SF_TRY(const auto stop, util::StopSource::make());
    const util::SignalGuard guard(stop);
    return action({site, sinks, stop.token()});
}

int complain(const util::Error& error)
{
    fmt::print(stderr, "error: {}\n", util::to_string(error));
    return static_cast<int>(error.code);
}

/// One message for anything wrong with the command line itself.
int complain_usage(const CLI::App& app, const CLI::ParseError& error)
{
    const auto* command = &app;
    while (!command->get_subcommands().empty())
        command = command->get_subcommands().front();
    const auto name = command == &app ? std::string("slurm-factory") : command->get_display_name();
    return complain({util::ErrorCode::usage, error.what(),
                     fmt::format("'{} --help' lists what there is", command == &app ? name : "slurm-factory " + name), {}});
}

int run(int argc, char** argv)
{
    CLI::App app("Build Slurm from source with every library it needs, as a tree that runs wherever it is unpacked.",
                 "slurm-factory");
    app.footer("Example:\n  slurm-factory build --slurm-version 24.11 --minimal");
    app.set_version_flag("--version", app::tool_version());
    app.require_subcommand(1);
    cli::Globals globals;
    cli::Action chosen;
    cli::add_global_options(app, globals);
    cli::add_build(app, chosen);
    cli::add_plan(app, chosen);
    cli::add_recipe(app, chosen);
    cli::add_image(app, chosen);
    cli::add_verify(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) { // --help, --version
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        return complain_usage(app, error);
    }
    const auto status = run_chosen(globals, chosen);
    return status ? *status : complain(status.error());
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        return complain({util::ErrorCode::failure, fmt::format("internal error: {}", error.what()), {}, {}});
    }
}
