#include "app/images/image_import.hpp"
#include "app/images/images.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

namespace sf::cli {
namespace {

void add_image_list(CLI::App& parent, Invocation& invocation)
{
    auto* list = add_command(parent, "list", "List the base images that are made", "slurm-factory image list");
    list->callback([&invocation] {
        invocation.action = [](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto images, app::list_images(session));
            if (images.empty())
                cli::print("no base image is made yet: slurm-factory image build\n");
            for (const auto& image : images)
                cli::print("{:<12} {}  {:>10}  {}{}\n", image.name, image.digest.to_short(),
                           util::human_bytes(image.bytes), image.created,
                           image.complete ? "" : "  its files are in a binary cache");
            return 0;
        };
    });
}

void add_image_make(CLI::App& parent, Invocation& invocation)
{
    auto* make = add_command(parent, "build", "Make a base image now rather than at the first build",
                             "slurm-factory image build bookworm");
    auto name = std::make_shared<std::string>();
    auto anew = std::make_shared<bool>(false);
    make->add_option("NAME", *name, "Name of the image recipe [the host's suite]");
    make->add_flag("--anew", *anew, "Make it from the mirrors' current packages, even if one exists");
    make->callback([&invocation, name, anew] {
        invocation.action = [name, anew](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto image, app::build_image(session, *name, *anew));
            cli::print("{} {}\n", image.name, image.digest.to_hex());
            return 0;
        };
    });
}

void add_image_remove(CLI::App& parent, Invocation& invocation)
{
    auto* remove = add_command(parent, "remove", "Remove a base image", "slurm-factory image remove bookworm");
    auto name = std::make_shared<std::string>();
    remove->add_option("NAME", *name, "Name, or the first digits of the digest")->required();
    remove->callback([&invocation, name] {
        invocation.action = [name](const app::Session& session) -> util::Result<int> {
            SF_CHECK(app::remove_image(session, *name));
            cli::print("removed {}\n", *name);
            return 0;
        };
    });
}

void add_image_import(CLI::App& parent, Invocation& invocation)
{
    auto* command = add_command(parent, "import", "Make a base image from an existing root file system",
                                "slurm-factory image import rocky9 oci://registry.example.org/rockylinux:9\n"
                                "  slurm-factory image import site /srv/build-root\n"
                                "  slurm-factory image import site build-root.tar.zst\n"
                                "  slurm-factory build --slurm-version 24.11 --toolchain site");
    auto name = std::make_shared<std::string>();
    auto place = std::make_shared<std::string>();
    auto like = std::make_shared<std::string>("bookworm");
    command->add_option("NAME", *name, "Its name from then on")->required();
    command
        ->add_option("PLACE", *place,
                     "A directory, a tar archive, oci:DIRECTORY:TAG (an OCI image layout) or oci://HOST/REPOSITORY:TAG")
        ->required();
    command->add_option("--like", *like, "Look for the build tools of this image recipe [bookworm]")->type_name("NAME");
    command->callback([&invocation, name, place, like] {
        invocation.action = [name, place, like](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto imported, app::import_image(session, *name, *place, *like));
            cli::print("{} {}\n", imported.image.name, imported.image.digest.to_hex());
            if (!imported.missing.empty())
                cli::print("it lacks {}: packages that are built with them cannot be built in it\n",
                           util::join(imported.missing, ", "));
            return 0;
        };
    } // namespace
    );
} // namespace sf::cli

void add_image_export(CLI::App& parent, Invocation& invocation)
{
    auto* command =
        add_command(parent, "export", "Write a base image to an archive, an OCI image layout, a registry or LXD",
                    "slurm-factory image export bookworm bookworm.tar.gz\n"
                    "  slurm-factory image export bookworm oci:/srv/images:bookworm\n"
                    "  slurm-factory image export bookworm lxd:bookworm");
    auto name = std::make_shared<std::string>();
    auto place = std::make_shared<std::string>();
    command->add_option("NAME", *name, "Name of the image")->required();
    command->add_option("PLACE", *place, "FILE.tar.gz, oci:DIRECTORY:TAG, oci://HOST/REPOSITORY:TAG or lxd:ALIAS")
        ->required();
    command->callback([&invocation, name, place] {
        invocation.action = [name, place](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto where, app::export_image(session, *name, *place));
            cli::print("{}\n", where);
            return 0;
        };
    });
}

void print_image(const app::ImageDescription& known)
{
    const auto& [recipe, image] = known;
    const auto line = [](const char* name, const std::string& value) { cli::print("{:<12} {}\n", name, value); };
    line("name", recipe.name);
    line("description", recipe.description);
    line("recipe", recipe.file.string());
    if (!recipe.imported) {
        line("suite", recipe.suite);
        line("packages", util::join(recipe.packages, " "));
    }
    if (!image) {
        line("made", "not yet: slurm-factory image build " + recipe.name);
        return;
    }
    line("digest", image->digest.to_hex());
    line("size", util::human_bytes(image->bytes));
    line(recipe.imported ? "imported" : "made", image->created);
    line("files", image->complete ? image->rootfs.string() : "in a binary cache, fetched when something is built");
    line("answers", recipe.answers_configure() ? "of configure scripts, in the image" : "none");
    std::vector<std::string> tools;
    for (const auto& [tool, version] : image->externals)
        tools.push_back(version.empty() ? tool : fmt::format("{}@{}", tool, version));
    line("build tools", util::join(tools, " "));
}

void add_image_show(CLI::App& parent, Invocation& invocation)
{
    auto* show = add_command(parent, "show", "Show a base image: contents, build tools, size",
                             "slurm-factory image show bookworm");
    auto name = std::make_shared<std::string>();
    show->add_option("NAME", *name, "Name of the image [the configured or the host's suite]");
    show->callback([&invocation, name] {
        invocation.action = [name](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto known, app::describe_image(session, *name));
            print_image(known);
            return 0;
        };
    });
}

void define_image(CLI::App& command, Invocation& invocation)
{
    command.require_subcommand(1);
    add_image_list(command, invocation);
    add_image_show(command, invocation);
    add_image_make(command, invocation);
    add_image_import(command, invocation);
    add_image_export(command, invocation);
    add_image_remove(command, invocation);
}

const Registration registered_image({
    .place = {HelpGroup::inputs, 2},
    .path = "image",
    .description = "Make, show and remove base images",
    .examples = "slurm-factory image list",
    .needs = Needs::builder,
    .define = define_image,
});

} // namespace
} // namespace sf::cli
