#include "cli/command.hpp"
#include "cli/completion_scripts.hpp"
#include "cli/manual.hpp"
#include "cli/output.hpp"
#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace sf::cli {
namespace {

util::Result<const CommandSurface*> find_command(const CommandSurface& program, const std::string& name)
{
    if (name.empty())
        return &program;
    std::vector<std::string> names;
    for (const auto& command : program.commands) {
        if (command.path.back() == name)
            return &command;
        names.push_back(command.path.back());
    }
    return util::fail(util::ErrorCode::usage, fmt::format("there is no command '{}'", name),
                      "the commands: " + util::join(names, ", "));
}

util::Status write_pages(const CommandSurface& program, const std::filesystem::path& directory)
{
    SF_CHECK(util::make_directories(directory));
    const auto write = [&](const CommandSurface& command) {
        return util::write_file_atomic(directory / (manual_name(command) + ".1"), manual_page(program, command));
    };
    SF_CHECK(write(program));
    for (const auto& command : program.commands)
        SF_CHECK(write(command));
    return {};
}

void define_completion(CLI::App& command, Invocation& invocation)
{
    auto shell = std::make_shared<std::string>();
    command.add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command.callback([&app = *command.get_parent(), &invocation, shell] {
        invocation.action = [&app, shell](const app::Session& /*session*/) -> util::Result<int> {
            const auto program = describe_surface(app);
            print_document(*shell == "bash"  ? bash_completion(program)
                           : *shell == "zsh" ? zsh_completion(program)
                                             : fish_completion(program));
            return 0;
        };
    });
}

const Registration registered_completion({
    .place = {HelpGroup::shell, 1},
    .path = "completion",
    .description = "Print the script with which a shell completes the command line",
    .examples = "source <(slurm-factory completion bash)\n"
                "  slurm-factory completion zsh > ~/.zfunc/_slurm-factory\n"
                "  slurm-factory completion fish > ~/.config/fish/completions/slurm-factory.fish",
    .needs = Needs::nothing,
    .define = define_completion,
});

void define_man(CLI::App& command, Invocation& invocation)
{
    auto name = std::make_shared<std::string>();
    auto directory = std::make_shared<std::filesystem::path>();
    command.add_option("COMMAND", *name, "Command of the page [slurm-factory itself]");
    command.add_option("--directory", *directory, "Write the pages of all commands into this directory instead")
        ->type_name("DIR");
    command.callback([&app = *command.get_parent(), &invocation, name, directory] {
        invocation.action = [&app, name, directory](const app::Session& /*session*/) -> util::Result<int> {
            const auto program = describe_surface(app);
            if (!directory->empty()) {
                SF_CHECK(write_pages(program, *directory));
                return 0;
            }
            SF_TRY(const auto* wanted, find_command(program, *name));
            print_document(manual_page(program, *wanted));
            return 0;
        };
    });
}

const Registration registered_man({
    .place = {HelpGroup::shell, 2},
    .path = "man",
    .description = "Print a man page, or write all of them",
    .examples = "slurm-factory man build | man -l -\n"
                "  slurm-factory man --directory /usr/local/share/man/man1",
    .needs = Needs::nothing,
    .define = define_man,
});

} // namespace
} // namespace sf::cli
