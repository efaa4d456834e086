#include "app/recipes.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

namespace sf::cli {

void add_recipe(CLI::App& app, Action& chosen)
{
    auto* command = add_command(app, "recipe", "Look after recipes", "slurm-factory recipe check ./my-recipes");
    command->require_subcommand(1);
    auto* check = add_command(*command, "check", "Check every recipe, of DIR or of all configured directories",
                              "slurm-factory recipe check ./my-recipes");
    auto directory = std::make_shared<std::optional<std::filesystem::path>>();
    check->add_option("DIR", *directory, "Directory that holds NAME/recipe.yaml for each package");
    check->callback([&chosen, directory] {
        chosen = [directory](const app::Context& context) -> util::Result<int> {
            SF_TRY(const auto result, app::check_recipes(context, *directory));
            for (const auto& fault : result.faults)
                print_error(fault);
            print("{} recipes checked, {} faults\n", result.checked, result.faults.size());
            return result.faults.empty() ? 0 : static_cast<int>(util::ErrorCode::recipe);
        };
    });
}

} // namespace sf::cli
