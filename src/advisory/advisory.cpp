#include "advisory/advisory.hpp"

#include "advisory/osv.hpp"
#include "advisory/tracker.hpp"
#include "util/files/directory.hpp"
#include "util/files/foreign_file.hpp"

#include <algorithm>
#include <set>

namespace sf::advisory {
namespace {

namespace fs = std::filesystem;

/// How deep directories of advisories may lie in each other.
constexpr int most_levels = 4;

bool at_or_after(const spec::Version& version, const Event& event)
{
    return !event.version || version >= *event.version;
}

bool after(const spec::Version& version, const Event& event)
{
    return !event.version || version > *event.version;
}

bool contains(const Range& range, const spec::Version& version)
{
    bool inside = false;
    for (const auto& event : range) {
        if (event.kind == Event::Kind::introduced)
            inside = inside || at_or_after(version, event);
        else if (event.kind == Event::Kind::fixed ? at_or_after(version, event) : after(version, event))
            inside = false;
    }
    return inside;
}

/// The first release after this one that the range says is without the hole; nullptr: it does not say.
const spec::Version* fixed_after(const Range& range, const spec::Version& version)
{
    for (const auto& event : range)
        if (event.kind == Event::Kind::fixed && event.version && *event.version > version)
            return &*event.version;
    return nullptr;
}

std::vector<std::string> closing_patches(const Advisory& advisory, const std::vector<Patch>& patches)
{
    std::vector<std::string> names;
    for (const auto& patch : patches)
        if (std::any_of(patch.fixes.begin(), patch.fixes.end(),
                        [&](const auto& hole) { return advisory.is_called(hole); }))
            names.push_back(patch.name);
    return names;
}

/// Whether the version has the hole; nullopt: that cannot be said. Puts the release that mends it into the finding.
std::optional<bool> is_affected(const Affected& affected, const spec::Version& version, Finding& finding)
{
    if (std::find(affected.versions.begin(), affected.versions.end(), version) != affected.versions.end())
        return true;
    for (const auto& range : affected.ranges)
        if (contains(range, version)) {
            if (const auto* fixed = fixed_after(range, version))
                finding.fixed_in = fixed->to_string();
            return true;
        }
    if (affected.unreadable)
        return std::nullopt;
    return false;
}

/// Whether our build with these variants does not have the code.
bool is_left_out(const Affected& affected, const spec::VariantValues& variants)
{
    return !affected.not_built.empty() &&
           std::all_of(affected.without.begin(), affected.without.end(), [&](const auto& wanted) {
               const auto found = variants.find(wanted.first);
               return found != variants.end() && found->second == wanted.second;
           });
}

Finding assess_one(const Advisory& advisory, const Subject& subject, const std::optional<spec::Version>& version)
{
    Finding finding{&advisory};
    finding.patches = closing_patches(advisory, subject.patches);
    if (!version) {
        finding.reason = subject.version.empty()
                             ? "the version is not known"
                             : fmt::format("'{}' is not a version that can be compared", subject.version);
        finding.state = finding.patches.empty() ? State::unknown : State::patched;
        return finding;
    }
    std::optional<bool> has = false;
    std::string not_built;
    for (const auto& affected : advisory.affected) {
        if (affected.package != subject.package || has == true)
            continue;
        const auto one = is_affected(affected, *version, finding);
        if (one == false)
            continue;
        has = one;
        not_built = is_left_out(affected, subject.variants) ? affected.not_built : std::string();
    }
    if (has == false || (finding.patches.empty() && !not_built.empty())) {
        finding.state = State::not_affected;
        finding.reason = not_built;
        finding.patches.clear();
        finding.fixed_in.clear();
    } else if (!finding.patches.empty()) {
        finding.state = State::patched;
    } else if (has) {
        finding.state = State::open;
    } else {
        finding.reason = "the advisory does not say which versions have it in a way that can be compared";
    }
    return finding;
}

std::set<std::string> names_of(const Advisory& advisory)
{
    std::set<std::string> names(advisory.aliases.begin(), advisory.aliases.end());
    names.insert(advisory.id);
    return names;
}

util::Result<std::vector<fs::path>> files_below(const fs::path& directory, int levels)
{
    std::vector<fs::path> files;
    SF_TRY(const auto paths, util::paths_in(directory));
    for (const auto& path : paths) {
        std::error_code error;
        if (levels > 1 && fs::is_directory(path, error)) {
            SF_TRY(auto more, files_below(path, levels - 1));
            files.insert(files.end(), more.begin(), more.end());
        } else if (path.extension() == ".json") {
            files.push_back(path);
        }
    }
    return files;
}

} // namespace

util::Result<std::vector<fs::path>> files_in(const fs::path& path)
{
    std::error_code error;
    return fs::is_directory(path, error) ? files_below(path, most_levels) : std::vector<fs::path>{path};
}

bool Advisory::is_called(std::string_view name) const
{
    return id == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end();
}

util::Result<Set> Set::load(const std::vector<fs::path>& directories, const std::vector<std::string>& packages)
{
    Set set;
    for (const auto& directory : directories)
        for (const auto& package : packages) {
            SF_TRY(const auto paths, util::paths_in(directory / package));
            for (const auto& path : paths) {
                if (path.extension() != ".json")
                    continue;
                SF_TRY(const auto text, util::read_named_file(path, most_bytes));
                SF_CHECK(set.add_text(text, path.string()));
            }
        }
    return set;
}

util::Status Set::add(const fs::path& path, const DebianNames& names)
{
    SF_TRY(const auto files, files_in(path));
    if (files.empty())
        return util::fail(util::ErrorCode::usage, fmt::format("there is no advisory in {}", path.string()),
                          "advisories are files in the OSV format whose names end in .json");
    for (const auto& file : files) {
        SF_TRY(const auto text, util::read_named_file(file, most_tracker_bytes));
        SF_CHECK(add_text(text, file.string(), names));
    }
    return {};
}

util::Status Set::add_text(std::string_view text, const std::string& origin, const DebianNames& names)
{
    SF_TRY(auto advisories, is_tracker(text) ? read_tracker(text, origin, names) : read_osv(text, origin));
    for (auto& advisory : advisories)
        add(std::move(advisory));
    return {};
}

void Set::add(Advisory advisory)
{
    const auto own = names_of(advisory);
    auto names = own;
    std::set<std::string> packages;
    for (const auto& affected : advisory.affected) {
        const auto& there = by_package_[affected.package];
        std::set<std::size_t> places;
        for (const auto& name : own)
            if (const auto found = there.find(name); found != there.end())
                places.insert(found->second);
        if (advisory.rough &&
            std::any_of(places.begin(), places.end(), [this](auto place) { return !advisories_[place].rough; }))
            continue;
        packages.insert(affected.package);
        for (const auto place : places)
            if (names.size() + advisories_[place].aliases.size() < most_aliases)
                names.merge(names_of(advisories_[place]));
    }
    if (packages.empty())
        return;
    for (const auto& package : packages)
        for (const auto& name : names)
            by_package_[package][name] = advisories_.size();
    names.erase(advisory.id);
    advisory.aliases.assign(names.begin(), names.end()); // a patch may name any of them
    advisories_.push_back(std::move(advisory));
}

std::vector<const Advisory*> Set::of_package(std::string_view package) const
{
    std::vector<const Advisory*> found;
    if (const auto names = by_package_.find(package); names != by_package_.end())
        for (const auto& [name, place] : names->second)
            if (advisories_[place].id == name)
                found.push_back(&advisories_[place]);
    return found;
}

std::string_view to_string(State state)
{
    switch (state) {
    case State::open:
        return "open";
    case State::patched:
        return "patched";
    case State::not_affected:
        return "not affected";
    case State::unknown:
        break;
    }
    return "unknown";
}

std::vector<Finding> assess(const Set& set, const Subject& subject)
{
    std::optional<spec::Version> version;
    if (auto read = spec::Version::parse(subject.version))
        version = std::move(*read);
    std::vector<Finding> findings;
    for (const auto* advisory : set.of_package(subject.package))
        findings.push_back(assess_one(*advisory, subject, version));
    return findings;
}

} // namespace sf::advisory
