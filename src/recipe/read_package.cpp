// Versions, variants, dependencies and conditions: what the solver looks at.
#include "recipe/reader.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sf::recipe {
namespace {

constexpr DependencyType usual_dependency = {true, true, false};

bool is_single_component(std::string_view name)
{
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

util::Result<AptSource> read_apt(const yaml::Mapping& mapping)
{
    SF_TRY(const auto package, mapping.require("apt"));
    SF_TRY(const auto version, mapping.require("version"));
    SF_TRY(const auto file, mapping.require("file"));
    AptSource source;
    SF_TRY(source.package, package.text());
    SF_TRY(source.version, version.text());
    SF_TRY(source.file, file.text());
    if (source.package.empty() || source.version.empty())
        return package.fail("an apt source needs a package and its upstream version");
    return source;
}

util::Result<Source> read_source(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping({"url", "apt", "version", "file", "sha256"}));
    const auto url = mapping.find("url");
    const auto apt = mapping.find("apt");
    if (url.has_value() == apt.has_value())
        return value.fail("a source has either 'url' or 'apt'", "list each place as a separate source");
    Source source{UrlSource{}, util::Digest({}), value.location()};
    if (url) {
        for (const std::string_view key : {"version", "file"}) {
            if (const auto extra = mapping.find(key))
                return extra->fail(fmt::format("'{}' belongs to an apt source, not to a url", key), "remove it");
        }
        SF_TRY(source.from, read_url(*url));
    } else {
        SF_TRY(source.from, read_apt(mapping));
    }
    if (!is_single_component(source.file_name()))
        return value.fail(fmt::format("'{}' is not a file name", source.file_name()),
                          "a url must end in the archive's name; 'file' is a name without directories");
    SF_TRY(source.sha256, read_sha256(mapping));
    return source;
}

util::Result<VersionEntry> read_version_entry(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping({"version", "preferred", "sources", "patches"}));
    SF_TRY(const auto version_value, mapping.require("version"));
    SF_TRY(const auto text, version_value.text());
    auto version = spec::Version::read(text);
    if (!version)
        return version_value.fail_inside(version.error().offset,
                                         fmt::format("bad version \"{}\": {}", text, version.error().what),
                                         version.error().hint);
    VersionEntry entry{std::move(*version), false, {}};
    SF_CHECK(mapping.read("preferred", entry.preferred));
    SF_TRY(const auto sources, mapping.require("sources"));
    SF_TRY(const auto items, sources.sequence());
    for (const auto& item : items) {
        SF_TRY(auto source, read_source(item));
        entry.sources.push_back(std::move(source));
    }
    if (const auto patches = mapping.find("patches")) {
        if (entry.sources.empty())
            return patches->fail("a version without sources has nothing to patch", "remove the patches");
        SF_TRY(entry.patches, read_patch_sets(*patches));
    }
    return entry;
}

/// The defaults under certain conditions. Conditions look at all variants, so they are read after those.
util::Status read_defaults(const yaml::Value& value, const Recipe& recipe, Variant& variant)
{
    SF_TRY(const auto items, value.sequence());
    for (const auto& item : items) {
        SF_TRY(const auto mapping, item.mapping({"value", "when"}));
        SF_TRY(const auto text, mapping.require("value"));
        SF_CHECK(mapping.require("when"));
        ConditionalDefault conditional;
        SF_TRY(conditional.value, text.text());
        if (!variant.allows(conditional.value))
            return text.fail(fmt::format("'{}' is not a value of variant '{}'", conditional.value, variant.name),
                             "values: " + util::join(variant.values, ", "));
        SF_TRY(conditional.condition, read_condition(mapping, recipe));
        if (conditional.condition.when->variants.contains(variant.name))
            return item.fail(fmt::format("the default of variant '{}' depends on itself", variant.name),
                             "use versions and other variants");
        variant.defaults.push_back(std::move(conditional));
    }
    return {};
}

/// What a variant's entry says about other variants or versions.
util::Status read_variant_conditions(const yaml::Mapping::Entry& entry, const Recipe& recipe, Variant& variant)
{
    SF_TRY(const auto mapping, entry.value.mapping());
    SF_TRY(variant.condition, read_condition(mapping, recipe));
    if (variant.condition.when && (!variant.condition.when->versions || !variant.condition.when->variants.empty()))
        return mapping.require("when")->fail("a variant exists for versions, and not for other variants' values",
                                             "name versions only, as in \"@23.11:\"");
    if (const auto defaults = mapping.find("defaults"))
        SF_CHECK(read_defaults(*defaults, recipe, variant));
    return {};
}

tl::unexpected<util::Error> fail_undeclared(const yaml::Value& value, const std::string& name,
                                            const std::vector<Variant>& variants)
{
    std::vector<std::string> names;
    names.reserve(variants.size());
    for (const Variant& known : variants)
        names.push_back(known.name);
    const auto near = util::nearest(name, names);
    return value.fail(fmt::format("the variant '{}' is not declared", name),
                      near ? fmt::format("did you mean '{}'?", *near) : "declare it under 'variants'");
}

/// The variants under the key 'turns_off' or 'turns_on' of another one get a further default, `value`, for when that
/// one is on.
util::Status read_turned(const yaml::Mapping& mapping, std::string_view key, std::string_view value, const Variant& by,
                         std::vector<Variant>& variants)
{
    const auto list = mapping.find(key);
    if (!list)
        return {};
    if (!is_boolean(by))
        return list->fail(fmt::format("'{}' belongs to a variant that is on or off", key),
                          "write 'defaults' for each of the variants");
    SF_TRY(const auto items, list->sequence());
    for (const auto& item : items) {
        SF_TRY(const auto name, item.text());
        const auto turned = std::find_if(variants.begin(), variants.end(),
                                         [&name](const Variant& variant) { return variant.name == name; });
        if (turned == variants.end())
            return fail_undeclared(item, name, variants);
        if (turned->name == by.name || !is_boolean(*turned))
            return item.fail(fmt::format("'{}' cannot turn '{}' on or off", by.name, name),
                             "name other variants, whose values are true and false");
        const auto is_by = [&by](const ConditionalDefault& conditional) {
            const auto& when = *conditional.condition.when;
            return !when.versions && when.variants == spec::VariantValues{{by.name, "true"}};
        };
        if (std::any_of(turned->defaults.begin(), turned->defaults.end(), is_by))
            return item.fail(fmt::format("the default of '{}' with +{} is given twice", name, by.name), "remove one");
        spec::Spec when;
        when.variants.emplace(by.name, "true");
        turned->defaults.push_back({std::string(value), {std::move(when)}});
    }
    return {};
}

util::Result<Variant> read_boolean(Variant variant, const yaml::Value& default_value)
{
    if (variant.default_value != "true" && variant.default_value != "false")
        return default_value.fail(
            fmt::format("variant '{}' has the default '{}', but no values", variant.name, variant.default_value),
            "a variant without 'values' is boolean: its default is true or false");
    variant.values = {"true", "false"};
    return variant;
}

util::Result<Variant> read_choice(Variant variant, const yaml::Value& default_value, const yaml::Value& values)
{
    SF_TRY(const auto items, values.sequence());
    for (const auto& item : items) {
        SF_TRY(auto text, item.text());
        if (!spec::is_variant_value(text) || text == "true" || text == "false")
            return item.fail(fmt::format("'{}' cannot be a variant's value", text),
                             "use letters, digits and _ . - , / : and neither true nor false");
        if (std::find(variant.values.begin(), variant.values.end(), text) != variant.values.end())
            return item.fail(fmt::format("the value '{}' appears twice", text), "remove one");
        variant.values.push_back(std::move(text));
    }
    if (std::find(variant.values.begin(), variant.values.end(), variant.default_value) == variant.values.end())
        return default_value.fail(fmt::format("the default '{}' of variant '{}' is not one of its values",
                                              variant.default_value, variant.name),
                                  "values: " + util::join(variant.values, ", "));
    return variant;
}

util::Result<Variant> read_variant(const yaml::Mapping::Entry& entry)
{
    if (!spec::is_name(entry.key) || entry.key == "target")
        return entry.value.fail(fmt::format("'{}' cannot be a variant's name", entry.key),
                                "use letters, digits, '-' and '_'; 'target' is taken");
    SF_TRY(const auto mapping, entry.value.mapping({"default", "values", "description", "when", "defaults", "only_with",
                                                    "turns_on", "turns_off"}));
    Variant variant;
    variant.name = entry.key;
    variant.where = entry.where;
    SF_CHECK(mapping.read("description", variant.description));
    SF_TRY(const auto default_value, mapping.require("default"));
    SF_TRY(variant.default_value, default_value.text());
    if (const auto only_with = mapping.find("only_with")) {
        SF_TRY(variant.only_with, only_with->text());
        if (!spec::is_name(variant.only_with))
            return only_with->fail(fmt::format("'{}' is not a package name", variant.only_with), "name one package");
        if (variant.default_value != "true")
            return only_with->fail("'only_with' belongs to a variant whose default is true", "remove it");
    }
    if (const auto values = mapping.find("values"))
        return read_choice(std::move(variant), default_value, *values);
    return read_boolean(std::move(variant), default_value);
}

util::Status add_type(const yaml::Value& value, DependencyType& type)
{
    SF_TRY(const auto word, value.text());
    if (word == "build")
        type.build = true;
    else if (word == "link")
        type.link = true;
    else if (word == "run")
        type.run = true;
    else
        return value.fail(fmt::format("'{}' is not a dependency type", word), "types: build, link, run");
    return {};
}

util::Result<DependencyType> read_type(const yaml::Value& value)
{
    DependencyType type;
    if (value.kind() != yaml::Value::Kind::sequence) {
        SF_CHECK(add_type(value, type));
        return type;
    }
    SF_TRY(const auto items, value.sequence());
    if (items.empty())
        return value.fail("the list of types is empty", "types: build, link, run");
    for (const auto& item : items)
        SF_CHECK(add_type(item, type));
    return type;
}

/// The package that is depended on.
util::Result<spec::Spec> read_dependency_spec(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(auto spec, read_spec(value));
    if (spec.name.empty())
        return value.fail("the dependency has no package name", "begin the spec with one, as in openssl@3:");
    if (spec.name == recipe.name)
        return value.fail(fmt::format("'{}' depends on itself", recipe.name), "remove this dependency");
    if (!spec.dependencies.empty() || !spec.target.empty())
        return value.fail("a dependency's spec has neither ^ nor target=",
                          "constrain that package in a separate dependency");
    return spec;
}

util::Result<Dependency> read_dependency(const yaml::Value& value, const Recipe& recipe)
{
    Dependency dependency{{}, usual_dependency, {}, value.location()};
    if (value.kind() == yaml::Value::Kind::scalar) {
        SF_TRY(dependency.spec, read_dependency_spec(value, recipe));
        return dependency;
    }
    SF_TRY(const auto mapping, value.mapping({"spec", "type", "when"}));
    SF_TRY(const auto spec, mapping.require("spec"));
    SF_TRY(dependency.spec, read_dependency_spec(spec, recipe));
    if (const auto type = mapping.find("type")) {
        SF_TRY(dependency.type, read_type(*type));
    }
    SF_TRY(dependency.condition, read_condition(mapping, recipe));
    return dependency;
}

} // namespace

bool is_web_address(std::string_view text)
{
    return text.starts_with("https://") || text.starts_with("http://");
}

util::Result<std::string> read_web_address(const yaml::Value& value)
{
    SF_TRY(auto text, value.text());
    if (!is_web_address(text))
        return value.fail(fmt::format("'{}' is not a web address", text), "begin with https:// or http://");
    return text;
}

util::Result<UrlSource> read_url(const yaml::Value& value)
{
    SF_TRY(auto url, value.text());
    if (!is_web_address(url) && !url.starts_with("file:///"))
        return value.fail(fmt::format("'{}' is not an address for downloads", url),
                          "begin with https://, http:// or file:///");
    return UrlSource{std::move(url)};
}

util::Result<util::Digest> read_sha256(const yaml::Mapping& mapping)
{
    SF_TRY(const auto sum, mapping.require("sha256"));
    SF_TRY(const auto hex, sum.text());
    const auto digest = util::Digest::parse(hex);
    if (!digest)
        return sum.fail(fmt::format("'{}' is not a sha256", hex),
                        "give the 64 hexadecimal digits that sha256sum prints");
    return *digest;
}

util::Result<spec::Spec> read_spec(const yaml::Value& value)
{
    SF_TRY(const auto text, value.text());
    auto spec = spec::Spec::read(text);
    if (spec)
        return std::move(*spec);
    const auto& fault = spec.error();
    return value.fail_inside(
        fault.offset, fmt::format("bad spec \"{}\", column {}: {}", text, fault.offset + 1, fault.what), fault.hint);
}

util::Result<Condition> read_condition(const yaml::Mapping& mapping, const Recipe& recipe)
{
    const auto value = mapping.find("when");
    if (!value)
        return Condition{};
    SF_TRY(auto spec, read_spec(*value));
    if (!spec.name.empty() && spec.name != recipe.name)
        return value->fail(fmt::format("the condition is about '{}', not about this package", spec.name),
                           "a condition holds versions and variants of its own recipe: leave the name out");
    if (!spec.dependencies.empty() || !spec.target.empty())
        return value->fail("a condition has neither ^ nor target=", "use versions and variants of this recipe only");
    SF_CHECK(check_own_variants(*value, spec, recipe));
    return Condition{std::move(spec)};
}

util::Status check_own_variants(const yaml::Value& value, const spec::Spec& spec, const Recipe& recipe)
{
    for (const auto& [name, wanted] : spec.variants) {
        const Variant* variant = recipe.find_variant(name);
        if (variant == nullptr)
            return fail_undeclared(value, name, recipe.variants);
        if (!variant->allows(wanted))
            return value.fail(fmt::format("variant '{}' is never '{}'", name, wanted),
                              "values: " + util::join(variant->values, ", "));
    }
    return {};
}

util::Result<std::string> read_relative_path(const yaml::Value& value)
{
    SF_TRY(auto text, value.text());
    const auto parts = util::split(text, '/');
    const bool climbs = std::find(parts.begin(), parts.end(), "..") != parts.end();
    if (text.empty() || text.front() == '/' || climbs)
        return value.fail(fmt::format("'{}' is not a relative path", text), "begin without / and leave .. out");
    return text;
}

util::Result<std::vector<VersionEntry>> read_versions(const yaml::Value& value)
{
    SF_TRY(const auto items, value.sequence());
    if (items.empty())
        return value.fail("'versions' is empty", "a recipe describes at least one version");
    std::vector<VersionEntry> entries;
    for (const auto& item : items) {
        SF_TRY(auto entry, read_version_entry(item));
        for (const VersionEntry& earlier : entries) {
            if (earlier.version == entry.version)
                return item.fail(fmt::format("version {} appears twice (first as {})", entry.version.to_string(),
                                             earlier.version.to_string()),
                                 "merge their sources or remove one");
            if (earlier.preferred && entry.preferred)
                return item.fail(
                    fmt::format("both {} and {} are preferred", earlier.version.to_string(), entry.version.to_string()),
                    "at most one version is preferred");
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

util::Result<std::vector<Variant>> read_variants(const yaml::Value& value, Recipe recipe)
{
    SF_TRY(const auto mapping, value.mapping());
    const auto entries = mapping.entries();
    for (const auto& entry : entries) {
        SF_TRY(auto variant, read_variant(entry));
        recipe.variants.push_back(std::move(variant));
    }
    auto variants = recipe.variants;
    for (std::size_t i = 0; i < variants.size(); ++i)
        SF_CHECK(read_variant_conditions(entries[i], recipe, variants[i]));
    // What turns on comes first, so that it wins against what turns off.
    for (const auto& [key, turned] : {std::pair("turns_on", "true"), std::pair("turns_off", "false")})
        for (std::size_t i = 0; i < entries.size(); ++i) {
            SF_TRY(const auto one, entries[i].value.mapping());
            SF_CHECK(read_turned(one, key, turned, recipe.variants[i], variants));
        }
    return variants;
}

util::Result<std::vector<Dependency>> read_dependencies(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(const auto items, value.sequence());
    std::vector<Dependency> dependencies;
    for (const auto& item : items) {
        SF_TRY(auto dependency, read_dependency(item, recipe));
        dependencies.push_back(std::move(dependency));
    }
    return dependencies;
}

util::Result<std::vector<Provision>> read_provisions(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(const auto items, value.sequence());
    std::vector<Provision> provisions;
    for (const auto& item : items) {
        Provision provision{{}, {}, item.location()};
        if (item.kind() == yaml::Value::Kind::scalar) {
            SF_TRY(provision.name, item.text());
        } else {
            SF_TRY(const auto mapping, item.mapping({"virtual", "when"}));
            SF_TRY(const auto name, mapping.require("virtual"));
            SF_TRY(provision.name, name.text());
            SF_TRY(provision.condition, read_condition(mapping, recipe));
        }
        if (!spec::is_name(provision.name) || provision.name == recipe.name)
            return item.fail(fmt::format("'{}' cannot be the name of a virtual package", provision.name),
                             "use letters, digits, '-' and '_', and another name than the package's");
        if (provision.condition.when && !provision.condition.when->variants.empty())
            return item.fail("a package provides by version, whatever its variants are", "name versions only");
        provisions.push_back(std::move(provision));
    }
    return provisions;
}

util::Result<std::vector<Conflict>> read_conflicts(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(const auto items, value.sequence());
    std::vector<Conflict> conflicts;
    for (const auto& item : items) {
        SF_TRY(const auto mapping, item.mapping({"spec", "when", "reason"}));
        SF_TRY(const auto spec_value, mapping.require("spec"));
        SF_TRY(const auto reason, mapping.require("reason"));
        Conflict conflict{{}, {}, {}, item.location()};
        SF_TRY(conflict.spec, read_spec(spec_value));
        SF_TRY(conflict.condition, read_condition(mapping, recipe));
        SF_TRY(conflict.reason, reason.text());
        if (!conflict.spec.dependencies.empty() || !conflict.spec.target.empty())
            return spec_value.fail("a conflict's spec has neither ^ nor target=", "name one package");
        if (conflict.spec.name.empty() || conflict.spec.name == recipe.name)
            SF_CHECK(check_own_variants(spec_value, conflict.spec, recipe));
        if (conflict.reason.empty())
            return reason.fail("the reason is empty", "say why the two do not go together");
        conflicts.push_back(std::move(conflict));
    }
    return conflicts;
}

} // namespace sf::recipe
