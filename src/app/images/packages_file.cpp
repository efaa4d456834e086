#include "app/images/packages_file.hpp"

#include "spec/spec.hpp"
#include "util/text.hpp"
#include "yaml/yaml.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace sf::app {
namespace {

using util::Result;
using Lines = std::vector<std::string>;

/// The line of an entry that has its version.
constexpr std::size_t spec_line = 2;

std::string spec_of(const FoundExternal& external)
{
    return fmt::format("{}@{}", external.name, external.version);
}

/// /usr for /usr/bin/cmake and for /usr/include/nvml.h, and where the path is not known.
std::string prefix_of(const FoundExternal& external)
{
    return external.path.empty() ? "/usr" : external.path.parent_path().parent_path().string();
}

Lines render(const FoundExternal& external, const std::string& indent)
{
    return {indent + external.name + ":", indent + "  externals:", indent + "  - spec: " + spec_of(external),
            indent + "    prefix: " + prefix_of(external), indent + "  buildable: false"};
}

std::size_t indent_of(const std::string& line)
{
    return line.find_first_not_of(' ');
}

/// Whether the entry that begins at `first` is as render() writes it, but for the version.
bool is_ours(const Lines& lines, std::size_t first, const FoundExternal& external)
{
    const auto indent = indent_of(lines[first]);
    const auto wanted = render(external, std::string(indent, ' '));
    if (lines.size() < first + wanted.size())
        return false;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (i != spec_line && lines[first + i] != wanted[i])
            return false;
    const auto before_version = wanted[spec_line].substr(0, wanted[spec_line].size() - external.version.size());
    if (!lines[first + spec_line].starts_with(before_version))
        return false;
    // Nothing was added to it.
    const auto next = first + wanted.size();
    return next == lines.size() || util::trim(lines[next]).empty() || indent_of(lines[next]) <= indent;
}

/// Where the entries of a packages.yaml are. Lines count from 0.
struct Layout {
    std::optional<std::size_t> packages; ///< the line `packages:`
    std::map<std::string, std::size_t> entries;
    std::string indent = "  ";
};

/// Spack lets a key end with a further colon: it replaces what lower files say.
std::string plain_key(std::string key)
{
    if (key.ends_with(':'))
        key.pop_back();
    return key;
}

Result<Layout> find_entries(const yaml::Document& document)
{
    Layout layout;
    if (document.root().kind() == yaml::Value::Kind::empty)
        return layout;
    SF_TRY(const auto top, document.root().mapping());
    for (const auto& section : top.entries()) {
        if (plain_key(section.key) != "packages")
            continue;
        layout.packages = static_cast<std::size_t>(section.where.line - 1);
        if (section.value.kind() == yaml::Value::Kind::empty)
            break;
        SF_TRY(const auto packages, section.value.mapping());
        const auto entries = packages.entries();
        for (const auto& entry : entries)
            layout.entries.emplace(plain_key(entry.key), static_cast<std::size_t>(entry.where.line - 1));
        if (!entries.empty())
            layout.indent.assign(static_cast<std::size_t>(entries.front().where.column - 1), ' ');
    }
    return layout;
}

/// Whether the text reads as what it should have become: these externals, and no entry less.
bool reads_well(const std::string& text, const Layout& before, const MergedPackages& merged)
{
    const auto document = yaml::Document::parse(text, "packages.yaml");
    if (!document)
        return false;
    const auto after = find_entries(*document);
    if (!after || !after->packages || after->entries.size() != before.entries.size() + merged.added.size())
        return false;
    for (const auto& [name, line] : before.entries)
        if (!after->entries.contains(name))
            return false;
    for (const auto& name : merged.added)
        if (!after->entries.contains(name))
            return false;
    return true;
}

/// `text` by lines; the last one ends with a newline too, which is not part of the list.
Lines lines_of(std::string_view text)
{
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    return text.empty() ? Lines() : util::split(text, '\n');
}

/// Sorts the externals into the lists of `merged`, corrects the versions in `lines` and returns the lines to add.
Lines settle(const std::vector<FoundExternal>& externals, const Layout& layout, Lines& lines, MergedPackages& merged)
{
    Lines additions;
    for (const auto& external : externals) {
        const auto entry = layout.entries.find(external.name);
        const auto wanted = render(external, layout.indent);
        if (!spec::is_name(external.name)) {
            merged.unnamable.push_back(external.name);
        } else if (entry == layout.entries.end()) {
            merged.added.push_back(external.name);
            additions.insert(additions.end(), wanted.begin(), wanted.end());
        } else if (!is_ours(lines, entry->second, external)) {
            merged.kept.push_back(external.name);
        } else if (auto& line = lines[entry->second + spec_line]; line == wanted[spec_line]) {
            merged.unchanged.push_back(external.name);
        } else {
            merged.updated.push_back(external.name);
            line = wanted[spec_line];
        }
    }
    return additions;
}

/// The entries of these names, for people.
std::string lines_to_add(const std::vector<FoundExternal>& externals, const std::vector<std::string>& names)
{
    std::string text = "packages:";
    for (const auto& external : externals)
        if (std::find(names.begin(), names.end(), external.name) != names.end())
            text += "\n" + util::join(render(external, "  "), "\n");
    return text;
}

} // namespace

Result<MergedPackages> merge_externals(std::string_view text, const std::string& file,
                                       const std::vector<FoundExternal>& externals)
{
    SF_TRY(const auto document, yaml::Document::parse(text, file));
    SF_TRY(const auto layout, find_entries(document));
    auto lines = lines_of(text);
    MergedPackages merged;
    merged.file = file;
    const auto additions = settle(externals, layout, lines, merged);
    if (!layout.packages && !additions.empty())
        lines.emplace_back("packages:");
    const auto place = layout.packages ? *layout.packages + 1 : lines.size();
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(place), additions.begin(), additions.end());
    merged.text = lines.empty() ? std::string() : util::join(lines, "\n") + "\n";
    if (!additions.empty() && !reads_well(merged.text, layout, merged))
        return util::fail(util::ErrorCode::failure,
                          fmt::format("entries cannot be added to {} in its present form", file),
                          "write it one key a line, or add there yourself:\n" + lines_to_add(externals, merged.added));
    return merged;
}

} // namespace sf::app
