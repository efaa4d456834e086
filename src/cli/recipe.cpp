#include "app/recipes/outdated.hpp"
#include "app/recipes/recipe_add.hpp"
#include "app/recipes/recipes.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int outdated_schema = 1; ///< docs/recipes.md
constexpr double percent = 100.0;

std::string name_of(app::Currency currency)
{
    switch (currency) {
    case app::Currency::current:
        return "current";
    case app::Currency::outdated:
        return "outdated";
    case app::Currency::unknown:
        return "unknown";
    }
    return {};
}

std::string text_of(const std::optional<spec::Version>& version)
{
    return version ? version->to_string() : "-";
}

std::string distribution_of(const app::NewestVersions& row)
{
    return row.distribution ? fmt::format("{} ({})", row.distribution->to_string(), row.suite) : "-";
}

void print_table(const std::vector<app::NewestVersions>& rows)
{
    std::vector<std::array<std::string, 5>> lines = {{"package", "recipe", "upstream", "distribution", "state"}};
    for (const auto& row : rows)
        lines.push_back({row.package + (row.series.empty() ? "" : " " + row.series), text_of(row.recipe),
                         text_of(row.upstream), distribution_of(row),
                         name_of(row.currency) + (row.note.empty() ? "" : ": " + row.note)});
    std::array<std::size_t, 4> widths{}; // nothing stands behind the last column
    for (const auto& line : lines)
        for (std::size_t column = 0; column < widths.size(); ++column)
            widths[column] = std::max(widths[column], line[column].size());
    for (const auto& line : lines)
        print("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {}\n", line[0], widths[0], line[1], widths[1], line[2], widths[2],
              line[3], widths[3], line[4]);
}

void print_report(const app::OutdatedReport& report)
{
    print_table(report.rows);
    for (const auto& one : report.unanswered) {
        if (one.package.empty())
            print("not asked: {}\n", Lines{one.reason});
        else
            print("not asked: {}: {}\n", one.package, Lines{one.reason});
    }
    if (report.compared > 0)
        print("{} of {} recipes ({:.0f} %) have the newest known version\n", report.current, report.compared,
              percent * report.current / report.compared);
    else
        print("no recipe could be compared\n");
}

void print_json(const app::OutdatedReport& report)
{
    const auto version = [](const std::optional<spec::Version>& value) {
        return value ? Json(value->to_string()) : Json(nullptr);
    };
    Json json = {{"schema", outdated_schema}, {"packages", Json::array()}, {"not_asked", Json::array()}};
    for (const auto& row : report.rows) {
        Json entry = {{"package", row.package}};
        if (!row.series.empty())
            entry["series"] = row.series;
        entry["recipe"] = version(row.recipe);
        entry["upstream"] = version(row.upstream);
        entry["distribution"] = version(row.distribution);
        if (row.distribution)
            entry["suite"] = row.suite;
        entry["state"] = name_of(row.currency);
        if (!row.note.empty())
            entry["note"] = row.note;
        json["packages"].push_back(std::move(entry));
    }
    for (const auto& one : report.unanswered) {
        Json entry = {{"reason", one.reason}};
        if (!one.package.empty())
            entry["package"] = one.package;
        json["not_asked"].push_back(std::move(entry));
    }
    json["current"] = report.current;
    json["compared"] = report.compared;
    cli::print_json(json);
}

/// docs/recipes.md
int status_of(const app::OutdatedReport& report)
{
    if (std::any_of(report.rows.begin(), report.rows.end(),
                    [](const auto& row) { return row.currency == app::Currency::outdated; }))
        return static_cast<int>(util::ErrorCode::verify);
    return report.unanswered.empty() ? 0 : static_cast<int>(util::ErrorCode::source);
}

void add_outdated(CLI::App& recipe, Invocation& invocation)
{
    auto* command = add_command(recipe, "outdated", "Compare recipes with the newest releases",
                                "slurm-factory recipe outdated\n"
                                "  slurm-factory recipe outdated slurm openssl --format json");
    auto packages = std::make_shared<std::vector<std::string>>();
    command->add_option("PACKAGE", *packages, "Recipes to compare; all of them by default");
    auto format = std::make_shared<std::string>("text");
    add_format(*command, *format);
    command->callback([&invocation, packages, format] {
        invocation.action = [packages, format](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto report, app::find_outdated(session, *packages));
            if (*format == "json")
                print_json(report);
            else
                print_report(report);
            return status_of(report);
        };
    });
}

void add_recipe_add(CLI::App& recipe, Invocation& invocation)
{
    auto* command = add_command(recipe, "add", "Fetch a new version and add it to its recipe",
                                "slurm-factory recipe add slurm@24.11.8\n"
                                "  slurm-factory recipe add slurm@24.11.8 --from slurm-24.11.8.tar.bz2 --sha256 SUM");
    auto request = std::make_shared<app::AddRequest>();
    command->add_option("SPEC", request->spec, "PACKAGE@VERSION")->required();
    command->add_option("--from", request->from, "Address or path of the archive [from the recipe]")
        ->type_name("PLACE");
    command->add_option("--sha256", request->sha256, "Checksum of the archive")->type_name("SUM");
    command->add_flag("--in-place", request->in_place, "Write into the recipe, not into ROOT/recipes");
    command->callback([&invocation, request] {
        invocation.action = [request](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto added, app::add_version(session, *request));
            print("{}: {}, {}\nsha256 {}\n", added.name, added.origin, util::human_bytes(added.bytes),
                  added.sha256.to_hex());
            for (const auto& check : added.checks)
                print("matches {}\n", check);
            if (added.checks.empty())
                print("nothing to compare it with: compare the sum with the project's announcement\n");
            print("added to {}\n", added.file.string());
            return 0;
        };
    });
}

void add_recipe_check(CLI::App& recipe, Invocation& invocation)
{
    auto* check = add_command(recipe, "check", "Check every recipe, of DIR or of all configured directories",
                              "slurm-factory recipe check ./my-recipes");
    auto directory = std::make_shared<std::optional<std::filesystem::path>>();
    check->add_option("DIR", *directory, "Directory that holds NAME/recipe.yaml for each package");
    check->callback([&invocation, directory] {
        invocation.action = [directory](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto result, app::check_recipes(session, *directory));
            for (const auto& fault : result.faults)
                print_error(fault);
            print("{} recipes checked, {} faults\n", result.checked, result.faults.size());
            return result.faults.empty() ? 0 : static_cast<int>(util::ErrorCode::recipe);
        };
    });
}

void define_recipe(CLI::App& command, Invocation& invocation)
{
    command.require_subcommand(1);
    add_recipe_check(command, invocation);
    add_outdated(command, invocation);
    add_recipe_add(command, invocation);
}

const Registration registered_recipe({
    .place = {HelpGroup::inputs, 1},
    .path = "recipe",
    .description = "Check recipes and add versions",
    .examples = "slurm-factory recipe check ./my-recipes",
    .needs = Needs::nothing,
    .define = define_recipe,
});

} // namespace
} // namespace sf::cli
