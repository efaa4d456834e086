#include "app/exchange/source_mirrors.hpp"
#include "cli/build_options.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/push_options.hpp"
#include "http/url.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

namespace sf::cli {
namespace {

void print_report(const app::MirrorReport& report)
{
    print("{} archives copied ({}), {} already there\n", report.copied, util::human_bytes(report.bytes), report.there);
    if (report.packages)
        print_push(*report.packages);
    for (const auto& reason : report.missing)
        print("not found: {}\n", Lines{reason});
}

void add_mirror_create(CLI::App& mirror, Invocation& invocation)
{
    auto* command =
        add_command(mirror, "create", "Put what a build needs into a directory, for sites without a network",
                    "slurm-factory mirror create /srv/mirror --slurm-version 24.11\n"
                    "  slurm-factory mirror create /srv/mirror --slurm-version 24.11 --packages --key site.key");
    auto directory = std::make_shared<std::string>();
    command->add_option("DIRECTORY", *directory, "Directory for the archives; it may already have some")->required();
    auto request = add_build_options(*command);
    auto packages = std::make_shared<bool>(false);
    command->add_flag("--packages", *packages, "Also the built packages, as a binary cache in DIRECTORY/packages");
    auto signing = std::make_shared<app::PushOptions>();
    add_push_options(*command, *signing);
    command->callback([&invocation, directory, request, packages, signing] {
        invocation.action = [directory, request, packages, signing](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto report, app::create_mirror(session, *request, *directory,
                                                         *packages ? std::optional(*signing) : std::nullopt));
            print_report(report);
            return report.missing.empty() ? 0 : static_cast<int>(util::ErrorCode::source);
        };
    });
}

void add_mirror_add(CLI::App& parent, Invocation& invocation)
{
    auto* command = add_command(parent, "add", "Use a mirror for sources from now on",
                                "slurm-factory mirror add site /srv/mirror --packages");
    auto mirror = std::make_shared<site::Mirror>();
    command->add_option("NAME", mirror->name, "Name of the mirror")->required();
    command->add_option("PLACE", mirror->place, "A directory, or a file:// or http(s):// address")->required();
    command->add_flag("--packages", mirror->packages, "Also take packages from the binary cache in PLACE/packages");
    command->callback([&invocation, mirror] {
        invocation.action = [mirror](const app::Session& session) -> util::Result<int> {
            SF_CHECK(app::add_mirror(session, *mirror));
            return 0;
        };
    });
}

void add_mirror_list(CLI::App& parent, Invocation& invocation)
{
    auto* command = add_command(parent, "list", "List the added mirrors", "slurm-factory mirror list");
    command->callback([&invocation] {
        invocation.action = [](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto mirrors, app::list_mirrors(session));
            for (const auto& mirror : mirrors)
                print("{:<16} {}{}\n", mirror.name, http::without_password(mirror.place),
                      mirror.packages ? "  (and packages)" : "");
            return 0;
        };
    });
}

void add_mirror_remove(CLI::App& parent, Invocation& invocation)
{
    auto* command = add_command(parent, "remove", "Stop using a mirror", "slurm-factory mirror remove site");
    auto name = std::make_shared<std::string>();
    command->add_option("NAME", *name, "As it was added")->required();
    command->callback([&invocation, name] {
        invocation.action = [name](const app::Session& session) -> util::Result<int> {
            SF_CHECK(app::remove_mirror(session, *name));
            return 0;
        };
    });
}

void define_mirror(CLI::App& mirror, Invocation& invocation)
{
    mirror.require_subcommand(1);
    add_mirror_create(mirror, invocation);
    add_mirror_add(mirror, invocation);
    add_mirror_list(mirror, invocation);
    add_mirror_remove(mirror, invocation);
}

const Registration registered_mirror({
    .place = {HelpGroup::kept, 2},
    .path = "mirror",
    .description = "Make and manage mirrors of sources",
    .examples = "slurm-factory mirror list",
    .needs = Needs::builder,
    .define = define_mirror,
});

} // namespace
} // namespace sf::cli
