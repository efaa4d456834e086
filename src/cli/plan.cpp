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

void add(CLI::App& command, Invocation& invocation, PlanFormat standard, std::map<std::string, PlanFormat> formats,
         const char* description)
{
    auto options = std::make_shared<Options>(Options{add_build_options(command), standard, {}});
    formats["text"] = standard;
    command.add_option("--format", options->format, description)->type_name("FORMAT")->transform(choice(formats));
    command.add_option("--lock", options->lock_file, "Also write the solution to this lock file, for --locked")
        ->type_name("FILE");
    command.callback([&invocation, options] {
        invocation.action = [options](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto text,
                   app::describe_plan(session, *options->request, options->format, options->lock_file));
            print_document(text);
            return 0;
        };
    });
}

void define_plan(CLI::App& command, Invocation& invocation)
{
    add(command, invocation, PlanFormat::list,
        {{"json", PlanFormat::json}, {"dot", PlanFormat::dot}, {"sh", PlanFormat::sh}},
        "text, json, dot (Graphviz), or sh: the same build as a plain serial script");
}

const Registration registered_plan({
    .place = {HelpGroup::requests, 2},
    .path = "plan",
    .description = "Show what a build would do, without doing it",
    .examples = "slurm-factory plan --slurm-version 24.11 --minimal\n"
                "  slurm-factory plan --slurm-version 24.11 --minimal --format sh > build.sh",
    .needs = Needs::nothing,
    .define = define_plan,
});

void define_spec(CLI::App& command, Invocation& invocation)
{
    add(command, invocation, PlanFormat::tree, {{"json", PlanFormat::json}, {"dot", PlanFormat::dot}},
        "text, json or dot (Graphviz)");
}

const Registration registered_spec({
    .place = {HelpGroup::requests, 1},
    .path = "spec",
    .description = "Solve a request: show the packages, and why each is needed",
    .examples = "slurm-factory spec 'slurm@24.11 +gpu'\n"
                "  slurm-factory spec --slurm-version 24.11 --lock slurm.lock\n"
                "  slurm-factory spec --slurm-version 24.11 --format dot | dot -Tsvg > slurm.svg",
    .needs = Needs::nothing,
    .define = define_spec,
});

} // namespace
} // namespace sf::cli
