#include "plan/key.hpp"

#include "util/text.hpp"

#include <map>

namespace sf::plan {
namespace {

/// All alternatives of a version stand for the same release, so the set of their sums is one input: which of them
/// was reachable must not change the key.
std::string source_field(const Step& step)
{
    if (step.local)
        return "local " + step.local->digest.to_hex();
    std::vector<std::string> sums;
    for (const auto& source : step.sources)
        sums.push_back(source.sha256.to_hex());
    return util::join(sums, "\n");
}

} // namespace

util::Digest KeyInputs::digest() const
{
    util::Sha256 hash;
    for (const auto& [name, value] : fields)
        hash.update(fmt::format("{}:{}{}:{}", name.size(), name, value.size(), value));
    return hash.finish();
}

std::string KeyInputs::to_string() const
{
    std::string text;
    for (const auto& [name, value] : fields)
        text += fmt::format("{}: {}\n", name, util::replace_all(value, "\n", "\n    "));
    return text;
}

KeyInputs KeyInputs::parse(std::string_view text)
{
    constexpr std::string_view indent = "    ";
    constexpr std::string_view separator = ": ";
    KeyInputs inputs;
    for (const auto& line : util::split(text, '\n')) {
        if (line.starts_with(indent)) {
            if (!inputs.fields.empty())
                inputs.fields.back().second += "\n" + line.substr(indent.size());
            continue;
        }
        const auto end = line.find(separator);
        if (end != std::string::npos)
            inputs.fields.emplace_back(line.substr(0, end), line.substr(end + separator.size()));
    }
    return inputs;
}

std::vector<InputChange> difference(const KeyInputs& before, const KeyInputs& now)
{
    std::map<std::string, std::string> left(before.fields.begin(), before.fields.end());
    std::vector<InputChange> changes;
    for (const auto& [name, value] : now.fields) {
        const auto earlier = left.extract(name);
        if (earlier.empty())
            changes.push_back({name, std::nullopt, value});
        else if (earlier.mapped() != value)
            changes.push_back({name, earlier.mapped(), value});
    }
    for (const auto& [name, value] : left)
        changes.push_back({name, value, std::nullopt});
    return changes;
}

KeyInputs key_inputs(const Plan& plan, const Step& step, const std::vector<InputLayers>& layers)
{
    KeyInputs inputs;
    auto add = [&inputs](std::string name, std::string value) {
        inputs.fields.emplace_back(std::move(name), std::move(value));
    };
    add("build-system", build_system_version);
    add("package", step.name);
    add("version", step.version.to_string());
    for (const auto& [name, value] : step.variants)
        add("variant " + name, value);
    add("image", plan.image.to_hex());
    if (plan.floor_sources)
        add("floor", fmt::format("{} {}", plan.floor.to_string(), plan.floor_sources->to_hex()));
    add("prefix", prefix);
    add("source", source_field(step));
    for (const auto& set : step.patch_sets)
        add("patches " + set.to_string(), set.sha256().to_hex());
    for (const auto& file : step.recipe_files)
        add("file " + file.name, file.sha256.to_hex());
    for (const auto& [name, value] : step.environment)
        add("environment " + name, value);
    // The text that decides, and not only the level's name: a level may come to mean more.
    if (!step.compiler_specs.empty())
        add("hardening", fmt::format("{}\n{}", spec::to_string(plan.hardening), step.compiler_specs));
    for (const auto& [name, value] : step.levers)
        add("lever " + name, value);
    if (const auto& directory = step.recipe->build.directory; !directory.empty())
        add("directory", directory);
    for (const auto& phase : step.phases)
        add(fmt::format("phase {}", recipe::to_string(phase.phase)), phase.text);
    add("slice run", util::join(step.recipe->slices.run, "\n"));
    add("slice dev", util::join(step.recipe->slices.dev, "\n"));
    add("slice drop", util::join(step.recipe->slices.drop, "\n"));
    // By name: where a package stands in a plan, which differs from request to request, decides nothing.
    std::map<std::string, std::string> dependencies;
    for (const auto& layer : layers)
        dependencies[layer.package] = layer.run.to_hex() + " " + layer.dev.to_hex();
    for (const auto& [package, digests] : dependencies)
        add("dependency " + package, digests);
    return inputs;
}

} // namespace sf::plan
