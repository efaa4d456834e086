#include "site/mirrors.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"
#include "yaml/yaml.hpp"

#include <algorithm>
#include <cctype>

namespace sf::site {
namespace {

util::Result<Mirror> read_mirror(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping({"name", "place", "packages"}));
    Mirror mirror;
    SF_TRY(const auto name, mapping.require("name"));
    SF_TRY(mirror.name, name.text());
    if (!is_mirror_name(mirror.name))
        return name.fail(fmt::format("'{}' is not a name for a mirror", mirror.name),
                         "use letters, digits, '.', '_', '-'");
    SF_TRY(const auto place, mapping.require("place"));
    SF_TRY(mirror.place, place.text());
    SF_CHECK(mapping.read("packages", mirror.packages));
    return mirror;
}

util::Result<std::vector<Mirror>> read_mirrors(const yaml::Document& document)
{
    std::vector<Mirror> mirrors;
    SF_TRY(const auto top, document.root().mapping({"mirrors"}));
    const auto list = top.find("mirrors");
    if (!list)
        return mirrors;
    SF_TRY(const auto items, list->sequence());
    for (const auto& item : items) {
        SF_TRY(auto mirror, read_mirror(item));
        mirrors.push_back(std::move(mirror));
    }
    return mirrors;
}

std::string quoted(std::string text)
{
    return "'" + util::replace_all(std::move(text), "'", "''") + "'";
}

} // namespace

std::string mirror_packages(std::string_view place)
{
    return fmt::format("{}{}packages", place, place.ends_with('/') ? "" : "/");
}

bool is_mirror_name(std::string_view name)
{
    return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
    });
}

util::Result<std::vector<Mirror>> load_mirrors(const std::filesystem::path& file)
{
    if (!util::path_exists(file))
        return std::vector<Mirror>();
    SF_TRY(const auto document, yaml::Document::load(file));
    return read_mirrors(document);
}

util::Status save_mirrors(const std::filesystem::path& file, const std::vector<Mirror>& mirrors)
{
    std::string text = "# Written by `slurm-factory mirror add` and `mirror remove`.\nmirrors:";
    if (mirrors.empty())
        text += " []";
    text += "\n";
    for (const auto& mirror : mirrors)
        text += fmt::format("  - {{name: {}, place: {}, packages: {}}}\n", quoted(mirror.name), quoted(mirror.place),
                            mirror.packages);
    // Not all that a path or URL may hold can stand in YAML: line feeds, bytes that are no UTF-8.
    const auto document = yaml::Document::parse(text, file.string());
    const auto again = document ? read_mirrors(*document) : tl::unexpected(document.error());
    if (!again || *again != mirrors)
        return util::fail(util::ErrorCode::usage, "a mirror's place has characters that cannot be written down",
                          "name a directory or URL of printable characters");
    SF_CHECK(util::make_directories(file.parent_path()));
    return util::write_file_atomic(file, text);
}

} // namespace sf::site
