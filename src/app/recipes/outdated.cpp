#include "app/recipes/outdated.hpp"

#include "recipe/recipe_set.hpp"
#include "releases/ask.hpp"
#include "source/apt_archive.hpp"
#include "spec/debian_version.hpp"
#include "util/threads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace sf::app {
namespace {

using recipe::Recipe;
using util::ErrorCode;

/// What the distribution has of one release.
struct Packaged {
    spec::Version version;
    std::string debian; ///< its whole version
    std::string suite;
};

/// One recipe, and what was found about it.
struct Compared {
    const Recipe* recipe = nullptr;
    std::vector<spec::Version> published;
    std::vector<Packaged> packaged;
    std::optional<util::Error> fault;
};

std::optional<spec::Version> release_of(const std::string& debian)
{
    auto version = spec::Version::parse(spec::release_of_debian(debian));
    return version ? std::optional(std::move(*version)) : std::nullopt;
}

/// The source packages whose versions are those of the recipe. Of others, such as a server's that has the library
/// inside, nothing can be learnt.
std::set<std::string> source_packages(const Recipe& recipe)
{
    std::set<std::string> packages;
    for (const auto& entry : recipe.versions) {
        for (const auto& source : entry.sources)
            if (const auto* apt = std::get_if<recipe::AptSource>(&source.from);
                apt != nullptr && release_of(apt->version + "-1") == entry.version)
                packages.insert(apt->package);
        for (const auto& set : entry.patches)
            if (release_of(set.revision) == entry.version)
                packages.insert(set.package);
    }
    return packages;
}

util::Result<std::vector<Compared>> choose(const recipe::RecipeSet& recipes, const std::vector<std::string>& packages)
{
    std::vector<Compared> subjects;
    for (const auto& name : packages.empty() ? recipes.names() : packages) {
        SF_TRY(const auto* recipe, recipes.require(name));
        const bool has_sources = std::any_of(recipe->versions.begin(), recipe->versions.end(),
                                             [](const auto& entry) { return !entry.sources.empty(); });
        if (has_sources)
            subjects.push_back({recipe, {}, {}, {}});
    }
    return subjects;
}

/// Those of one address together, because each is asked once.
std::vector<std::vector<Compared*>> group_by_project(std::vector<Compared>& subjects)
{
    std::map<std::pair<std::string, std::string>, std::size_t> places;
    std::vector<std::vector<Compared*>> projects;
    for (auto& subject : subjects) {
        if (!subject.recipe->releases)
            continue;
        const auto& releases = *subject.recipe->releases;
        const auto [place, is_new] = places.try_emplace({releases.github, releases.listing}, projects.size());
        if (is_new)
            projects.emplace_back();
        projects[place->second].push_back(&subject);
    }
    return projects;
}

util::Status ask_projects(const Session& session, std::vector<Compared>& subjects, OutdatedReport& report)
{
    const auto& network = session.site.network;
    if (network.offline) {
        report.unanswered.push_back({"", "projects were not asked: --offline"});
        return {};
    }
    const releases::Terms terms{network.timing(), network.retry(), releases::github_token()};
    const auto projects = group_by_project(subjects);
    util::in_threads(network.parallel_downloads, projects.size(), [&](std::size_t place) {
        if (session.stop.stop_requested())
            return;
        const auto names = releases::ask(*projects[place].front()->recipe->releases, terms, session.stop);
        for (auto* subject : projects[place]) {
            auto published = names ? releases::choose_releases(*subject->recipe->releases, *names)
                                   : util::Result<std::vector<spec::Version>>(tl::unexpected(names.error()));
            if (published)
                subject->published = std::move(*published);
            else
                subject->fault = std::move(published).error();
        }
    });
    SF_CHECK(session.stop.check());
    for (const auto& subject : subjects) {
        if (subject.fault)
            report.unanswered.push_back({subject.recipe->name, subject.fault->message});
        else if (!subject.recipe->releases)
            report.unanswered.push_back({subject.recipe->name, "its recipe does not say where releases are published"});
    }
    return {};
}

util::Status ask_distribution(const Session& session, std::vector<Compared>& subjects, OutdatedReport& report)
{
    const auto& network = session.site.network;
    if (!network.use_apt) {
        report.unanswered.push_back({"", "the distribution was not asked: network.apt is off"});
        return {};
    }
    std::set<std::string> wanted;
    for (const auto& subject : subjects)
        wanted.merge(source_packages(*subject.recipe));
    if (wanted.empty())
        return {};
    source::AptArchive apt({.directory = session.site.root / "cache" / "apt", .network = network});
    const auto found = apt.versions({wanted.begin(), wanted.end()}, network.offline, session.stop);
    if (!found) {
        if (found.error().code == ErrorCode::interrupted)
            return tl::unexpected(found.error());
        report.unanswered.push_back({"", "the distribution was not asked: " + found.error().message});
        return {};
    }
    for (const auto& complaint : apt.complaints())
        report.unanswered.push_back({"", "the distribution: " + complaint});
    for (auto& subject : subjects)
        for (const auto& package : source_packages(*subject.recipe))
            if (const auto versions = found->find(package); versions != found->end())
                for (const auto& one : versions->second)
                    if (auto release = release_of(one.version))
                        subject.packaged.push_back({std::move(*release), one.version, one.suite});
    return {};
}

bool counts(const Recipe& recipe, const spec::Version& version)
{
    return !recipe.releases || recipe.releases->counts(version);
}

std::string series_of(const Recipe& recipe, const spec::Version& version)
{
    return recipe.releases && recipe.releases->series > 0 ? version.up_to(recipe.releases->series) : std::string();
}

void raise(std::optional<spec::Version>& newest, const spec::Version& version)
{
    if (!newest || *newest < version)
        newest = version;
}

/// The revision that took the place of one whose patches the entry uses; empty where there is none.
std::string newer_revision(const Compared& subject, const recipe::VersionEntry& entry)
{
    std::string newest;
    for (const auto& set : entry.patches)
        for (const auto& packaged : subject.packaged)
            if (spec::follows_revision(packaged.debian, newest.empty() ? set.revision : newest))
                newest = packaged.debian;
    return newest;
}

/// Every version of the row counts, because the newest is not the only one that is built.
void judge_patches(const Compared& subject, NewestVersions& row)
{
    for (const auto& entry : subject.recipe->versions) {
        if (series_of(*subject.recipe, entry.version) != row.series)
            continue;
        const auto revision = newer_revision(subject, entry);
        if (revision.empty())
            continue;
        row.currency = Currency::outdated;
        row.note += fmt::format("{}the patches of {} are superseded by those of {}", row.note.empty() ? "" : "; ",
                                entry.version.to_string(), revision);
    }
}

void judge(const Compared& subject, NewestVersions& row)
{
    auto newest = row.upstream;
    if (row.distribution)
        raise(newest, *row.distribution);
    if (!newest)
        return;
    row.currency = row.recipe && *row.recipe >= *newest ? Currency::current : Currency::outdated;
    if (!row.recipe)
        row.note = "a series that the recipe does not have";
    judge_patches(subject, row);
}

/// One row for each series, the newest first; series that are older than the recipe's and not in it do not count.
std::vector<NewestVersions> compare(const Compared& subject)
{
    const auto& recipe = *subject.recipe;
    std::map<spec::Version, NewestVersions, std::greater<>> rows; // the newest first
    std::optional<spec::Version> newest;
    const auto row_of = [&](const spec::Version& version) -> NewestVersions& {
        const auto series = series_of(recipe, version);
        auto key = spec::Version::parse(series.empty() ? "0" : series);
        auto& row = rows[*key];
        row.package = recipe.name;
        row.series = series;
        return row;
    };
    for (const auto& entry : recipe.versions) {
        raise(row_of(entry.version).recipe, entry.version);
        raise(newest, entry.version);
    }
    const auto wanted = [&](const spec::Version& version) {
        return counts(recipe, version) && (*newest < version || row_of(version).recipe);
    };
    for (const auto& version : subject.published)
        if (wanted(version))
            raise(row_of(version).upstream, version);
    for (const auto& packaged : subject.packaged) {
        if (!wanted(packaged.version))
            continue;
        auto& row = row_of(packaged.version);
        if (!row.distribution || *row.distribution < packaged.version)
            row.suite = packaged.suite;
        raise(row.distribution, packaged.version);
    }
    std::vector<NewestVersions> result;
    for (auto& [series, row] : rows) {
        judge(subject, row);
        if (row.recipe || row.currency == Currency::outdated)
            result.push_back(std::move(row));
    }
    return result;
}

} // namespace

util::Result<OutdatedReport> find_outdated(const Session& session, const std::vector<std::string>& packages)
{
    SF_TRY(const auto recipes, session.recipes());
    SF_TRY(auto subjects, choose(*recipes, packages));
    OutdatedReport report;
    SF_CHECK(ask_projects(session, subjects, report));
    SF_CHECK(ask_distribution(session, subjects, report));
    for (const auto& subject : subjects) {
        auto rows = compare(subject);
        const auto is = [](Currency currency) {
            return [currency](const NewestVersions& row) { return row.currency == currency; };
        };
        const bool compared = !std::all_of(rows.begin(), rows.end(), is(Currency::unknown));
        report.compared += compared ? 1 : 0;
        report.current += compared && std::none_of(rows.begin(), rows.end(), is(Currency::outdated)) ? 1 : 0;
        std::move(rows.begin(), rows.end(), std::back_inserter(report.rows));
    }
    return report;
}

} // namespace sf::app
