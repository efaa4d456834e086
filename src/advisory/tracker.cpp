#include "advisory/tracker.hpp"

#include "advisory/members.hpp"
#include "spec/debian_version.hpp"
#include "util/utf8.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <set>

namespace sf::advisory {
namespace {

using Json = nlohmann::json;

/// Where in the text the first release must stand.
constexpr std::size_t start_bytes = std::size_t{64} << 10U;
constexpr std::size_t most_values = std::size_t{1} << 25U;
constexpr std::size_t most_depth = 16;
constexpr std::size_t longest_summary = 200; ///< characters

/// What the releases say together.
struct Verdict {
    bool has_it = false;                ///< in some release the package has, or had, the hole
    bool undetermined = false;          ///< nobody has looked in some release
    std::optional<spec::Version> fixed; ///< the highest upstream version that first came without it
    std::optional<spec::Version> last;  ///< the highest upstream version that is known to have it
    bool unbounded = false;             ///< the newest version in Debian has it
    std::string urgency;

    /// The upstream version from which on no version has it; series that upstream mended earlier count as not mended.
    [[nodiscard]] std::optional<spec::Version> bound() const
    {
        return unbounded || (last && fixed && *last >= *fixed) ? std::nullopt : fixed;
    }
};

void raise(std::optional<spec::Version>& highest, std::string_view text)
{
    auto version = spec::Version::parse(text);
    if (version && (!highest || *version > *highest))
        highest = std::move(*version);
}

Verdict judge(const Json& releases)
{
    Verdict verdict;
    for (const auto& [suite, release] : releases.items()) {
        const auto fixed = text_member(release, "fixed_version");
        const auto status = text_member(release, "status");
        if (status == "undetermined")
            verdict.undetermined = true;
        if (status == "open" || (status == "resolved" && fixed != "0"))
            verdict.has_it = true;
        if (auto urgency = text_member(release, "urgency"); verdict.urgency.empty() && !urgency.starts_with("not yet"))
            verdict.urgency = std::move(urgency);
        if (status == "open") {
            verdict.unbounded = verdict.unbounded || suite == "sid";
            const auto repositories = release.find("repositories");
            if (repositories != release.end())
                for (const auto& [name, version] : repositories->items())
                    if (version.is_string())
                        raise(verdict.last, spec::upstream_of_debian(version.get_ref<const std::string&>()));
        } else if (const auto upstream = new_upstream_version(fixed)) {
            raise(verdict.fixed, *upstream);
        } else if (fixed != "0") {
            raise(verdict.last, spec::upstream_of_debian(fixed)); // mended by a patch of Debian's
        }
    }
    return verdict;
}

/// The first line, cut to 200 characters, for a table.
std::string short_summary(const std::string& description)
{
    const auto line = std::string_view(description).substr(0, description.find('\n'));
    std::size_t bytes = 0;
    for (std::size_t characters = 0; characters < longest_summary && bytes < line.size(); ++characters)
        bytes += util::first_character(line.substr(bytes)).bytes;
    return std::string(line.substr(0, bytes)) + (bytes < line.size() ? " ..." : "");
}

std::optional<Advisory> read_hole(const std::string& id, const Json& hole, const std::vector<std::string>& packages,
                                  const std::string& origin)
{
    const auto found = hole.is_object() ? hole.find("releases") : hole.end();
    if (found == hole.end() || !found->is_object())
        return std::nullopt;
    auto verdict = judge(*found);
    if (!verdict.has_it && !verdict.undetermined)
        return std::nullopt;
    Advisory advisory;
    advisory.id = id;
    advisory.summary = short_summary(text_member(hole, "description"));
    advisory.severity = verdict.urgency;
    advisory.origin = origin;
    advisory.rough = true;
    for (const auto& package : packages) {
        Affected affected;
        affected.package = package;
        if (verdict.has_it) {
            Range range{{Event::Kind::introduced, std::nullopt}};
            if (const auto bound = verdict.bound())
                range.push_back({Event::Kind::fixed, bound});
            affected.ranges.push_back(std::move(range));
        } else {
            affected.unreadable = true;
        }
        advisory.affected.push_back(std::move(affected));
    }
    return advisory;
}

} // namespace

bool is_tracker(std::string_view text)
{
    const auto start = text.substr(0, start_bytes);
    return start.find("\"releases\"") != std::string_view::npos && start.find("\"affected\"") == std::string_view::npos;
}

std::optional<std::string> new_upstream_version(std::string_view debian_version)
{
    const auto dash = debian_version.rfind('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto revision = debian_version.substr(dash + 1);
    // "1~deb13u1" is what unstable had as "1", "1~deb13u2" has patches; "0.1" is somebody else's upload of a new
    // release.
    if (revision != "1" && !(revision.starts_with("1~") && revision.ends_with("u1")) && revision != "0.1")
        return std::nullopt;
    return std::string(spec::upstream_of_debian(debian_version));
}

util::Result<std::vector<Advisory>> read_tracker(std::string_view text, const std::string& origin,
                                                 const DebianNames& names)
{
    std::set<std::string> wanted;
    for (const auto& [name, packages] : names)
        wanted.insert(name);
    const auto json = json::read_members(text, wanted, {most_tracker_bytes, most_values, most_depth});
    if (!json)
        return util::fail(util::ErrorCode::recipe,
                          fmt::format("{} is not an advisory: {}", origin, json.error().message),
                          "it looks like data of Debian's security tracker; download it again");
    std::vector<Advisory> advisories;
    for (const auto& [name, holes] : json->items()) {
        const auto packages = names.find(name);
        if (packages == names.end() || !holes.is_object())
            continue;
        for (const auto& [id, hole] : holes.items())
            if (auto advisory = read_hole(id, hole, packages->second, origin))
                advisories.push_back(std::move(*advisory));
    }
    return advisories;
}

} // namespace sf::advisory
