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

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace sf;

util::Result<int> run_chosen(const cli::Globals& globals, const cli::Action& action)
{
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
    return action({site, sinks, stop.token()});
}

int complain(const util::Error& error)
{
    cli::print_error(error);
    return static_cast<int>(error.code);
}

/// Commands that make, read or remove files which belong to the builder: an ordinary user does them in a user
/// namespace.
bool works_on_store(const CLI::App& app)
{
    constexpr std::array<std::string_view, 9> commands = {"build",    "bundle", "cache", "clean", "doctor",
                                                          "external", "gc",     "image", "mirror"};
    return std::any_of(commands.begin(), commands.end(),
                       [&app](std::string_view name) { return app.got_subcommand(std::string(name)); });
}

/// `verify` needs a sandbox only where it runs what it verifies.
bool runs_tree(const CLI::App& app)
{
    const auto* verify = app.get_subcommand("verify");
    return app.got_subcommand(verify) && verify->count("--run") + verify->count("--on") > 0;
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
                     fmt::format("'{} --help' lists what there is", words),
                     {}});
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
    cli::add_build(app, chosen, globals);
    cli::add_bundle(app, chosen);
    cli::add_spec(app, chosen);
    cli::add_plan(app, chosen);
    cli::add_size(app, chosen);
    cli::add_explain(app, chosen);
    cli::add_cache(app, chosen);
    cli::add_mirror(app, chosen);
    cli::add_gc(app, chosen);
    cli::add_clean(app, chosen);
    cli::add_recipe(app, chosen);
    cli::add_image(app, chosen);
    cli::add_external(app, chosen);
    cli::add_verify(app, chosen);
    cli::add_init(app, chosen);
    cli::add_deploy(app, chosen);
    cli::add_rollback(app, chosen);
    cli::add_config(app, chosen);
    cli::add_doctor(app, chosen);
    cli::add_audit(app, chosen);
    cli::add_status(app, chosen);
    cli::add_top(app, chosen);
    cli::add_logs(app, chosen);
    cli::add_completion(app, chosen);
    cli::add_man(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) { // --help, --version
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        return complain_usage(app, error);
    }
    if (works_on_store(app) || runs_tree(app))
        if (const auto entered = identity::enter_user_namespace(argv); !entered)
            return complain(entered.error());
    const auto status = run_chosen(globals, chosen);
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
