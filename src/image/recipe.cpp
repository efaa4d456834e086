#include "image/image.hpp"

#include "identity/identity.hpp"
#include "util/files/directory.hpp"
#include "util/text.hpp"
#include "yaml/yaml.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

/// Changes when this tool makes something else of the same recipe.
constexpr std::string_view image_format = "1";

constexpr std::array variants = {"extract", "custom", "essential",   "apt",       "required",
                                 "minbase", "buildd", "debootstrap", "important", "standard"};

constexpr std::array distributions = {"debian", "ubuntu"};

constexpr std::string_view lower_letters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view digits = "0123456789";

/// A name as Debian spells suites and packages: nothing that a command line or a path could mistake.
bool is_debian_name(std::string_view text)
{
    auto one_of = [](char c, std::string_view set) { return set.find(c) != std::string_view::npos; };
    return !text.empty() && (one_of(text.front(), lower_letters) || one_of(text.front(), digits)) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return one_of(c, lower_letters) || one_of(c, digits) || one_of(c, "+-."); });
}

util::Result<std::string> required_name(const yaml::Mapping& top, std::string_view key)
{
    SF_TRY(const auto value, top.require(key));
    SF_TRY(auto text, value.text());
    if (!is_debian_name(text))
        return value.fail(fmt::format("'{}' is not a name: lower-case letters, digits, '+', '-' and '.'", text));
    return text;
}

/// Added to those of the recipe that this one is from.
util::Status read_packages(const yaml::Mapping& top, std::vector<std::string>& packages)
{
    const auto value = top.find("packages");
    if (!value && !packages.empty())
        return {};
    SF_TRY(const auto list, top.require("packages"));
    SF_TRY(const auto items, list.sequence());
    std::set<std::string> seen(packages.begin(), packages.end());
    for (const auto& item : items) {
        SF_TRY(auto package, item.text());
        if (!is_debian_name(package))
            return item.fail(fmt::format("'{}' is not a package name", package));
        if (!seen.insert(package).second)
            return item.fail(fmt::format("package '{}' appears twice here", package));
        packages.push_back(std::move(package));
    }
    if (packages.empty())
        return list.fail("an image needs at least one package");
    return {};
}

util::Status read_externals(const yaml::Mapping& top, std::map<std::string, std::string>& externals)
{
    const auto value = top.find("externals");
    if (!value)
        return {};
    SF_TRY(const auto mapping, value->mapping());
    for (const auto& entry : mapping.entries()) {
        SF_TRY(auto command, entry.value.text());
        if (command.empty())
            return entry.value.fail(fmt::format("'{}' needs a command that prints its version", entry.key));
        externals.insert_or_assign(entry.key, std::move(command));
    }
    return {};
}

/// A file of a header package. Only /usr is a real directory in every image; links such as /lib could lead elsewhere.
util::Result<stdfs::path> read_header_file(const yaml::Value& value)
{
    SF_TRY(const auto text, value.text());
    stdfs::path path(text);
    if (!text.starts_with("/usr/") || path != path.lexically_normal() || !path.has_filename())
        return value.fail(fmt::format("'{}' is not a plain path of a file below /usr", text));
    return path;
}

util::Result<HeaderPackage> read_header_package(const yaml::Value& value,
                                                const std::map<std::string, std::string>& externals)
{
    SF_TRY(const auto mapping, value.mapping({"package", "component", "files", "external"}));
    HeaderPackage headers;
    SF_TRY(headers.package, required_name(mapping, "package"));
    SF_TRY(headers.component, required_name(mapping, "component"));
    SF_TRY(const auto files, mapping.require("files"));
    SF_TRY(const auto items, files.sequence());
    for (const auto& item : items) {
        SF_TRY(auto file, read_header_file(item));
        headers.files.push_back(std::move(file));
    }
    if (headers.files.empty())
        return files.fail("name at least one file of the package");
    SF_CHECK(mapping.read("external", headers.external));
    if (!headers.external.empty() && !externals.contains(headers.external))
        return mapping.require("external")->fail(fmt::format("'{}' is not one of 'externals'", headers.external));
    return headers;
}

util::Status read_headers(const yaml::Mapping& top, ImageRecipe& recipe)
{
    const auto value = top.find("headers");
    if (!value)
        return {};
    SF_TRY(const auto items, value->sequence());
    const auto inherited = static_cast<std::ptrdiff_t>(recipe.headers.size());
    for (const auto& item : items) {
        SF_TRY(auto headers, read_header_package(item, recipe.externals));
        const auto end = recipe.headers.begin() + inherited;
        const auto same = std::find_if(recipe.headers.begin(), end, [&headers](const HeaderPackage& other) {
            return other.package == headers.package;
        });
        if (same == end)
            recipe.headers.push_back(std::move(headers));
        else
            *same = std::move(headers);
    }
    return {};
}

util::Status read_configure_cache(const yaml::Mapping& top, const stdfs::path& file, ImageRecipe& recipe)
{
    const auto value = top.find("configure_cache");
    if (!value)
        return {};
    SF_TRY(const auto name, value->text());
    recipe.configure_cache_files.clear(); // those of the recipe that this one is from
    recipe.configure_cache = util::absolute_path(file).parent_path() / name;
    if (!util::path_exists(recipe.configure_cache / "probe.sh"))
        return value->fail(fmt::format("there is no {}", (recipe.configure_cache / "probe.sh").string()));
    SF_TRY(const auto entries, util::walk_tree(recipe.configure_cache));
    for (const auto& entry : entries)
        if (entry.type == stdfs::file_type::regular) {
            SF_TRY(const auto digest, util::sha256_file(recipe.configure_cache / entry.relative));
            recipe.configure_cache_files.emplace(entry.relative.string(), digest);
        }
    return {};
}

constexpr const char* imported_key = "imported";

bool is_imported(const yaml::Document& document)
{
    const auto top = document.root().mapping();
    return top && top->find(imported_key).has_value();
}

/// As imported_recipe_text() writes it.
util::Result<ImageRecipe> read_imported(const yaml::Document& document)
{
    SF_TRY(const auto top, document.root().mapping({"name", "description", imported_key, "externals", "answers"}));
    ImageRecipe recipe;
    SF_TRY(recipe.name, required_name(top, "name"));
    SF_CHECK(top.read("description", recipe.description));
    SF_TRY(const auto value, top.require(imported_key));
    SF_TRY(const auto text, value.text());
    auto digest = util::Digest::parse(text);
    if (!digest)
        return value.fail(fmt::format("'{}' is not a sha256", text));
    recipe.imported = *digest;
    SF_CHECK(read_externals(top, recipe.externals));
    SF_CHECK(top.read("answers", recipe.has_answers));
    return recipe;
}

using Directories = std::span<const stdfs::path>;

stdfs::path file_in(const stdfs::path& directory, const std::string& name)
{
    return directory / (name + ".yaml");
}

/// The directories up to the last one that has the recipe, in a file that is none of `except`. None where no one has.
Directories directories_to(Directories directories, const std::string& name, const std::vector<stdfs::path>& except)
{
    const auto has = [&](const stdfs::path& directory) {
        const auto file = file_in(directory, name);
        return util::path_exists(file) && std::find(except.begin(), except.end(), file) == except.end();
    };
    while (!directories.empty() && !(is_debian_name(name) && has(directories.back())))
        directories = directories.first(directories.size() - 1);
    return directories;
}

util::Result<ImageRecipe> load_from(Directories directories, const std::vector<stdfs::path>& chain);

/// What the recipe under the key 'from' says; without the key, nothing. It comes from the last of `directories`, which
/// is that of this recipe, or one before: so a built-in recipe is from a built-in one. `chain` are the files that lead
/// here.
util::Result<ImageRecipe> read_base(const yaml::Mapping& top, Directories directories, std::vector<stdfs::path> chain)
{
    const auto value = top.find("from");
    if (!value) {
        ImageRecipe nothing;
        nothing.variant = "minbase";
        return nothing;
    }
    SF_TRY(const auto name, value->text());
    const auto found = directories_to(directories, name, chain);
    if (found.empty())
        return value->fail(fmt::format("there is no image recipe '{}' to begin with", name),
                           "name one of this directory or of those before it; none can be from itself");
    chain.push_back(file_in(found.back(), name));
    SF_TRY(auto base, load_from(found, chain));
    if (base.imported)
        return value->fail(fmt::format("'{}' is an imported image, which has no list of packages", name),
                           "name the recipe of an image that is made");
    base.description.clear();
    return base;
}

util::Result<ImageRecipe> read_recipe(const yaml::Document& document, Directories directories,
                                      const std::vector<stdfs::path>& chain)
{
    if (is_imported(document))
        return read_imported(document);
    SF_TRY(const auto top,
           document.root().mapping({"name", "description", "from", "distribution", "suite", "variant", "packages",
                                    "externals", "headers", "configure_cache", "check_valid_until"}));
    SF_TRY(auto recipe, read_base(top, directories, chain));
    SF_TRY(recipe.name, required_name(top, "name"));
    if (recipe.suite.empty() || top.find("suite")) {
        SF_TRY(recipe.suite, required_name(top, "suite"));
    }
    SF_CHECK(top.read("description", recipe.description));
    SF_CHECK(top.read("distribution", recipe.distribution));
    if (std::find(distributions.begin(), distributions.end(), recipe.distribution) == distributions.end())
        return top.require("distribution")
            ->fail(fmt::format("no images are made of '{}'", recipe.distribution), "debian and ubuntu are known");
    SF_CHECK(top.read("variant", recipe.variant));
    if (std::find(variants.begin(), variants.end(), recipe.variant) == variants.end())
        return top.require("variant")->fail(fmt::format("mmdebstrap has no variant '{}'", recipe.variant));
    SF_CHECK(read_packages(top, recipe.packages));
    SF_CHECK(read_externals(top, recipe.externals));
    SF_CHECK(read_headers(top, recipe));
    SF_CHECK(top.read("check_valid_until", recipe.check_valid_until));
    SF_CHECK(read_configure_cache(top, chain.back(), recipe));
    return recipe;
}

/// The recipe in the last file of the chain, each of which is from the next.
util::Result<ImageRecipe> load_from(Directories directories, const std::vector<stdfs::path>& chain)
{
    const auto& file = chain.back();
    SF_TRY(const auto document, yaml::Document::load(file));
    SF_TRY(auto recipe, read_recipe(document, directories, chain));
    if (recipe.name != file.stem().string())
        return util::fail(ErrorCode::recipe,
                          fmt::format("{}: the recipe is named '{}', its file is not", file.string(), recipe.name),
                          fmt::format("rename the file to {}.yaml", recipe.name));
    recipe.file = file;
    return recipe;
}

/// Names of all recipes of the directories.
std::vector<std::string> known_names(const std::vector<stdfs::path>& directories)
{
    std::set<std::string> names;
    for (const auto& directory : directories)
        for (const auto& path : util::readable_paths_in(directory))
            if (path.extension() == ".yaml")
                names.insert(path.stem().string());
    return {names.begin(), names.end()};
}

} // namespace

util::Digest ImageRecipe::key() const
{
    util::Sha256 hash;
    auto add = [&hash](std::string_view field, std::string_view value) {
        hash.update(fmt::format("{}={}:", field, value.size()));
        hash.update(value);
    };
    add("format", image_format);
    if (imported) {
        add("imported", imported->to_hex());
        add("answers", has_answers ? "yes" : "no");
    } else {
        add("builder", std::to_string(identity::builder_uid)); // the image gets an account for it
    }
    if (distribution != "debian") // images from before there was a choice keep their keys
        add("distribution", distribution);
    add("suite", suite);
    add("variant", variant);
    for (const auto& package : std::set<std::string>(packages.begin(), packages.end()))
        add("package", package);
    for (const auto& [external, command] : externals) {
        add("external", external);
        add("command", command);
    }
    for (const auto& [path, digest] : configure_cache_files)
        add("configure_cache " + path, digest.to_hex());
    for (const auto& one : headers) {
        add("headers", one.package);
        add("component", one.component);
        add("for", one.external);
        for (const auto& path : one.files)
            add("file", path.string());
    }
    return hash.finish();
}

util::Result<ImageRecipe> load_image_recipe(const stdfs::path& file)
{
    const auto directory = file.parent_path();
    return load_from({&directory, 1}, {file});
}

util::Result<ImageRecipe> find_image_recipe(const std::vector<stdfs::path>& directories, const std::string& name)
{
    if (const auto found = directories_to(directories, name, {}); !found.empty())
        return load_from(found, {file_in(found.back(), name)});
    const auto known = known_names(directories);
    auto hint = known.empty() ? "no directory of image recipes has any" : "known: " + util::join(known, ", ");
    if (const auto near = util::nearest(name, known))
        hint = fmt::format("did you mean '{}'? {}", *near, hint);
    return util::fail(ErrorCode::usage, fmt::format("no base image is named '{}'", name), std::move(hint));
}

bool is_image_name(std::string_view text)
{
    return is_debian_name(text);
}

std::string usual_image_name(const site::Site& site)
{
    return site.image.empty() ? default_image_name(recipe_directories(site)) : site.image;
}

std::string default_image_name(const std::vector<stdfs::path>& directories)
{
    constexpr const char* fallback = "bookworm";
    const auto release = util::read_file("/etc/os-release");
    if (!release)
        return fallback;
    for (const auto& line : util::split(*release, '\n')) {
        constexpr std::string_view field = "VERSION_CODENAME=";
        if (!line.starts_with(field))
            continue;
        auto name = util::replace_all(line.substr(field.size()), "\"", "");
        const auto known = known_names(directories);
        if (std::find(known.begin(), known.end(), name) != known.end())
            return name;
    }
    return fallback;
}

} // namespace sf::image
