// Patches: the recipe's own, and those out of a Debian source package.
#include "recipe/reader.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sf::recipe {
namespace {

/// The identifier that `text` begins with ("CVE-2026-65107-1.patch" begins with "CVE-2026-65107"), or nothing.
std::string leading_cve(std::string_view text)
{
    constexpr std::string_view scheme = "CVE-";
    constexpr std::size_t fewest_digits = 4; // of the year, and of the number
    if (!text.starts_with(scheme))
        return {};
    const auto digits = [text](std::size_t from) {
        auto end = from;
        while (end < text.size() && util::is_digit(text[end]))
            ++end;
        return end;
    };
    const auto year = digits(scheme.size());
    if (year != scheme.size() + fewest_digits || year == text.size() || text[year] != '-')
        return {};
    const auto number = digits(year + 1);
    return number < year + 1 + fewest_digits ? std::string() : std::string(text.substr(0, number));
}

/// What names of Debian's packages and versions are made of, so that they can be part of a file's name.
bool is_debian_word(std::string_view text, std::string_view others)
{
    return !text.empty() && text.front() != '.' && std::all_of(text.begin(), text.end(), [others](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || util::is_digit(c) ||
               others.find(c) != std::string_view::npos;
    });
}

/// "slurm-wlm_24.11.5-4+deb13u1.debian.tar.xz"; the epoch is not in names of files.
std::string debian_archive(const std::string& package, const std::string& revision)
{
    const auto colon = revision.find(':');
    return fmt::format("{}_{}.debian.tar.xz", package,
                       colon == std::string::npos ? revision : revision.substr(colon + 1));
}

util::Result<SeriesPatch> read_series_patch(const yaml::Value& value)
{
    SeriesPatch patch;
    if (value.kind() == yaml::Value::Kind::scalar) {
        SF_TRY(patch.file, read_relative_path(value));
    } else {
        SF_TRY(const auto mapping, value.mapping({"file", "fixes"}));
        SF_TRY(const auto file, mapping.require("file"));
        SF_TRY(patch.file, read_relative_path(file));
        SF_TRY(patch.fixes, read_fixes(mapping));
    }
    // Distributions name the file after the hole.
    const auto name = patch.file.substr(patch.file.rfind('/') + 1); // npos + 1 is 0
    if (auto cve = leading_cve(name); patch.fixes.empty() && !cve.empty())
        patch.fixes.push_back(std::move(cve));
    return patch;
}

util::Status read_series(const yaml::Mapping& mapping, PatchSet& set)
{
    SF_TRY(const auto series, mapping.require("series"));
    SF_TRY(const auto items, series.sequence());
    for (const auto& item : items) {
        SF_TRY(auto patch, read_series_patch(item));
        if (std::any_of(set.series.begin(), set.series.end(),
                        [&patch](const SeriesPatch& other) { return other.file == patch.file; }))
            return item.fail(fmt::format("the patch {} appears twice", patch.file), "remove one");
        set.series.push_back(std::move(patch));
    }
    if (set.series.empty())
        return series.fail("the series is empty", "name files of the package's debian/patches/series, in its order");
    return {};
}

util::Result<PatchSet> read_patch_set(const yaml::Value& value)
{
    SF_TRY(const auto mapping, value.mapping({"apt", "revision", "sha256", "urls", "series"}));
    PatchSet set{{}, {}, {}, {}, value.location()};
    SF_TRY(const auto package, mapping.require("apt"));
    SF_TRY(set.package, package.text());
    if (!is_debian_word(set.package, "+-."))
        return package.fail(fmt::format("'{}' is not the name of a Debian source package", set.package));
    SF_TRY(const auto revision, mapping.require("revision"));
    SF_TRY(set.revision, revision.text());
    if (!is_debian_word(set.revision, "+-.~:") || set.revision.find('-') == std::string::npos)
        return revision.fail(fmt::format("'{}' is not the version of a Debian source package", set.revision),
                             "give it with its Debian revision, as in \"24.11.5-4+deb13u1\"");
    SF_TRY(const auto sha256, read_sha256(mapping));
    const auto file = debian_archive(set.package, set.revision);
    set.sources.push_back({AptSource{set.package, set.revision, file, true}, sha256, value.location()});
    if (const auto urls = mapping.find("urls")) {
        SF_TRY(const auto items, urls->sequence());
        for (const auto& item : items) {
            SF_TRY(auto url, read_url(item));
            Source source{std::move(url), sha256, item.location()};
            if (source.file_name().empty())
                return item.fail("the address names no file", "give the address of the .debian.tar.xz");
            set.sources.push_back(std::move(source));
        }
    }
    SF_CHECK(read_series(mapping, set));
    return set;
}

} // namespace

util::Result<std::vector<std::string>> read_fixes(const yaml::Mapping& mapping)
{
    std::vector<std::string> fixes;
    const auto value = mapping.find("fixes");
    if (!value)
        return fixes;
    SF_TRY(const auto items, value->sequence());
    for (const auto& item : items) {
        SF_TRY(auto text, item.text());
        if (text.empty() || leading_cve(text) != text)
            return item.fail(fmt::format("'{}' is not a CVE identifier", text), "write it as in CVE-2026-25506");
        fixes.push_back(std::move(text));
    }
    return fixes;
}

util::Result<std::vector<PatchSet>> read_patch_sets(const yaml::Value& value)
{
    SF_TRY(const auto items, value.sequence());
    std::vector<PatchSet> sets;
    for (const auto& item : items) {
        SF_TRY(auto set, read_patch_set(item));
        sets.push_back(std::move(set));
    }
    return sets;
}

util::Result<std::vector<Patch>> read_patches(const yaml::Value& value, const Recipe& recipe)
{
    SF_TRY(const auto items, value.sequence());
    std::vector<Patch> patches;
    for (const auto& item : items) {
        SF_TRY(const auto mapping, item.mapping({"file", "when", "strip", "fixes"}));
        SF_TRY(const auto file, mapping.require("file"));
        SF_TRY(const auto name, read_relative_path(file));
        Patch patch;
        patch.file = recipe.directory / name;
        std::error_code error;
        if (!std::filesystem::is_regular_file(patch.file, error))
            return file.fail(fmt::format("the patch {} does not exist", patch.file.string()),
                             "patches lie beside recipe.yaml");
        if (const auto strip = mapping.find("strip")) {
            SF_TRY(const auto count, strip->number(0, 16));
            patch.strip = static_cast<int>(count);
        }
        SF_TRY(patch.condition, read_condition(mapping, recipe));
        SF_TRY(patch.fixes, read_fixes(mapping));
        patches.push_back(std::move(patch));
    }
    return patches;
}

} // namespace sf::recipe
