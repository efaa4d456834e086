#include "app/images.hpp"
#include "cli/command.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::cli {
namespace {

void add_image_list(CLI::App& parent, Action& chosen)
{
    auto* list = add_command(parent, "list", "List the base images that are made", "slurm-factory image list");
    list->callback([&chosen] {
        chosen = [](const app::Context& context) -> util::Result<int> {
            SF_TRY(const auto images, app::list_images(context));
            if (images.empty())
                fmt::print("no base image is made yet: slurm-factory image build\n");
            for (const auto& image : images)
                fmt::print("{:<12} {}  {:>10}  {}{}\n", image.name, image.digest.to_short(),
                           util::human_bytes(image.bytes), image.created,
                           image.complete ? "" : "  its files are in a binary cache");
            return 0;
        };
    });
}

void add_make(CLI::App& parent, Action& chosen)
{
    auto* make = add_command(parent, "build", "Make a base image now rather than at the first build",
                             "slurm-factory image build bookworm");
    auto name = std::make_shared<std::string>();
    auto anew = std::make_shared<bool>(false);
    make->add_option("NAME", *name, "Name of the image recipe [the host's suite]");
    make->add_flag("--anew", *anew, "Make it of what the package mirrors have now, though there is one");
    make->callback([&chosen, name, anew] {
        chosen = [name, anew](const app::Context& context) -> util::Result<int> {
            SF_TRY(const auto image, app::build_image(context, *name, *anew));
            fmt::print("{} {}\n", image.name, image.digest.to_hex());
            return 0;
        };
    });
}

void add_remove(CLI::App& parent, Action& chosen)
{
    auto* remove = add_command(parent, "remove", "Remove a base image", "slurm-factory image remove bookworm");
    auto name = std::make_shared<std::string>();
    remove->add_option("NAME", *name, "Name, or the first digits of the digest")->required();
    remove->callback([&chosen, name] {
        chosen = [name](const app::Context& context) -> util::Result<int> {
            SF_CHECK(app::remove_image(context, *name));
            fmt::print("removed {}\n", *name);
            return 0;
        };
    });
}

} // namespace

void add_image(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "image", "Look after base images", "slurm-factory image list");
    command->require_subcommand(1);
    add_image_list(*command, chosen);
    add_make(*command, chosen);
    add_remove(*command, chosen);
}

} // namespace sf::cli
