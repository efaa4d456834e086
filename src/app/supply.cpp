#include "app/supply.hpp"

#include "app/disk.hpp"
#include "http/reach.hpp"
#include "http/url.hpp"
#include "source/place.hpp"
#include "source/source_cache.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/foreign_file.hpp"
#include "util/fs.hpp"
#include "json/json.hpp"

#include <algorithm>

namespace sf::app {
namespace {

constexpr std::int64_t remembered_seconds = 3600;

std::filesystem::path memory_file(const site::Site& site)
{
    return site.source_cache() / "unreachable.json";
}

} // namespace

util::Result<solve::Versions> stored_versions(const Context& context, const util::Digest& image)
{
    solve::Versions versions;
    if (!util::path_exists(context.site.database()))
        return versions;
    SF_TRY(auto database, store::Database::open(context.site.database()));
    SF_TRY(const auto built, database.built_in(image));
    const store::LayerStore layers(context.site.layers());
    for (const auto& action : built) {
        auto version = spec::Version::parse(action.version);
        if (version && layers.contains(action.run))
            versions[action.package].push_back(std::move(*version));
    }
    return versions;
}

Supply::Supply(const Context& context) : context_(context)
{
    const auto text = util::read_foreign_file(memory_file(context.site), json::Limits().bytes);
    const auto json = json::read(text.value_or("")).value_or(nlohmann::json());
    if (!json.is_object()) // not there, or no longer readable: then hosts are asked again
        return;
    for (const auto& [host, until] : json.items())
        if (until.is_number_integer() && until.get<std::int64_t>() > now())
            unreachable_[host] = until.get<std::int64_t>();
}

bool Supply::is_here(const recipe::Source& source) const
{
    const auto places = source::list_places(context_.site.network.mirrors, {source});
    return source::SourceCache(context_.site.source_cache()).find(source.sha256).has_value() ||
           std::any_of(places.begin(), places.end(),
                       [](const source::Place& place) { return place.local && util::path_exists(*place.local); });
}

bool Supply::can_be_had(const recipe::VersionEntry& entry) const
{
    const auto& network = context_.site.network;
    const bool http_mirror = std::any_of(network.mirrors.begin(), network.mirrors.end(),
                                         [](const std::string& mirror) { return http::is_http(mirror); });
    auto one = [&](const recipe::Source& source) {
        if (is_here(source))
            return true;
        if (network.offline)
            return false;
        const auto* url = std::get_if<recipe::UrlSource>(&source.from);
        return http_mirror || (url == nullptr ? network.use_apt : !unreachable_.contains(http::url_host(url->url)));
    };
    // Without its patches a version has the holes that its recipe says are closed.
    const auto archives = entry.archives();
    return std::all_of(archives.begin(), archives.end(), [&](const auto* alternatives) {
        return std::any_of(alternatives->begin(), alternatives->end(), one);
    });
}

solve::Versions Supply::unobtainable(const recipe::RecipeSet& recipes) const
{
    solve::Versions versions;
    for (const auto& name : recipes.names())
        for (const auto& entry : recipes.find(name)->versions)
            if (!can_be_had(entry))
                versions[name].push_back(entry.version);
    return versions;
}

util::Status Supply::remember() const
{
    nlohmann::json json = nlohmann::json::object();
    for (const auto& [host, until] : unreachable_)
        json[host] = until;
    SF_CHECK(util::make_directories(context_.site.source_cache()));
    return util::write_file_atomic(memory_file(context_.site),
                                   json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

util::Result<bool> Supply::ask_hosts(const std::vector<recipe::Source>& alternatives)
{
    const auto& network = context_.site.network;
    const bool needs_host = std::none_of(alternatives.begin(), alternatives.end(), [&](const auto& source) {
        return is_here(source) || (std::holds_alternative<recipe::AptSource>(source.from) && network.use_apt);
    });
    bool news = false;
    for (const auto& source : alternatives) {
        const auto* url = std::get_if<recipe::UrlSource>(&source.from);
        if (!needs_host || url == nullptr || !http::is_http(url->url))
            continue;
        const auto host = http::url_host(url->url);
        if (answered_.contains(host) || unreachable_.contains(host))
            continue;
        SF_TRY(const bool answers, http::host_answers(url->url, network.connect_timeout, context_.stop));
        if (answers) {
            answered_.insert(host);
            continue;
        }
        unreachable_[host] = now() + remembered_seconds;
        news = true;
    }
    return news;
}

util::Result<bool> Supply::probe(const solve::Solution& solution, const recipe::RecipeSet& recipes)
{
    if (context_.site.network.offline)
        return false;
    bool news = false;
    for (const auto& package : solution.packages) {
        const auto* recipe = recipes.find(package.name);
        const auto* entry = recipe == nullptr ? nullptr : recipe->find_version(package.version);
        if (entry == nullptr || recipe->versions.size() < 2)
            continue;
        for (const auto* alternatives : entry->archives()) {
            SF_TRY(const bool silent, ask_hosts(*alternatives));
            news = news || silent;
        }
    }
    if (news)
        SF_CHECK(remember());
    return news;
}

} // namespace sf::app
