#include "recipe/added_versions.hpp"

#include "recipe/reader.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::recipe {
namespace {

/// YAML's double-quoted form of a text without control characters.
std::string yaml_text(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + '"';
}

std::string render_entry(const NewVersion& added, std::size_t indent)
{
    const std::string margin(indent, ' ');
    auto text = fmt::format("{}- version: {}\n{}  sources:\n", margin, yaml_text(added.version.to_string()), margin);
    for (const auto& url : added.urls)
        text +=
            fmt::format("{}    - url: {}\n{}      sha256: {}\n", margin, yaml_text(url), margin, added.sha256.to_hex());
    return text;
}

bool is_comment(std::string_view line)
{
    const auto text = util::trim(line);
    return !text.empty() && text.front() == '#';
}

std::size_t indent_of(std::string_view line)
{
    return std::min(line.find_first_not_of(' '), line.size());
}

/// One item of the list: its first line (from 0), and the columns before its dash.
struct Item {
    std::size_t line = 0;
    std::size_t indent = 0;
    spec::Version version;
};

util::Result<std::vector<Item>> find_items(const yaml::Value& root, const std::vector<std::string>& lines)
{
    SF_TRY(const auto top, root.mapping());
    SF_TRY(const auto list, top.require("versions"));
    SF_TRY(const auto values, list.sequence());
    SF_TRY(const auto entries, read_versions(list));
    std::vector<Item> items;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto where = values[i].location();
        const auto line = static_cast<std::size_t>(where.line) - 1;
        const auto& text = lines[line];
        const auto dash = indent_of(text);
        if (dash + 1 >= text.size() || text[dash] != '-' || text[dash + 1] != ' ' ||
            (!items.empty() && (items.back().line == line || items.back().indent != dash)))
            return util::fail(util::ErrorCode::recipe,
                              fmt::format("{}: the version cannot be added to this list", where.to_string()),
                              util::Reason::versions_unlike_a_list);
        items.push_back({line, dash, entries[i].version});
    }
    return items;
}

/// Behind the last line of the last item; comments after it that are not indented below the item are not its own.
std::size_t end_of_list(const std::vector<std::string>& lines, const Item& last)
{
    auto end = last.line + 1;
    for (auto line = end; line < lines.size(); ++line) {
        const auto indent = indent_of(lines[line]);
        const bool blank = util::trim(lines[line]).empty();
        if (!blank && indent <= last.indent)
            break;
        if (!blank)
            end = line + 1;
    }
    return end;
}

} // namespace

util::Result<std::vector<VersionEntry>> load_added_versions(const std::filesystem::path& directory)
{
    const auto file = directory / added_versions_file;
    SF_TRY(const auto text, util::read_file(file));
    return parse_added_versions(text, file.string());
}

util::Result<std::vector<VersionEntry>> parse_added_versions(std::string_view yaml, const std::string& file)
{
    SF_TRY(const auto document, yaml::Document::parse(yaml, file));
    SF_TRY(const auto top, document.root().mapping({"versions"}));
    SF_TRY(const auto versions, top.require("versions"));
    SF_TRY(auto entries, read_versions(versions));
    for (const auto& entry : entries)
        if (entry.sources.empty())
            return versions.fail(fmt::format("version {} has no sources", entry.version.to_string()),
                                 "give at least one url or apt source");
    return entries;
}

void add_versions(Recipe& recipe, std::vector<VersionEntry> added)
{
    for (auto& entry : added) {
        if (recipe.find_version(entry.version) != nullptr)
            continue;
        if (entry.preferred)
            for (auto& other : recipe.versions)
                other.preferred = false;
        recipe.versions.push_back(std::move(entry));
    }
}

util::Result<std::string> insert_version(std::string_view yaml, const std::string& file, const NewVersion& added)
{
    auto lines = util::split(yaml, '\n');
    SF_TRY(const auto document, yaml::Document::parse(yaml, file));
    SF_TRY(const auto items, find_items(document.root(), lines));
    const auto below =
        std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.version < added.version; });
    auto place = below == items.end() ? end_of_list(lines, items.back()) : below->line;
    // Comments right above an entry are its own.
    while (below != items.end() && place > 0 && is_comment(lines[place - 1]) &&
           indent_of(lines[place - 1]) == below->indent)
        --place;
    auto entry = render_entry(added, items.front().indent);
    entry.pop_back(); // its last line break is that of its line
    if (place == lines.size())
        entry += '\n'; // the file had no line break at its end
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(place), std::move(entry));
    return util::join(lines, "\n");
}

std::string render_added_versions(const std::string& package, const NewVersion& added)
{
    return fmt::format("# Versions of {} that this site has beside those of the recipe (slurm-factory recipe add).\n"
                       "versions:\n{}",
                       package, render_entry(added, 2));
}

} // namespace sf::recipe
