#include "app/session/program.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "identity/user_namespace.hpp"
#include "report/json_lines.hpp"
#include "util/stop.hpp"
#include "util/threads.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace sf;

util::Result<int> run_parsed(const cli::Invocation& invocation)
{
    const auto& globals = invocation.globals;
    SF_TRY(const auto data, app::data_directory());
    SF_TRY(const auto site, site::load_site(globals.overrides, data));
    report::FanOut sinks;
    const auto terminal = cli::make_progress(globals);
    if (terminal)
        sinks.add(*terminal);
    std::unique_ptr<report::JsonLinesSink> events;
    if (!globals.events_file.empty()) {
        SF_TRY(events, report::JsonLinesSink::open(globals.events_file));
        sinks.add(*events);
    }
    SF_TRY(const auto stop, util::StopSource::make());
    const util::SignalGuard guard(stop);
    return invocation.action({site, sinks, stop.token()});
}

int complain(const util::Error& error)
{
    cli::print_error(error);
    return static_cast<int>(error.code);
}

/// The word that stands where one of the command's own commands must.
std::optional<std::string> unknown_command(const CLI::App& app, const CLI::App& command)
{
    const auto left = app.remaining(true);
    const bool wanted = !command.get_subcommands([](const CLI::App* /*any*/) { return true; }).empty();
    if (!wanted || left.empty() || left.front().starts_with('-'))
        return std::nullopt;
    return left.front();
}

/// One message for anything wrong with the command line itself.
int complain_usage(const CLI::App& app, const CLI::ParseError& error)
{
    const auto* command = &app;
    std::string words = "slurm-factory";
    while (!command->get_subcommands().empty()) {
        command = command->get_subcommands().front();
        words += " " + command->get_name();
    }
    const auto unknown = unknown_command(app, *command);
    return complain({util::ErrorCode::usage,
                     unknown ? fmt::format("there is no command '{}'", *unknown) : error.what(),
                     fmt::format("'{} --help' lists commands and options", words),
                     {}});
}

int run(int argc, char** argv)
{
    CLI::App app("Build Slurm from source with every library it needs, as a tree that runs wherever it is unpacked.",
                 "slurm-factory");
    app.footer("Example:\n  slurm-factory build --slurm-version 24.11 --minimal");
    app.set_version_flag("--version", app::tool_version());
    app.require_subcommand(1);
    cli::Invocation invocation;
    cli::add_global_options(app, invocation.globals);
    cli::add_registered_commands(app, invocation);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) { // --help, --version
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        return complain_usage(app, error);
    }
    if (cli::needs_of_parsed(app) == cli::Needs::builder)
        if (const auto entered = identity::enter_user_namespace(argv); !entered)
            return complain(entered.error());
    const auto status = run_parsed(invocation);
    if (!status)
        return complain(status.error());
    if (std::fflush(stdout) != 0) // `plan --format sh > FILE` must not seem to succeed on a full disk
        return complain(util::fail_errno(errno, "cannot write to standard output").value());
    return *status;
}

} // namespace

int main(int argc, char** argv)
{
    // What is in the store is run as root: nobody but its user may write there, whatever the shell's umask lets pass.
    ::umask(::umask(0) | S_IWGRP | S_IWOTH);
    const auto status = util::guarded([&]() -> util::Result<int> { return run(argc, argv); });
    return status ? *status : complain(status.error());
}
