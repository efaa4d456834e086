#include "app/request/source_availability.hpp"

#include "app/session/disk_usage.hpp"
#include "http/probe.hpp"
#include "http/reach.hpp"
#include "http/url.hpp"
#include "source/apt_archive.hpp"
#include "source/place.hpp"
#include "source/source_cache.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <iterator>

namespace sf::app {
namespace {

constexpr std::int64_t remembered_seconds = 3600;

/// Whether a variant of the solution is on only if this package can be fetched.
bool is_optional(const solve::Solution& solution, const recipe::RecipeSet& recipes, const std::string& name)
{
    return std::any_of(solution.packages.begin(), solution.packages.end(), [&](const solve::SolvedPackage& package) {
        const auto* recipe = recipes.find(package.name);
        return recipe != nullptr &&
               std::any_of(recipe->variants.begin(), recipe->variants.end(),
                           [&](const recipe::Variant& variant) { return variant.only_with == name; });
    });
}

std::filesystem::path memory_file(const site::Site& site)
{
    return site.source_cache() / "unreachable.json";
}

} // namespace

util::Result<solve::Versions> stored_versions(const Session& session, const util::Digest& image)
{
    solve::Versions versions;
    SF_TRY(auto* const database, session.find_database());
    if (database == nullptr)
        return versions;
    SF_TRY(const auto built, database->built_in(image));
    const auto& layers = session.layers();
    for (const auto& action : built) {
        auto version = spec::Version::parse(action.version);
        if (version && layers.contains(action.run))
            versions[action.package].push_back(std::move(*version));
    }
    return versions;
}

SourceAvailability::SourceAvailability(const Session& session, std::filesystem::path etc_apt) :
    session_(session), etc_apt_(std::move(etc_apt))
{
    const auto text = util::read_foreign_file(memory_file(session.site), json::Limits().bytes);
    const auto json = json::read(text.value_or("")).value_or(nlohmann::json());
    if (!json.is_object()) // not there, or no longer readable: then hosts are asked again
        return;
    for (const auto& [host, until] : json.items())
        if (until.is_number_integer() && until.get<std::int64_t>() > now())
            unreachable_[host] = until.get<std::int64_t>();
}

bool SourceAvailability::is_here(const recipe::Source& source) const
{
    const auto places = source::list_places(session_.site.network.mirrors, {source});
    return source::SourceCache(session_.site.source_cache()).find(source.sha256).has_value() ||
           std::any_of(places.begin(), places.end(),
                       [](const source::Place& place) { return place.local && util::path_exists(*place.local); });
}

bool SourceAvailability::is_out_of_reach(const recipe::Source& source) const
{
    const auto* url = std::get_if<recipe::UrlSource>(&source.from);
    return url == nullptr ? !session_.site.network.use_apt || unreachable_.contains(source.to_string())
                          : unreachable_.contains(http::url_host(url->url));
}

bool SourceAvailability::lacks(const std::string& url) const
{
    return unreachable_.contains(http::url_host(url)) || unreachable_.contains(http::without_password(url));
}

std::vector<std::string> SourceAvailability::mirror_urls(const recipe::Source& source) const
{
    std::vector<std::string> mirrors;
    std::copy_if(session_.site.network.mirrors.begin(), session_.site.network.mirrors.end(),
                 std::back_inserter(mirrors), [](const std::string& mirror) { return http::is_http(mirror); });
    auto places = source::list_places(mirrors, {source});
    places.pop_back(); // the source's own
    std::vector<std::string> urls;
    urls.reserve(places.size());
    for (auto& place : places)
        urls.push_back(std::move(place.url));
    return urls;
}

bool SourceAvailability::can_be_had(const recipe::VersionEntry& entry) const
{
    auto one = [&](const recipe::Source& source) {
        if (is_here(source))
            return true;
        if (session_.site.network.offline)
            return false;
        const auto urls = mirror_urls(source);
        return !is_out_of_reach(source) ||
               std::any_of(urls.begin(), urls.end(), [this](const std::string& url) { return !lacks(url); });
    };
    // Without its patches a version has the holes that its recipe says are closed.
    const auto archives = entry.archives();
    return std::all_of(archives.begin(), archives.end(), [&](const auto* alternatives) {
        return std::any_of(alternatives->begin(), alternatives->end(), one);
    });
}

solve::Versions SourceAvailability::unobtainable(const recipe::RecipeSet& recipes) const
{
    solve::Versions versions;
    for (const auto& name : recipes.names())
        for (const auto& entry : recipes.find(name)->versions)
            if (!can_be_had(entry))
                versions[name].push_back(entry.version);
    return versions;
}

util::Status SourceAvailability::remember() const
{
    nlohmann::json json = nlohmann::json::object();
    for (const auto& [host, until] : unreachable_)
        json[host] = until;
    SF_CHECK(util::make_directories(session_.site.source_cache()));
    return util::write_file_atomic(memory_file(session_.site),
                                   json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

util::Result<bool> SourceAvailability::ask_hosts(const std::vector<recipe::Source>& alternatives)
{
    const auto& network = session_.site.network;
    const bool needs_host = std::none_of(alternatives.begin(), alternatives.end(), [&](const auto& source) {
        return is_here(source) || (std::holds_alternative<recipe::AptSource>(source.from) && !is_out_of_reach(source));
    });
    bool news = false;
    for (const auto& source : alternatives) {
        const auto* url = std::get_if<recipe::UrlSource>(&source.from);
        if (!needs_host || url == nullptr || !http::is_http(url->url))
            continue;
        const auto host = http::url_host(url->url);
        if (answered_.contains(host) || unreachable_.contains(host))
            continue;
        SF_TRY(const bool answers, http::host_answers(url->url, network.connect_timeout, session_.stop));
        if (answers) {
            answered_.insert(host);
            continue;
        }
        unreachable_[host] = now() + remembered_seconds;
        news = true;
    }
    return news;
}

/// One byte says whether the file is there.
http::ProbeLimits SourceAvailability::probe_limits() const
{
    http::ProbeLimits limits;
    limits.bytes = 1;
    limits.connect_timeout = session_.site.network.connect_timeout;
    return limits;
}

bool SourceAvailability::distribution_has(const recipe::AptSource& wanted)
{
    constexpr long not_found = 404;
    constexpr long gone = 410;
    if (!distribution_) {
        const source::AptSettings apt;
        distribution_ =
            source::choose_archive(source::read_host_sources(etc_apt_), source::read_codename(apt.os_release));
    }
    if (!*distribution_) // a host without apt cannot take from it
        return false;
    const auto limits = probe_limits();
    const auto urls = source::pool_urls(**distribution_, wanted.package, wanted.file);
    for (const auto& url : urls) {
        const auto host = http::url_host(url);
        if (unreachable_.contains(host))
            return true;
        const auto answer = http::probe(url, limits, session_.stop);
        if (!answer) // apt may know another way, a proxy of its own
            unreachable_[host] = now() + remembered_seconds;
        if (!answer || (answer->status != not_found && answer->status != gone))
            return true;
    }
    return urls.empty();
}

util::Result<bool> SourceAvailability::ask_distribution(const std::vector<recipe::Source>& alternatives)
{
    const auto& network = session_.site.network;
    const bool elsewhere = std::any_of(alternatives.begin(), alternatives.end(), [&](const auto& source) {
        const auto* url = std::get_if<recipe::UrlSource>(&source.from);
        return is_here(source) || (url != nullptr && answered_.contains(http::url_host(url->url)));
    });
    if (elsewhere || !network.use_apt)
        return false;
    bool news = false;
    for (const auto& source : alternatives) {
        const auto* apt = std::get_if<recipe::AptSource>(&source.from);
        if (apt == nullptr || answered_.contains(source.to_string()) || unreachable_.contains(source.to_string()))
            continue;
        SF_CHECK(session_.stop.check());
        if (distribution_has(*apt)) {
            answered_.insert(source.to_string());
            return false;
        }
        unreachable_[source.to_string()] = now() + remembered_seconds;
        news = true;
    }
    return news;
}

util::Result<bool> SourceAvailability::ask_mirrors(const std::vector<recipe::Source>& alternatives)
{
    constexpr long first_refusal = 400; // some servers of objects refuse what they lack
    constexpr long first_trouble = 500; // says nothing of the file
    if (!std::all_of(alternatives.begin(), alternatives.end(),
                     [this](const auto& source) { return !is_here(source) && is_out_of_reach(source); }))
        return false;
    const auto limits = probe_limits();
    bool news = false;
    for (const auto& source : alternatives)
        for (const auto& url : mirror_urls(source)) {
            if (lacks(url))
                continue;
            if (answered_.contains(url))
                return false;
            const auto answer = http::probe(url, limits, session_.stop);
            SF_CHECK(session_.stop.check());
            if (answer && (answer->status < first_refusal || answer->status >= first_trouble)) {
                answered_.insert(url);
                return false;
            }
            unreachable_[answer ? http::without_password(url) : http::url_host(url)] = now() + remembered_seconds;
            news = true;
        }
    return news;
}

util::Result<bool> SourceAvailability::probe(const solve::Solution& solution, const recipe::RecipeSet& recipes,
                                             const solve::Versions& stored)
{
    if (session_.site.network.offline)
        return false;
    bool news = false;
    for (const auto& package : solution.packages) {
        const auto* recipe = recipes.find(package.name);
        const auto* entry = recipe == nullptr ? nullptr : recipe->find_version(package.version);
        if (entry == nullptr || solve::lists(stored, package.name, package.version) ||
            (recipe->versions.size() < 2 && !is_optional(solution, recipes, recipe->name)))
            continue; // or there is no other choice
        for (const auto* alternatives : entry->archives()) {
            SF_TRY(const bool silent, ask_hosts(*alternatives));
            SF_TRY(const bool lacking, ask_distribution(*alternatives));
            SF_TRY(const bool nowhere, ask_mirrors(*alternatives));
            news = news || silent || lacking || nowhere;
        }
    }
    if (news)
        SF_CHECK(remember());
    return news;
}

} // namespace sf::app
