#include "app/plan.hpp"
#include "cli/build_options.hpp"
#include "cli/command.hpp"

#include <fmt/format.h>

#include <map>

namespace sf::cli {

void add_plan(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "plan", "Show what a build would do, without doing it",
                                "slurm-factory plan --slurm-version 24.11 --minimal\n"
                                "  slurm-factory plan --slurm-version 24.11 --minimal --format sh > build.sh");
    auto request = add_build_options(*command);
    auto format = std::make_shared<app::PlanFormat>(app::PlanFormat::text);
    const std::map<std::string, app::PlanFormat> names = {
        {"text", app::PlanFormat::text}, {"json", app::PlanFormat::json}, {"sh", app::PlanFormat::sh}};
    command->add_option("--format", *format, "text, json, or sh: the same build as a plain serial script")
        ->type_name("FORMAT")
        ->transform(CLI::CheckedTransformer(names));
    command->callback([&chosen, request, format] {
        chosen = [request, format](const app::Context& context) -> util::Result<int> {
            SF_TRY(const auto text, app::describe_plan(context, *request, *format));
            fmt::print("{}", text);
            return 0;
        };
    });
}

} // namespace sf::cli
