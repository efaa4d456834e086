#include "recipe/recipe.hpp"

#include "recipe/license.hpp"
#include "recipe/reader.hpp"

#include "util/files/fs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::recipe {
namespace {

/// Lower case, because names become file names and users type them.
bool is_package_name(std::string_view text)
{
    return spec::is_name(text) && text.front() != '_' &&
           std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

util::Result<std::string> read_name(const yaml::Mapping& top, const std::filesystem::path& directory)
{
    SF_TRY(const auto value, top.require("name"));
    SF_TRY(auto name, value.text());
    if (!is_package_name(name))
        return value.fail(fmt::format("'{}' is not a package name", name),
                          "use lower-case letters, digits, '-' and '_', beginning with a letter or digit");
    const std::string folder = directory.filename().string();
    if (name != folder)
        return value.fail(fmt::format("the name is '{}', but the recipe's directory is '{}'", name, folder),
                          "make the two equal");
    return name;
}

util::Result<std::string> read_description(const yaml::Mapping& top)
{
    SF_TRY(const auto value, top.require("description"));
    SF_TRY(auto text, value.text());
    if (text.empty() || text.find('\n') != std::string::npos)
        return value.fail("'description' must be one line of text");
    return text;
}

util::Result<std::string> read_homepage(const yaml::Mapping& top)
{
    const auto value = top.find("homepage");
    return value ? read_web_address(*value) : std::string();
}

util::Result<std::string> read_license(const yaml::Mapping& top)
{
    SF_TRY(const auto value, top.require("license"));
    SF_TRY(auto text, value.text());
    if (const auto fault = license_fault(text))
        return value.fail(fmt::format("'{}' is not an SPDX licence expression: {}", text, *fault),
                          "write identifiers of https://spdx.org/licenses joined by AND, OR or WITH");
    return text;
}

util::Status read_globs(const yaml::Mapping& mapping, std::string_view key, std::vector<std::string>& out)
{
    const auto value = mapping.find(key);
    if (!value)
        return {};
    SF_TRY(const auto items, value->sequence());
    for (const auto& item : items) {
        SF_TRY(auto glob, read_relative_path(item));
        out.push_back(std::move(glob));
    }
    return {};
}

util::Result<Slices> read_slices(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping({"run", "dev", "drop"}));
    Slices slices;
    SF_CHECK(read_globs(mapping, "run", slices.run));
    SF_CHECK(read_globs(mapping, "dev", slices.dev));
    SF_CHECK(read_globs(mapping, "drop", slices.drop));
    return slices;
}

util::Result<std::vector<RelocationException>> read_relocation(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping({"allow"}));
    SF_TRY(const auto allow, mapping.require("allow"));
    SF_TRY(const auto items, allow.sequence());
    std::vector<RelocationException> exceptions;
    for (const auto& item : items) {
        SF_TRY(const auto entry, item.mapping({"path", "reason"}));
        SF_TRY(const auto path, entry.require("path"));
        SF_TRY(const auto reason, entry.require("reason"));
        RelocationException exception;
        SF_TRY(exception.path, read_relative_path(path));
        SF_TRY(exception.reason, reason.text());
        if (exception.reason.empty())
            return reason.fail("the reason is empty", "say why it is harmless that the file mentions the prefix");
        exceptions.push_back(std::move(exception));
    }
    return exceptions;
}

util::Result<Recipe> read_recipe(const yaml::Value& root, const std::filesystem::path& directory)
{
    SF_TRY(const auto top, root.mapping({"name", "description", "homepage", "license", "versions", "support",
                                         "variants", "dependencies", "provides", "conflicts", "build", "patches",
                                         "slices", "relocation", "releases", "hardening"}));
    Recipe recipe;
    recipe.directory = directory;
    SF_TRY(recipe.name, read_name(top, directory));
    SF_TRY(recipe.description, read_description(top));
    SF_TRY(recipe.homepage, read_homepage(top));
    SF_TRY(recipe.license, read_license(top));
    SF_TRY(const auto versions, top.require("versions"));
    SF_TRY(recipe.versions, read_versions(versions));
    if (const auto support = top.find("support")) {
        SF_TRY(recipe.support, read_support(*support, recipe));
    }
    if (const auto variants = top.find("variants")) {
        SF_TRY(recipe.variants, read_variants(*variants, recipe));
    }
    if (const auto dependencies = top.find("dependencies")) {
        SF_TRY(recipe.dependencies, read_dependencies(*dependencies, recipe));
    }
    if (const auto provides = top.find("provides")) {
        SF_TRY(recipe.provides, read_provisions(*provides, recipe));
    }
    if (const auto conflicts = top.find("conflicts")) {
        SF_TRY(recipe.conflicts, read_conflicts(*conflicts, recipe));
    }
    SF_TRY(const auto build, top.require("build"));
    SF_TRY(recipe.build, read_build(build, recipe));
    for (const auto& entry : recipe.versions)
        if (entry.sources.empty() && recipe.build.system != BuildSystem::custom)
            return versions.fail(fmt::format("version {} has no sources", entry.version.to_string()),
                                 "give at least one url or apt source; only 'system: custom' can do without");
    if (const auto patches = top.find("patches")) {
        SF_TRY(recipe.patches, read_patches(*patches, recipe));
    }
    if (const auto slices = top.find("slices")) {
        SF_TRY(recipe.slices, read_slices(*slices));
    }
    if (const auto releases = top.find("releases")) {
        SF_TRY(recipe.releases, read_releases(*releases, recipe));
    }
    if (const auto relocation = top.find("relocation")) {
        SF_TRY(recipe.relocation, read_relocation(*relocation));
    }
    if (const auto hardening = top.find("hardening")) {
        SF_TRY(recipe.hardening, read_hardening(*hardening));
    }
    return recipe;
}

/// Absolute, without "." and without a trailing slash, so that filename() is its name.
util::Result<std::filesystem::path> absolute_directory(const std::filesystem::path& directory)
{
    std::error_code error;
    auto path = std::filesystem::absolute(directory, error).lexically_normal();
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot find the directory {}", directory.string()));
    return path.has_filename() ? path : path.parent_path();
}

} // namespace

std::string Source::file_name() const
{
    if (const auto* apt = std::get_if<AptSource>(&from))
        return apt->file;
    std::string_view url = std::get<UrlSource>(from).url;
    url = url.substr(0, url.find_first_of("?#"));
    return std::string(url.substr(url.rfind('/') + 1));
}

std::string Source::to_string() const
{
    if (const auto* apt = std::get_if<AptSource>(&from))
        return fmt::format("apt:{}={}", apt->package, apt->version);
    return std::get<UrlSource>(from).url;
}

std::string PatchSet::to_string() const
{
    return package + " " + revision;
}

std::vector<const std::vector<Source>*> VersionEntry::archives() const
{
    std::vector<const std::vector<Source>*> all;
    if (!sources.empty())
        all.push_back(&sources);
    for (const auto& set : patches)
        all.push_back(&set.sources);
    return all;
}

bool Condition::may_hold(const spec::Version& version) const
{
    return !when || !when->versions || when->versions->contains(version);
}

bool Condition::holds(const spec::Version& version, const spec::VariantValues& variants) const
{
    return !when || when->satisfied_by(when->name, version, variants);
}

std::string_view to_string(BuildSystem system)
{
    switch (system) {
    case BuildSystem::autotools:
        return "autotools";
    case BuildSystem::cmake:
        return "cmake";
    case BuildSystem::make:
        return "make";
    case BuildSystem::custom:
        return "custom";
    }
    return "";
}

std::string_view to_string(Phase phase)
{
    switch (phase) {
    case Phase::unpack:
        return "unpack";
    case Phase::prepare:
        return "prepare";
    case Phase::configure:
        return "configure";
    case Phase::build:
        return "build";
    case Phase::install:
        return "install";
    case Phase::finish:
        return "finish";
    }
    return "";
}

bool Variant::allows(std::string_view value) const
{
    return std::find(values.begin(), values.end(), value) != values.end();
}

const Variant* Recipe::find_variant(std::string_view wanted) const
{
    const auto found =
        std::find_if(variants.begin(), variants.end(), [&](const Variant& variant) { return variant.name == wanted; });
    return found == variants.end() ? nullptr : &*found;
}

const VersionEntry* Recipe::find_version(const spec::Version& wanted) const
{
    const auto found = std::find_if(versions.begin(), versions.end(),
                                    [&](const VersionEntry& entry) { return entry.version == wanted; });
    return found == versions.end() ? nullptr : &*found;
}

const Support* Recipe::support_of(const spec::Version& version) const
{
    const Support* longest = nullptr;
    for (const auto& one : support)
        if (one.series.is_prefix_of(version) && (longest == nullptr || one.until > longest->until))
            longest = &one;
    return longest;
}

bool Recipe::is_supported(const spec::Version& version, std::chrono::sys_days today) const
{
    const auto* found = support_of(version);
    return found != nullptr && found->until >= today;
}

std::optional<spec::Version> Recipe::series_of(const spec::Version& version) const
{
    const spec::Version* widest = nullptr;
    for (const auto& one : support)
        if (one.series.is_prefix_of(version) && (widest == nullptr || one.series.is_prefix_of(*widest)))
            widest = &one.series;
    return widest == nullptr ? std::nullopt : std::optional(*widest);
}

util::Result<Recipe> load_recipe(const std::filesystem::path& directory)
{
    const auto file = directory / "recipe.yaml";
    SF_TRY(const auto text, util::read_file(file));
    return parse_recipe(text, file.string(), directory);
}

util::Result<Recipe> parse_recipe(std::string_view yaml, const std::string& file,
                                  const std::filesystem::path& directory)
{
    SF_TRY(const auto absolute, absolute_directory(directory));
    SF_TRY(const auto document, yaml::Document::parse(yaml, file));
    return read_recipe(document.root(), absolute);
}

} // namespace sf::recipe
