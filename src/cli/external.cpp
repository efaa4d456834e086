#include "app/images/externals.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::cli {
namespace {

void print_table(const app::Externals& externals)
{
    const auto or_dash = [](std::string text) { return text.empty() ? std::string("-") : text; };
    for (const auto& external : externals.found)
        print("{:<12} {:<12} {}\n", external.name, or_dash(external.version), or_dash(external.path.string()));
    for (const auto& name : externals.missing)
        print("{:<12} the package mirrors had none when base image {} was made\n", name, externals.image);
    if (!externals.made)
        print("base image {} is not made yet: slurm-factory external find\n", externals.image);
}

void print_list(const char* what, const std::vector<std::string>& names)
{
    if (!names.empty())
        print("{}: {}\n", what, util::join(names, ", "));
}

void print_merged(const app::MergedPackages& merged)
{
    print("{}\n", merged.file.string());
    print_list("  added", merged.added);
    print_list("  updated", merged.updated);
    print_list("  as it was", merged.unchanged);
    print_list("  left alone, the entry is your own", merged.kept);
    print_list("  left out, not a package name", merged.unnamable);
}

void add_external_list(CLI::App& parent, Invocation& invocation)
{
    auto* list = add_command(parent, "list", "List the build tools that the base image has; makes nothing",
                             "slurm-factory external list --image trixie");
    list->callback([&invocation] {
        invocation.action = [](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto externals, app::list_externals(session));
            print_table(externals);
            return 0;
        };
    });
}

void add_find(CLI::App& parent, Invocation& invocation)
{
    auto* find = add_command(parent, "find",
                             "Show name, version and path of the base image's build tools; makes the image if missing",
                             "slurm-factory external find --write");
    auto write = std::make_shared<bool>(false);
    find->add_flag("--write", *write, "Also add them as externals to ROOT/packages.yaml");
    find->callback([&invocation, write] {
        invocation.action = [write](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto externals, app::find_externals(session));
            print_table(externals);
            if (*write) {
                SF_TRY(const auto merged, app::write_externals(session, externals));
                print_merged(merged);
            }
            return 0;
        };
    });
}

void define_external(CLI::App& command, Invocation& invocation)
{
    command.require_subcommand(1);
    add_external_list(command, invocation);
    add_find(command, invocation);
}

const Registration registered_external({
    .place = {HelpGroup::inputs, 3},
    .path = "external",
    .description = "Show the build tools of base images",
    .examples = "slurm-factory external find",
    .needs = Needs::builder,
    .define = define_external,
});

} // namespace
} // namespace sf::cli
