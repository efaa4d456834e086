// How the commands plug into the command line. Each cli/<command>.cpp adds one command, its help beside it.
#pragma once

#include "app/session/session.hpp"
#include "site/site.hpp"
#include "util/error.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace sf::cli {

/// What the options before and after the command's name say for all commands.
struct Globals {
    site::Overrides overrides;
    bool quiet = false;
    bool verbose = false;
    std::string events_file;
};

/// Does the chosen command and prints its result on stdout; the value is the exit status.
using Action = std::function<util::Result<int>(const app::Session&)>;

/// Makes a command and remembers `action` when it is the one called.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example);

/// `--format`, text or json; `format` has what it is without the option.
void add_format(CLI::App& command, std::string& format);

/// `--json` changes what all commands have.
void add_build(CLI::App& app, Action& chosen, Globals& globals);
void add_bundle(CLI::App& app, Action& chosen);
void add_plan(CLI::App& app, Action& chosen);
void add_spec(CLI::App& app, Action& chosen);
void add_size(CLI::App& app, Action& chosen);
void add_explain(CLI::App& app, Action& chosen);
void add_gc(CLI::App& app, Action& chosen);
void add_clean(CLI::App& app, Action& chosen);
void add_config(CLI::App& app, Action& chosen);
void add_cache(CLI::App& app, Action& chosen);
/// `cache keys`, below `cache`.
void add_keys(CLI::App& cache, Action& chosen);
void add_mirror(CLI::App& app, Action& chosen);
void add_recipe(CLI::App& app, Action& chosen);
void add_image(CLI::App& app, Action& chosen);
void add_external(CLI::App& app, Action& chosen);
void add_verify(CLI::App& app, Action& chosen);
void add_audit(CLI::App& app, Action& chosen);
void add_init(CLI::App& app, Action& chosen);
void add_deploy(CLI::App& app, Action& chosen);
void add_rollback(CLI::App& app, Action& chosen);
void add_doctor(CLI::App& app, Action& chosen);
void add_status(CLI::App& app, Action& chosen);
void add_top(CLI::App& app, Action& chosen);
void add_logs(CLI::App& app, Action& chosen);
void add_completion(CLI::App& app, Action& chosen);
void add_man(CLI::App& app, Action& chosen);
void add_global_options(CLI::App& app, Globals& globals);

} // namespace sf::cli
