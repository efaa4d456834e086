#include "site/layers.hpp"

#include "yaml/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

namespace sf::site {
namespace {

using Settings = std::span<const Setting>;

util::Status read_group(Site& site, const yaml::Mapping& mapping, Settings group, const ConfigFile& file)
{
    for (const auto& setting : group) {
        const auto value = mapping.find(setting.name());
        if (!value)
            continue;
        SF_CHECK(setting.kind->read(site, *value, file));
        site.origins[setting.key] = fmt::format("{}:{}", file.path.string(), value->location().line);
    }
    return {};
}

/// The group's mapping below the top one, when the file has it.
util::Status read_inner_group(Site& site, const yaml::Mapping& top, Settings group, const ConfigFile& file)
{
    const auto value = top.find(group.front().group());
    if (!value)
        return {};
    std::vector<std::string_view> names;
    for (const auto& setting : group)
        names.push_back(setting.name());
    SF_TRY(const auto mapping, value->mapping(names));
    return read_group(site, mapping, group, file);
}

util::Status read_config(Site& site, const yaml::Value& root, const ConfigFile& file)
{
    if (root.kind() == yaml::Value::Kind::empty)
        return {};
    std::vector<Settings> groups;
    std::vector<std::string_view> names;
    for (auto rest = Settings(settings()); !rest.empty(); rest = rest.subspan(groups.back().size())) {
        const auto name = rest.front().group();
        const auto end =
            std::find_if(rest.begin(), rest.end(), [name](const Setting& setting) { return setting.group() != name; });
        groups.push_back(rest.first(static_cast<std::size_t>(end - rest.begin())));
        if (!name.empty())
            names.push_back(name);
        else
            for (const auto& setting : groups.back())
                names.push_back(setting.name());
    }
    SF_TRY(const auto top, root.mapping(names));
    for (const auto group : groups)
        SF_CHECK(group.front().group().empty() ? read_group(site, top, group, file)
                                               : read_inner_group(site, top, group, file));
    return {};
}

} // namespace

util::Status apply_file(Site& site, const std::filesystem::path& file, const std::optional<std::string>& home)
{
    // Anything but "not there" is for load() to report: a file that cannot be read must not be passed over.
    const auto is_missing = [](const std::filesystem::path& path) {
        std::error_code error;
        return std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found;
    };
    if (const auto beside = file.parent_path() / "packages.yaml"; !is_missing(beside)) {
        SF_TRY(auto packages, preference::load_packages_file(beside));
        site.packages.overlay(std::move(packages));
        site.origins["packages"] = beside.string();
    }
    if (is_missing(file))
        return {};
    SF_TRY(const auto document, yaml::Document::load(file));
    return read_config(site, document.root(), {file, home});
}

} // namespace sf::site
