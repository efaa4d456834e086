#include "app/request/plan.hpp"
#include "cli/build_options.hpp"
#include "cli/choice.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

#include <map>

namespace sf::cli {
namespace {

using app::PlanFormat;

struct Options {
    std::shared_ptr<app::BuildRequest> request;
    PlanFormat format;
    std::optional<std::filesystem::path> lock_file;
};

void add(CLI::App& command, Action& chosen, PlanFormat standard, std::map<std::string, PlanFormat> formats,
         const char* description)
{
    auto options = std::make_shared<Options>(Options{add_build_options(command), standard, {}});
    formats["text"] = standard;
    command.add_option("--format", options->format, description)->type_name("FORMAT")->transform(choice(formats));
    command.add_option("--lock", options->lock_file, "Also write the solution to this lock file, for --locked")
        ->type_name("FILE");
    command.callback([&chosen, options] {
        chosen = [options](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto text,
                   app::describe_plan(session, *options->request, options->format, options->lock_file));
            print_document(text);
            return 0;
        };
    });
}

} // namespace

void add_plan(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "plan", "Show what a build would do, without doing it",
                                "slurm-factory plan --slurm-version 24.11 --minimal\n"
                                "  slurm-factory plan --slurm-version 24.11 --minimal --format sh > build.sh");
    add(*command, chosen, PlanFormat::list,
        {{"json", PlanFormat::json}, {"dot", PlanFormat::dot}, {"sh", PlanFormat::sh}},
        "text, json, dot (Graphviz), or sh: the same build as a plain serial script");
}

void add_spec(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "spec", "Show what a request comes to: the packages, and why each is there",
                                "slurm-factory spec 'slurm@24.11 +gpu'\n"
                                "  slurm-factory spec --slurm-version 24.11 --lock slurm.lock\n"
                                "  slurm-factory spec --slurm-version 24.11 --format dot | dot -Tsvg > slurm.svg");
    add(*command, chosen, PlanFormat::tree, {{"json", PlanFormat::json}, {"dot", PlanFormat::dot}},
        "text, json or dot (Graphviz)");
}

} // namespace sf::cli
