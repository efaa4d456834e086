#include "app/request/explain.hpp"
#include "cli/build_options.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;

/// The lines that only one of two texts has, in their order: a diff without context.
void print_lines(const char* sign, const std::string& text, const std::string& other)
{
    const auto others = util::split(other, '\n');
    for (const auto& line : util::split(text, '\n'))
        if (std::find(others.begin(), others.end(), line) == others.end())
            print("    {} {}\n", sign, line);
}

void print_change(const plan::InputChange& change)
{
    print("  {}\n", change.name);
    if (change.before)
        print_lines("-", *change.before, change.now.value_or("\n"));
    if (change.now)
        print_lines("+", *change.now, change.before.value_or("\n"));
    // Lines that only changed places.
    if (change.before && change.now) {
        auto before = util::split(*change.before, '\n');
        auto now = util::split(*change.now, '\n');
        std::sort(before.begin(), before.end());
        std::sort(now.begin(), now.end());
        if (before == now)
            print("    the same lines in another order\n");
    }
}

void print_reason(const app::Explanation& explanation)
{
    if (explanation.in_store) {
        print("{} is in the store: layer {}, key {}\n", explanation.id, explanation.other->layers.run.to_short(),
              explanation.key->to_short());
        return;
    }
    print("{} will be built\n", explanation.id);
    if (!explanation.waits_for.empty())
        print("it waits for {}; if they come out unchanged, it is not built\n",
              util::join(explanation.waits_for, ", "));
    if (!explanation.other) {
        print("it was never built here\n");
        return;
    }
    if (explanation.layers_gone) {
        print("it was built with the same inputs, but the store no longer has its layers\n");
        return;
    }
    print("compared with {}@{}, key {}, layer {}:\n", explanation.other->package, explanation.other->version,
          explanation.other->key.to_short(), explanation.other->layers.run.to_short());
    for (const auto& change : explanation.changes)
        print_change(change);
}

Json to_json(const plan::KeyInputs& inputs)
{
    auto json = Json::array();
    for (const auto& [name, value] : inputs.fields)
        json.push_back({{"name", name}, {"value", value}});
    return json;
}

void print_json(const app::Explanation& explanation)
{
    Json json = {{"package", explanation.id},
                 {"in_store", explanation.in_store},
                 {"layers_gone", explanation.layers_gone},
                 {"waits_for", explanation.waits_for},
                 {"inputs", to_json(explanation.inputs)}};
    if (explanation.key)
        json["key"] = explanation.key->to_hex();
    if (explanation.other)
        json["compared_with"] = {{"version", explanation.other->version},
                                 {"key", explanation.other->key.to_hex()},
                                 {"layer", explanation.other->layers.run.to_hex()},
                                 {"inputs", to_json(plan::KeyInputs::parse(explanation.other->inputs))}};
    json["changes"] = Json::array();
    for (const auto& change : explanation.changes) {
        Json entry = {{"name", change.name}};
        if (change.before)
            entry["before"] = *change.before;
        if (change.now)
            entry["now"] = *change.now;
        json["changes"].push_back(std::move(entry));
    }
    cli::print_json(json);
}

void define_explain(CLI::App& command, Invocation& invocation)
{
    auto package = std::make_shared<std::string>();
    auto format = std::make_shared<std::string>("text");
    command.add_option("PACKAGE", *package, "A package of the build")->required();
    auto request = add_build_options(command);
    add_format(command, *format);
    command.callback([&invocation, package, request, format] {
        invocation.action = [package, request, format](const app::Session& session) -> util::Result<int> {
            SF_TRY(const auto explanation, app::explain(session, *request, *package));
            if (*format == "json")
                print_json(explanation);
            else
                print_reason(explanation);
            return 0;
        };
    });
}

const Registration registered_explain({
    .place = {HelpGroup::requests, 4},
    .path = "explain",
    .description = "Say why a package would be built again, or not",
    .examples = "slurm-factory explain hwloc\n"
                "  slurm-factory explain openssl 'slurm@24.11 +gpu' --format json",
    .needs = Needs::nothing,
    .define = define_explain,
});

} // namespace
} // namespace sf::cli
