#include "app/remotes/key_ring.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

namespace sf::cli {
namespace {

void print_key(const app::RingKey& key)
{
    cli::print("{}  {}\n", key.id, key.name);
}

void add_generate(CLI::App& keys, Invocation& invocation)
{
    struct Options {
        std::string name;
        std::filesystem::path directory = ".";
        std::filesystem::path password_file;
    };
    auto* command = add_command(keys, "generate", "Make a pair of keys to sign with, and trust it",
                                "slurm-factory cache keys generate site --directory ~/keys");
    auto options = std::make_shared<Options>();
    command->add_option("NAME", options->name, "NAME.key is the secret key, NAME.pub the public one")->required();
    command->add_option("--directory", options->directory, "Directory of the two files [.]")->type_name("DIR");
    command->add_option("--password-file", options->password_file, "Lock the secret key with the first line of FILE")
        ->type_name("FILE");
    command->callback([&invocation, options] {
        invocation.action = [options](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto key,
                   app::generate_key(session, options->name, options->directory, options->password_file));
            print_key(key);
            return 0;
        };
    });
}

void define_keys(CLI::App& keys, Invocation& invocation)
{
    keys.require_subcommand(1);
    add_generate(keys, invocation);

    auto* list = add_command(keys, "list", "List trusted keys", "slurm-factory cache keys list");
    list->callback([&invocation] {
        invocation.action = [](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto ring, app::list_keys(session));
            for (const auto& key : ring)
                print_key(key);
            return 0;
        };
    });

    auto file = std::make_shared<std::filesystem::path>();
    auto* add = add_command(keys, "add", "Trust a public key", "slurm-factory cache keys add site.pub");
    add->add_option("FILE", *file, "A public key: minisign's, or of gpg --export")->required();
    add->callback([&invocation, file] {
        invocation.action = [file](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto key, app::add_key(session, *file));
            print_key(key);
            return 0;
        };
    });

    auto name = std::make_shared<std::string>();
    auto* remove = add_command(keys, "remove", "Stop trusting a key", "slurm-factory cache keys remove site");
    remove->add_option("NAME", *name, "Its name in 'cache keys list'")->required();
    remove->callback([&invocation, name] {
        invocation.action = [name](const app::Session& session) -> util::Result<int> {
            SF_CHECK(app::remove_key(session, *name));
            return 0;
        };
    });
}

const Registration registered_keys({
    .place = {HelpGroup::kept, 5},
    .path = "cache keys",
    .description = "Manage the keys that sign binary caches",
    .examples = "slurm-factory cache keys list",
    .needs = Needs::builder,
    .define = define_keys,
});

} // namespace
} // namespace sf::cli
