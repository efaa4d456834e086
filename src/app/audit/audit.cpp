#include "app/audit/audit.hpp"

#include "app/audit/advisory_sources.hpp"
#include "app/audit/audited_subject.hpp"
#include "app/session/program.hpp"
#include "bundle/contents.hpp"
#include "recipe/recipe_set.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using advisory::State;
using advisory::Subject;
using util::ErrorCode;
using util::Result;

std::vector<std::string> names_of(const std::vector<Subject>& subjects)
{
    std::vector<std::string> names;
    names.reserve(subjects.size());
    for (const auto& subject : subjects)
        names.push_back(subject.package);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::vector<Subject> subjects_of(const manifest::Manifest& manifest)
{
    std::vector<Subject> subjects;
    for (const auto& package : manifest.packages)
        subjects.push_back(subject_of(package));
    return subjects;
}

/// Source packages of Debian that the packages are, or have patches, of.
void add_debian_names(const manifest::Manifest& manifest, advisory::DebianNames& names)
{
    constexpr std::string_view scheme = "apt:";
    const auto add = [&names](const std::string& source, const std::string& package) {
        auto& packages = names[source];
        if (std::find(packages.begin(), packages.end(), package) == packages.end())
            packages.push_back(package);
    };
    for (const auto& package : manifest.packages) {
        if (package.source.starts_with(scheme))
            add(package.source.substr(scheme.size(), package.source.find('=') - scheme.size()), package.name);
        for (const auto& patches : package.patches)
            if (!patches.package.empty())
                add(patches.package, package.name);
    }
}

AuditedPackage audit_one(const advisory::Set& set, const Subject& subject)
{
    AuditedPackage audited{subject.package, subject.version, {}};
    for (const auto& finding : advisory::assess(set, subject)) {
        if (finding.state == State::not_affected && finding.reason.empty())
            continue;
        audited.holes.push_back({finding.advisory->id,
                                 finding.advisory->summary,
                                 finding.advisory->severity,
                                 finding.state,
                                 finding.patches,
                                 finding.fixed_in,
                                 {},
                                 finding.reason,
                                 finding.advisory->origin});
    }
    return audited;
}

Audit audit_subjects(const advisory::Set& set, const std::vector<Subject>& subjects)
{
    Audit audit;
    for (const auto& subject : subjects)
        audit.packages.push_back(audit_one(set, subject));
    return audit;
}

/// A version of a recipe, and the holes that it has open or unknown.
struct RecipeVersion {
    const spec::Version* version = nullptr;
    std::set<std::string_view> holes;
};

/// All versions of the recipe, as they would be built with these variants.
std::vector<RecipeVersion> recipe_versions(const advisory::Set& set, const recipe::Recipe& recipe,
                                           const spec::VariantValues& variants)
{
    std::vector<RecipeVersion> versions;
    for (const auto& entry : recipe.versions) {
        auto& version = versions.emplace_back(RecipeVersion{&entry.version, {}});
        for (const auto& finding : advisory::assess(set, subject_of(recipe, entry.version, variants, entry.patches)))
            if (finding.state == State::open || finding.state == State::unknown)
                version.holes.insert(finding.advisory->id);
    }
    return versions;
}

/// Of the versions that do not have the hole, the next one higher than `now`, else the highest.
std::string mending_version(const std::vector<RecipeVersion>& versions, const std::optional<spec::Version>& now,
                            const std::string& id)
{
    const spec::Version* best = nullptr;
    for (const auto& [version, holes] : versions) {
        if (holes.contains(id))
            continue;
        const bool higher = !now || *version > *now;
        const bool best_is_higher = best != nullptr && (!now || *best > *now);
        if (best == nullptr || (higher && (!best_is_higher || *version < *best)) ||
            (!higher && !best_is_higher && *version > *best))
            best = version;
    }
    return best == nullptr ? std::string() : best->to_string();
}

/// Says of open holes which version of the recipes mends them.
void add_recipes(const recipe::RecipeSet& recipes, const advisory::Set& set, const std::vector<Subject>& subjects,
                 Audit& audit)
{
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        auto& holes = audit.packages[i].holes;
        const auto is_open = [](const Hole& hole) { return hole.state == State::open; };
        const auto* recipe = recipes.find(subjects[i].package);
        if (recipe == nullptr || std::none_of(holes.begin(), holes.end(), is_open))
            continue;
        const auto versions = recipe_versions(set, *recipe, subjects[i].variants);
        std::optional<spec::Version> now;
        if (auto read = spec::Version::parse(subjects[i].version))
            now = std::move(*read);
        for (auto& hole : holes)
            if (is_open(hole))
                hole.recipe = mending_version(versions, now, hole.id);
    }
}

/// A tarball, a tree, or the manifest itself.
Result<manifest::Manifest> read_manifest(const Session& session, const fs::path& path)
{
    if (path.extension() == ".json") {
        if (!util::path_exists(path))
            return util::fail(ErrorCode::usage, fmt::format("there is no {}", path.string()),
                              "name a software tarball, the tree of one, or a manifest");
        SF_TRY(const auto text, util::read_named_file(path, manifest::longest));
        return manifest::parse(text);
    }
    std::error_code error;
    if (fs::is_directory(path, error)) {
        SF_TRY(auto found, manifest::find(path));
        if (found)
            return std::move(*found);
    } else {
        SF_TRY(auto contents, bundle::read_contents(path, session.stop));
        if (!contents.manifest.packages.empty())
            return std::move(contents.manifest);
    }
    return util::fail(ErrorCode::verify, fmt::format("there is no manifest in {}", path.string()),
                      "only trees made by 'slurm-factory build' list their contents");
}

} // namespace

std::size_t Audit::count(State state) const
{
    std::size_t count = 0;
    for (const auto& package : packages)
        count += static_cast<std::size_t>(std::count_if(package.holes.begin(), package.holes.end(),
                                                        [state](const auto& hole) { return hole.state == state; }));
    return count;
}

Result<advisory::Set> shipped_advisories(const std::vector<std::string>& packages)
{
    SF_TRY(const auto data, data_directory());
    return advisory::Set::load({data / "advisories"}, packages);
}

Audit audit_plan(const plan::Plan& plan, const advisory::Set& advisories)
{
    std::vector<Subject> subjects;
    for (const auto place : plan.run_closure())
        subjects.push_back(subject_of(plan.steps[place]));
    return audit_subjects(advisories, subjects);
}

Result<std::vector<Audit>> audit_manifests(const Session& session, const std::vector<manifest::Manifest>& manifests,
                                           const AuditOptions& options)
{
    std::vector<std::vector<Subject>> subjects;
    std::vector<Subject> all;
    advisory::DebianNames names;
    for (const auto& manifest : manifests) {
        subjects.push_back(subjects_of(manifest));
        all.insert(all.end(), subjects.back().begin(), subjects.back().end());
        add_debian_names(manifest, names);
    }
    SF_TRY(auto set, shipped_advisories(names_of(all)));
    SF_CHECK(add_advisories(session, options, names, set));
    SF_TRY(const auto recipes, session.recipes());
    std::vector<Audit> audits;
    for (const auto& of_one : subjects) {
        audits.push_back(audit_subjects(set, of_one));
        add_recipes(*recipes, set, of_one, audits.back());
    }
    return audits;
}

Result<std::vector<AuditedFile>> audit_files(const Session& session, const std::vector<std::string>& paths,
                                             const AuditOptions& options)
{
    std::vector<manifest::Manifest> manifests;
    for (const auto& path : paths) {
        auto manifest = read_manifest(session, path);
        if (!manifest)
            return util::fail(std::move(manifest).error(), fmt::format("auditing {}", path));
        manifests.push_back(std::move(*manifest));
    }
    SF_TRY(auto audits, audit_manifests(session, manifests, options));
    std::vector<AuditedFile> files;
    for (std::size_t i = 0; i < paths.size(); ++i)
        files.push_back({paths[i], std::move(audits[i])});
    return files;
}

} // namespace sf::app
