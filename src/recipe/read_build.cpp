// How the package is built: arguments and steps.
#include "recipe/reader.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace sf::recipe {
namespace {

constexpr std::array all_systems = {BuildSystem::autotools, BuildSystem::cmake, BuildSystem::make, BuildSystem::custom};
// Unpacking is not a recipe's to replace.
constexpr std::array replaceable_phases = {Phase::prepare, Phase::configure, Phase::build, Phase::install,
                                           Phase::finish};
// The number of jobs is no matter of the environment: it would become part of what is built.
constexpr std::array<std::string_view, 3> argument_placeholders = {"prefix", "version", "jobs"};
constexpr std::array<std::string_view, 2> environment_placeholders = {"prefix", "version"};

bool is_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// A text in which every {word} is one of the placeholders.
util::Result<std::string> read_template(const yaml::Value& value, std::span<const std::string_view> placeholders)
{
    SF_TRY(const auto text, value.text());
    for (std::size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
        std::size_t end = open + 1;
        while (end < text.size() && is_word_character(text[end]))
            ++end;
        if (end == open + 1 || end == text.size() || text[end] != '}')
            continue;
        const std::string word = text.substr(open + 1, end - open - 1);
        const bool known = std::find(placeholders.begin(), placeholders.end(), word) != placeholders.end();
        if (known && open > 0 && text[open - 1] == '$')
            return value.fail_inside(open - 1, fmt::format("'${{{}}}' is a shell variable, not a placeholder", word),
                                     fmt::format("write {{{}}} without the $", word));
        if (known)
            continue;
        const std::vector<std::string> names(placeholders.begin(), placeholders.end());
        const auto near = util::nearest(word, names);
        return value.fail_inside(open, fmt::format("unknown placeholder {{{}}}", word),
                                 near ? fmt::format("did you mean {{{}}}?", *near)
                                      : fmt::format("placeholders: {{{}}}", util::join(names, "}, {")));
    }
    return text;
}

/// One argument or a list of them.
util::Result<std::vector<std::string>> read_templates(const yaml::Value& value)
{
    std::vector<yaml::Value> items = {value};
    if (value.kind() == yaml::Value::Kind::sequence) {
        SF_TRY(items, value.sequence());
    }
    std::vector<std::string> texts;
    for (const auto& item : items) {
        SF_TRY(auto text, read_template(item, argument_placeholders));
        texts.push_back(std::move(text));
    }
    return texts;
}

/// The condition of an argument's twin: in the same versions, the variant the other way.
util::Result<Condition> read_opposite(const yaml::Value& twin, Condition condition, const Recipe& recipe)
{
    auto* when = condition.when ? &*condition.when : nullptr;
    if (when == nullptr || when->variants.size() != 1 ||
        !is_boolean(*recipe.find_variant(when->variants.begin()->first)))
        return twin.fail("'else' needs a 'when' with one variant that is on or off",
                         R"(write {arg: "--with-x", else: "--without-x", when: +x})");
    auto& variant_value = when->variants.begin()->second;
    variant_value = variant_value == "true" ? "false" : "true";
    return condition;
}

/// Appends an item of a list of arguments to `out`.
util::Status read_arguments_item(const yaml::Value& value, const Recipe& recipe, std::vector<Arguments>& out)
{
    if (value.kind() == yaml::Value::Kind::scalar) {
        SF_TRY(auto text, read_template(value, argument_placeholders));
        out.push_back({{std::move(text)}, {}});
        return {};
    }
    SF_TRY(const auto mapping, value.mapping({"arg", "args", "else", "when"}));
    const auto one = mapping.find("arg");
    const auto many = mapping.find("args");
    if (one.has_value() == many.has_value())
        return value.fail("a conditional argument has either 'arg' or 'args'",
                          R"(write {arg: "--x", when: "+y"} or {args: ["--x", "--z"], when: "+y"})");
    Arguments arguments;
    if (one) {
        SF_TRY(auto text, read_template(*one, argument_placeholders));
        arguments.values.push_back(std::move(text));
    } else {
        SF_CHECK(many->sequence());
        SF_TRY(arguments.values, read_templates(*many));
    }
    SF_TRY(arguments.condition, read_condition(mapping, recipe));
    out.push_back(std::move(arguments));
    if (const auto twin = mapping.find("else")) {
        Arguments others;
        SF_TRY(others.values, read_templates(*twin));
        SF_TRY(others.condition, read_opposite(*twin, out.back().condition, recipe));
        out.push_back(std::move(others));
    }
    return {};
}

util::Status read_arguments(const yaml::Mapping& mapping, std::string_view key, const Recipe& recipe,
                            std::vector<Arguments>& out)
{
    const auto value = mapping.find(key);
    if (!value)
        return {};
    SF_TRY(const auto items, value->sequence());
    for (const auto& item : items)
        SF_CHECK(read_arguments_item(item, recipe, out));
    return {};
}

util::Result<BuildSystem> read_system(const yaml::Mapping& mapping)
{
    SF_TRY(const auto value, mapping.require("system"));
    SF_TRY(const auto word, value.text());
    std::vector<std::string> names;
    for (const BuildSystem system : all_systems) {
        if (to_string(system) == word)
            return system;
        names.emplace_back(to_string(system));
    }
    const auto near = util::nearest(word, names);
    return value.fail(fmt::format("unknown build system '{}'", word),
                      near ? fmt::format("did you mean '{}'?", *near) : "build systems: " + util::join(names, ", "));
}

util::Result<std::map<std::string, std::string>> read_environment(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping());
    std::map<std::string, std::string> environment;
    for (const auto& entry : mapping.entries()) {
        const bool starts_with_digit = !entry.key.empty() && util::is_digit(entry.key.front());
        if (entry.key.empty() || starts_with_digit ||
            !std::all_of(entry.key.begin(), entry.key.end(), is_word_character))
            return entry.value.fail(fmt::format("'{}' cannot be the name of an environment variable", entry.key),
                                    "use letters, digits and '_', beginning with no digit");
        SF_TRY(environment[entry.key], read_template(entry.value, environment_placeholders));
    }
    return environment;
}

util::Result<std::map<Phase, std::string>> read_steps(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping({"prepare", "configure", "build", "install", "finish"}));
    std::map<Phase, std::string> steps;
    for (const Phase phase : replaceable_phases) {
        if (const auto step = mapping.find(to_string(phase))) {
            SF_TRY(steps[phase], step->text());
        }
    }
    return steps;
}

/// Arguments that no phase would use are a mistake in the recipe.
util::Status check_used(const yaml::Mapping& mapping, const Build& build, std::string_view key, Phase phase)
{
    const auto value = mapping.find(key);
    if (!value)
        return {};
    const bool has_step = build.steps.contains(phase);
    if (has_step && phase == Phase::configure)
        return {}; // the step gets them as "$@"
    if (has_step)
        return value->fail(
            fmt::format("'{}' is not used, because the step '{}' replaces that phase", key, to_string(phase)),
            "move the arguments into the step");
    if (build.system == BuildSystem::custom || (build.system == BuildSystem::make && phase == Phase::configure))
        return value->fail(fmt::format("build system '{}' has no use for '{}'", to_string(build.system), key),
                           fmt::format("write the commands as steps: {{{}: ...}}", to_string(phase)));
    return {};
}

util::Status check_build(const yaml::Value& value, const yaml::Mapping& mapping, const Build& build)
{
    SF_CHECK(check_used(mapping, build, "configure", Phase::configure));
    SF_CHECK(check_used(mapping, build, "make", Phase::build));
    SF_CHECK(check_used(mapping, build, "install", Phase::install));
    if (build.system == BuildSystem::custom && !build.steps.contains(Phase::install))
        return value.fail("build system 'custom' needs the step 'install'",
                          "write steps: {install: ...}, or name the build system of the package");
    return {};
}

} // namespace

util::Result<Build> read_build(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(const auto mapping, value.mapping({"system", "directory", "environment", "configure_cache", "configure",
                                              "make", "install", "steps"}));
    Build build;
    SF_TRY(build.system, read_system(mapping));
    SF_CHECK(mapping.read("configure_cache", build.configure_cache));
    if (const auto directory = mapping.find("directory")) {
        SF_TRY(build.directory, read_relative_path(*directory));
    }
    if (const auto environment = mapping.find("environment")) {
        SF_TRY(build.environment, read_environment(*environment));
    }
    SF_CHECK(read_arguments(mapping, "configure", recipe, build.configure));
    SF_CHECK(read_arguments(mapping, "make", recipe, build.make));
    SF_CHECK(read_arguments(mapping, "install", recipe, build.install));
    if (const auto steps = mapping.find("steps")) {
        SF_TRY(build.steps, read_steps(*steps));
    }
    SF_CHECK(check_build(value, mapping, build));
    return build;
}

} // namespace sf::recipe
