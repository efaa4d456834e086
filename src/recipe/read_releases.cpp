// Where a project publishes releases: the key 'releases', and its patterns.
#include "recipe/reader.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sf::recipe {
namespace {

/// How a version's parts are joined in names.
struct Style {
    std::string_view placeholder;
    char separator;
};
constexpr std::array<Style, 3> styles = {{{"{version}", '.'}, {"{dashed}", '-'}, {"{underscored}", '_'}}};
constexpr unsigned usual_series = 2; ///< components that {series} has where the recipe does not say
constexpr unsigned longest_series = 4;

/// Checks that each word in braces is one of `known`.
util::Status check_placeholders(const yaml::Value& value, std::string_view pattern,
                                const std::vector<std::string>& known)
{
    for (std::size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
        const auto close = pattern.find('}', open);
        const auto word =
            pattern.substr(open, close == std::string_view::npos ? std::string_view::npos : close - open + 1);
        if (std::find(known.begin(), known.end(), word) == known.end())
            return value.fail_inside(open, fmt::format("unknown placeholder {}", word),
                                     "placeholders: " + util::join(known, ", "));
    }
    return {};
}

unsigned count_styles(std::string_view pattern)
{
    unsigned count = 0;
    for (const auto& style : styles)
        for (auto at = pattern.find(style.placeholder); at != std::string_view::npos;
             at = pattern.find(style.placeholder, at + 1))
            ++count;
    return count;
}

/// The pattern of a name, in which a version is looked for.
util::Result<std::string> read_name_pattern(const yaml::Mapping& mapping, std::string_view key)
{
    SF_TRY(const auto value, mapping.require(key));
    SF_TRY(auto text, value.text());
    SF_CHECK(check_placeholders(value, text, {"{version}", "{dashed}", "{underscored}"}));
    if (count_styles(text) != 1)
        return value.fail(fmt::format("the pattern '{}' must have the version once", text),
                          "write one of {version}, {dashed} and {underscored} in its place");
    return text;
}

util::Status read_address_pattern(const yaml::Mapping& mapping, std::string_view key, std::string& out)
{
    const auto value = mapping.find(key);
    if (!value)
        return {};
    SF_TRY(auto url, read_url(*value));
    SF_CHECK(
        check_placeholders(*value, url.url, {"{version}", "{dashed}", "{underscored}", "{series}", "{tag}", "{file}"}));
    if (url.url.find('{') == std::string::npos)
        return value->fail("the pattern does not name the version", "write {version} in its place");
    out = std::move(url.url);
    return {};
}

util::Status read_github(const yaml::Mapping& mapping, const yaml::Value& value, Releases& releases)
{
    SF_TRY(releases.github, value.text());
    const auto slash = releases.github.find('/');
    const bool is_pair = slash != std::string::npos && slash > 0 && slash + 1 < releases.github.size() &&
                         releases.github.find('/', slash + 1) == std::string::npos &&
                         std::all_of(releases.github.begin(), releases.github.end(), [](char c) {
                             return util::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                    std::string_view("-_./").find(c) != std::string_view::npos;
                         });
    if (!is_pair && !is_web_address(releases.github))
        return value.fail(fmt::format("'{}' is not a repository", releases.github),
                          "write OWNER/REPOSITORY, or the address of a repository in the API of GitHub Enterprise");
    SF_TRY(releases.tag, read_name_pattern(mapping, "tag"));
    if (!is_pair && !mapping.find("url"))
        return value.fail("'url' is missing", "say where the archive of a release is");
    return {};
}

util::Status read_listing(const yaml::Mapping& mapping, const yaml::Value& value, Releases& releases)
{
    SF_TRY(releases.listing, read_web_address(value));
    SF_TRY(releases.file, read_name_pattern(mapping, "file"));
    return {};
}

util::Status read_keys(const yaml::Mapping& mapping, const Recipe& recipe, Releases& releases)
{
    if (const auto keys = mapping.find("keys")) {
        SF_TRY(const auto items, keys->sequence());
        for (const auto& item : items) {
            SF_TRY(const auto name, read_relative_path(item));
            releases.keys.push_back(recipe.directory / name);
            std::error_code error;
            if (!std::filesystem::is_regular_file(releases.keys.back(), error))
                return item.fail(fmt::format("the key {} does not exist", releases.keys.back().string()),
                                 "keys lie beside recipe.yaml");
        }
    }
    if (releases.signature.empty() != releases.keys.empty())
        return mapping.value().fail("'signature' and 'keys' belong together",
                                    "name the OpenPGP public keys that sign releases, or remove both");
    return {};
}

} // namespace

util::Result<Releases> read_releases(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(const auto mapping, value.mapping({"github", "tag", "listing", "file", "url", "checksum", "signature",
                                              "keys", "versions", "series"}));
    Releases releases;
    releases.where = value.location();
    const auto github = mapping.find("github");
    const auto listing = mapping.find("listing");
    if (github.has_value() == listing.has_value())
        return value.fail("releases are either on 'github' or in a 'listing'", "give one of them");
    if (const auto stray = mapping.find(github ? "file" : "tag"))
        return stray->fail(github ? "'file' belongs to a listing" : "'tag' belongs to github", "remove it");
    if (github)
        SF_CHECK(read_github(mapping, *github, releases));
    else
        SF_CHECK(read_listing(mapping, *listing, releases));
    SF_CHECK(read_address_pattern(mapping, "url", releases.url));
    SF_CHECK(read_address_pattern(mapping, "checksum", releases.checksum));
    SF_CHECK(read_address_pattern(mapping, "signature", releases.signature));
    SF_CHECK(read_keys(mapping, recipe, releases));
    if (const auto versions = mapping.find("versions")) {
        SF_TRY(const auto text, versions->text());
        auto range = spec::VersionRange::read(text);
        if (!range)
            return versions->fail_inside(range.error().offset,
                                         fmt::format("bad version \"{}\": {}", text, range.error().what),
                                         range.error().hint);
        releases.range = std::move(*range);
    }
    if (const auto series = mapping.find("series")) {
        SF_TRY(const auto count, series->number(1, longest_series));
        releases.series = static_cast<unsigned>(count);
    }
    return releases;
}

std::string Releases::expand(std::string_view pattern, const spec::Version& version) const
{
    std::string text(pattern);
    text = util::replace_all(std::move(text), "{tag}", tag);
    text = util::replace_all(std::move(text), "{file}", file);
    for (const auto& style : styles)
        text = util::replace_all(std::move(text), style.placeholder,
                                 util::replace_all(version.to_string(), ".", std::string(1, style.separator)));
    return util::replace_all(std::move(text), "{series}", version.up_to(series > 0 ? series : usual_series));
}

std::string Releases::archive_url(const spec::Version& version) const
{
    if (!url.empty())
        return expand(url, version);
    if (!github.empty())
        return expand("https://github.com/" + github + "/archive/{tag}.tar.gz", version);
    return expand(listing + (listing.ends_with('/') ? "" : "/") + "{file}", version);
}

std::optional<spec::Version> version_in(std::string_view pattern, std::string_view name)
{
    for (const auto& style : styles) {
        const auto at = pattern.find(style.placeholder);
        if (at == std::string_view::npos)
            continue;
        const auto before = pattern.substr(0, at);
        const auto behind = pattern.substr(at + style.placeholder.size());
        if (name.size() <= before.size() + behind.size() || !name.starts_with(before) || !name.ends_with(behind))
            return std::nullopt;
        std::string text(name.substr(before.size(), name.size() - before.size() - behind.size()));
        if (!util::is_digit(text.front()) || !util::is_digit(text.back()) ||
            !std::all_of(text.begin(), text.end(), [&](char c) { return util::is_digit(c) || c == style.separator; }))
            return std::nullopt; // letters are those of pre-releases
        std::replace(text.begin(), text.end(), style.separator, '.');
        auto version = spec::Version::parse(text);
        return version ? std::optional(std::move(*version)) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace sf::recipe
