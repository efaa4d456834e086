#include "cli/command.hpp"

#include <fmt/format.h>

namespace sf::cli {

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

void add_global_options(CLI::App& app, Globals& globals)
{
    auto& overrides = globals.overrides;
    // Each takes one value a time, or `--recipes mine NAME` would swallow the command's own argument.
    const auto add_list = [&app](const char* name, auto& values, const char* description) {
        return app.add_option(name, values, description)->allow_extra_args(false);
    };
    app.add_option("--root", overrides.root, "Where caches, layers, images and builds are kept [~/.slurm-factory]")
        ->type_name("DIR");
    app.add_option("--output", overrides.output, "Where finished tarballs go [ROOT/builds]")->type_name("DIR");
    add_list("--recipes", overrides.recipe_directories,
             "A directory of recipes that replace or add to the built-in ones")
        ->type_name("DIR");
    add_list("--images", overrides.image_directories,
             "A directory of base image recipes that replace or add to the built-in ones")
        ->type_name("DIR");
    add_list("--mirror", overrides.mirrors, "A directory, file:// or http(s):// URL to look for sources in first")
        ->type_name("URL");
    add_list("--cache", overrides.remotes, "A binary cache to take packages from, before the configured ones")
        ->type_name("URL");
    add_list("--packages", overrides.package_files,
             "A file of package settings in the format of Spack's packages.yaml, over the configured ones")
        ->type_name("FILE");
    app.add_flag_callback(
        "--offline", [&overrides] { overrides.offline = true; }, "Never touch the network");
    app.add_option("--jobs,-j", overrides.jobs, "Parallel jobs of the whole run [one per core]")->type_name("N");
    app.add_option("--retries", overrides.retries, "Further tries of a failed transfer [3]")->type_name("N");
    app.add_option("--connect-timeout", overrides.connect_timeout_seconds, "Seconds to wait for a connection [10]")
        ->type_name("S");
    app.add_option("--image", overrides.image, "Base image to build in [the host's suite]")->type_name("NAME");
    app.add_option(
           "--backend", overrides.backend,
           "How builds are isolated: oci, lxd or host, which is not at all [the first of oci and lxd that works]")
        ->type_name("NAME");
    app.add_option("--runtime", overrides.runtime, "OCI runtime: crun or runc [the first that is installed]")
        ->type_name("NAME");
    app.add_flag("--quiet,-q", globals.quiet, "Say nothing but results and errors");
    app.add_flag("--verbose,-v", globals.verbose, "Say more: why packages are built, and what they print")
        ->excludes("--quiet");
    app.add_option("--events", globals.events_file,
                   "Also write every event as a JSON line to this file (-: standard output)")
        ->type_name("FILE");
}

} // namespace sf::cli
