#include "cli/bundle_diff.hpp"

#include "cli/output.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sf::cli {
namespace {

using Json = nlohmann::ordered_json;
using bundle::Change;
using bundle::File;
using bundle::Shipped;

constexpr int diff_schema = 1; ///< docs/bundles.md

template <typename Thing> char sign_of(const Change<Thing>& change)
{
    if (!change.before)
        return '+';
    return change.after ? '~' : '-';
}

template <typename Thing> std::string growth(const Change<Thing>& change)
{
    const auto before = change.before ? change.before->bytes : 0;
    const auto after = change.after ? change.after->bytes : 0;
    return after >= before ? "+" + util::human_bytes(after - before) : "-" + util::human_bytes(before - after);
}

std::string in_words(const Shipped& package)
{
    return package.variants.empty() ? package.version : package.version + " " + package.variants;
}

/// "24.11.5 -> 25.05.3", or what is different when that is not the version.
std::string in_words(const Change<Shipped>& change)
{
    if (!change.before || !change.after)
        return in_words(change.before ? *change.before : *change.after);
    if (change.before->version != change.after->version)
        return fmt::format("{} -> {}", change.before->version, change.after->version);
    if (change.before->variants != change.after->variants)
        return fmt::format("{} -> {}", in_words(*change.before), change.after->variants);
    return fmt::format("{}, built anew", change.before->version);
}

std::string in_words(const Change<File>& change)
{
    if (!change.before || !change.after)
        return growth(change);
    if (change.before->executable != change.after->executable && change.before->content == change.after->content)
        return change.after->executable ? "now executable" : "no longer executable";
    if (change.after->content.starts_with("-> "))
        return change.after->content;
    return growth(change);
}

void print_text(const bundle::Diff& diff, const DiffFormat& format)
{
    if (diff.before.target != diff.after.target)
        print("target: {} -> {}\n", diff.before.target, diff.after.target);
    if (diff.before.image != diff.after.image)
        print("base image: {} -> {}\n", diff.before.image, diff.after.image);
    for (const auto& change : diff.packages)
        print("{} package {} {} ({})\n", sign_of(change), change.name, in_words(change), growth(change));
    for (const auto& name : diff.plugins_added)
        print("+ plugin  {}\n", name);
    for (const auto& name : diff.plugins_removed)
        print("- plugin  {}\n", name);
    if (format.files)
        for (const auto& change : diff.files)
            print("{} file    {} ({})\n", sign_of(change), change.name, in_words(change));
    const auto count = [&diff](char sign) {
        return std::count_if(diff.files.begin(), diff.files.end(),
                             [sign](const auto& change) { return sign_of(change) == sign; });
    };
    print("{} files added, {} removed, {} changed, {} the same; {} -> {}\n", count('+'), count('-'), count('~'),
          diff.same, util::human_bytes(diff.bytes_before), util::human_bytes(diff.bytes_after));
}

Json to_json(const Shipped& package)
{
    return {{"version", package.version},
            {"variants", package.variants},
            {"bytes", package.bytes},
            {"layer", package.layer}};
}

Json to_json(const File& file)
{
    return {{"bytes", file.bytes}, {"executable", file.executable}, {"content", file.content}};
}

template <typename Thing> Json to_json(const std::vector<Change<Thing>>& changes)
{
    auto json = Json::array();
    for (const auto& change : changes) {
        Json one = {{"name", change.name}};
        one["before"] = change.before ? to_json(*change.before) : Json();
        one["after"] = change.after ? to_json(*change.after) : Json();
        json.push_back(std::move(one));
    }
    return json;
}

Json side(const bundle::Contents& contents, std::uint64_t bytes)
{
    return {{"name", contents.name}, {"target", contents.target}, {"image", contents.image}, {"bytes", bytes}};
}

} // namespace

void print_diff(const bundle::Diff& diff, const DiffFormat& format)
{
    if (!format.json) {
        print_text(diff, format);
        return;
    }
    Json json;
    json["schema"] = diff_schema;
    json["before"] = side(diff.before, diff.bytes_before);
    json["after"] = side(diff.after, diff.bytes_after);
    json["packages"] = to_json(diff.packages);
    json["plugins"] = {{"added", diff.plugins_added}, {"removed", diff.plugins_removed}};
    json["files"] = to_json(diff.files);
    json["same_files"] = diff.same;
    cli::print_json(json);
}

} // namespace sf::cli
