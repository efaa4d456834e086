#include "advisory/osv.hpp"

#include "advisory/members.hpp"
#include "util/text.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sf::advisory {
namespace {

using Json = nlohmann::json;

/// What an identifier may be long at most.
constexpr std::size_t longest_id = 100;

tl::unexpected<util::Error> refused(const std::string& origin, const std::string& why)
{
    return util::fail(util::ErrorCode::recipe, fmt::format("{} is not an advisory: {}", origin, why),
                      "advisories are in the OSV format: https://ossf.github.io/osv-schema/");
}

bool is_id(std::string_view text)
{
    return !text.empty() && text.size() <= longest_id && std::all_of(text.begin(), text.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("-_.:").find(c) != std::string_view::npos;
    });
}

/// The name of our recipe that builds the package; empty where none does: "lz4" of PyPI is something else.
std::string our_name(const Json& package)
{
    constexpr std::array<std::string_view, 3> ours{"slurm-factory", "generic", "OSS-Fuzz"};
    constexpr std::string_view generic = "pkg:generic/";
    const auto ecosystem = text_member(package, "ecosystem");
    if (std::find(ours.begin(), ours.end(), ecosystem) != ours.end())
        return text_member(package, "name");
    if (const auto purl = text_member(package, "purl"); purl.starts_with(generic)) {
        const auto rest = purl.substr(generic.size());
        return rest.substr(0, rest.find_first_of("@?#"));
    }
    return {};
}

/// The version in a release's name or tag: of openssl, 3.0.0 in "openssl-3.0.0", "OpenSSL_3_0_0" and "v3.0.0".
/// Nullopt: it begins with something else.
std::optional<spec::Version> read_version(std::string_view text, std::string_view package)
{
    const auto same = [](char left, char right) {
        return std::tolower(static_cast<unsigned char>(left)) == std::tolower(static_cast<unsigned char>(right));
    };
    if (text.size() > package.size() && (text[package.size()] == '-' || text[package.size()] == '_') &&
        std::equal(package.begin(), package.end(), text.begin(), same))
        text.remove_prefix(package.size() + 1);
    if (text.starts_with('v') || text.starts_with('V'))
        text.remove_prefix(1);
    if (text.empty() || !util::is_digit(text.front()))
        return std::nullopt;
    std::string dotted(text);
    std::replace(dotted.begin(), dotted.end(), '_', '.');
    auto version = spec::Version::parse(dotted);
    return version ? std::optional(std::move(*version)) : std::nullopt;
}

/// Whether the event says something that can be compared. Its kinds "limit" and those to come say nothing of versions.
bool read_event(const Json& json, const std::string& package, Range& range)
{
    using Kind = Event::Kind;
    constexpr std::array<std::pair<const char*, Kind>, 3> kinds{
        {{"introduced", Kind::introduced}, {"fixed", Kind::fixed}, {"last_affected", Kind::last_affected}}};
    for (const auto& [name, kind] : kinds) {
        const auto text = text_member(json, name);
        if (text.empty())
            continue;
        if (kind == Kind::introduced && text == "0") {
            range.push_back({kind, std::nullopt});
            continue;
        }
        auto version = read_version(text, package);
        if (!version)
            return false;
        range.push_back({kind, std::move(*version)});
    }
    return true;
}

/// The order in which ranges are read; where a version ends one part and begins the next, it is in the next, and where
/// it is all of a part, it is in that.
bool comes_before(const Event& left, const Event& right)
{
    if (!left.version || !right.version)
        return !left.version && right.version.has_value();
    const auto rank = [](const Event& event) {
        return event.kind == Event::Kind::fixed ? 0 : event.kind == Event::Kind::introduced ? 1 : 2;
    };
    const auto order = *left.version <=> *right.version;
    return std::is_eq(order) ? rank(left) < rank(right) : std::is_lt(order);
}

void read_range(const Json& json, Affected& affected)
{
    const auto type = text_member(json, "type");
    Range range;
    bool readable = type == "ECOSYSTEM" || type == "SEMVER";
    if (readable)
        for (const auto& event : member(json, "events"))
            readable = read_event(event, affected.package, range) && readable;
    const bool begins = std::any_of(range.begin(), range.end(),
                                    [](const auto& event) { return event.kind == Event::Kind::introduced; });
    if (!readable || !begins) {
        affected.unreadable = true;
        return;
    }
    std::stable_sort(range.begin(), range.end(), comes_before);
    affected.ranges.push_back(std::move(range));
}

/// A reason, or {"when": "~http2", "reason": ...}; a condition that is none leaves the hole open.
void read_not_built(const Json& json, Affected& affected)
{
    if (json.is_string()) {
        affected.not_built = json.get<std::string>();
        return;
    }
    const auto when = spec::Spec::parse(text_member(json, "when"));
    if (!when || when->variants.empty())
        return;
    affected.not_built = text_member(json, "reason");
    affected.without = when->variants;
}

Affected read_affected(const Json& json, std::string package)
{
    Affected affected;
    affected.package = std::move(package);
    for (const auto& range : member(json, "ranges"))
        if (text_member(range, "type") != "GIT") // commits beside versions say the same once more
            read_range(range, affected);
    for (const auto& text : member(json, "versions")) {
        auto version = read_version(text.is_string() ? text.get<std::string>() : std::string(), affected.package);
        if (version)
            affected.versions.push_back(std::move(*version));
        else
            affected.unreadable = true;
    }
    affected.unreadable = affected.unreadable || (affected.ranges.empty() && affected.versions.empty());
    read_not_built(member(member(json, "database_specific"), "not_built"), affected);
    return affected;
}

std::string read_severity(const Json& json)
{
    if (auto word = text_member(member(json, "database_specific"), "severity"); !word.empty()) {
        std::transform(word.begin(), word.end(), word.begin(),
                       [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
        return word;
    }
    for (const auto& severity : member(json, "severity"))
        if (auto score = text_member(severity, "score"); !score.empty())
            return score;
    return {};
}

util::Result<Advisory> read_one(const Json& json, const std::string& origin)
{
    Advisory advisory;
    advisory.origin = origin;
    if (!json.is_object())
        return refused(origin, "it is not a JSON object");
    advisory.id = text_member(json, "id");
    if (!is_id(advisory.id))
        return refused(origin, "it has no 'id' such as CVE-2026-25506");
    const auto& affected = member(json, "affected");
    if (!affected.is_array() && member(json, "withdrawn").is_null())
        return refused(origin, "it has no list 'affected'");
    for (const auto& alias : member(json, "aliases"))
        if (advisory.aliases.size() < most_aliases && alias.is_string() && is_id(alias.get_ref<const std::string&>()))
            advisory.aliases.push_back(alias.get<std::string>());
    advisory.summary = text_member(json, "summary");
    advisory.severity = read_severity(json);
    for (const auto& one : affected)
        if (auto package = our_name(member(one, "package")); !package.empty())
            advisory.affected.push_back(read_affected(one, std::move(package)));
    return advisory;
}

} // namespace

util::Result<std::vector<Advisory>> read_osv(std::string_view text, const std::string& origin)
{
    const auto json = json::read(text, {.bytes = most_bytes});
    if (!json)
        return refused(origin, json.error().message);
    std::vector<Advisory> advisories;
    const auto take = [&](const Json& one) -> util::Status {
        SF_TRY(auto advisory, read_one(one, origin));
        if (member(one, "withdrawn").is_null() && !advisory.affected.empty())
            advisories.push_back(std::move(advisory));
        return {};
    };
    if (!json->is_array())
        SF_CHECK(take(*json));
    else
        for (const auto& one : *json)
            SF_CHECK(take(one));
    return advisories;
}

} // namespace sf::advisory
