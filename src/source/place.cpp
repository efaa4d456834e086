#include "source/place.hpp"

#include "http/url.hpp"

namespace sf::source {

namespace {

Place place_at(const recipe::Source& source, std::string url)
{
    auto local = http::local_path(url);
    return Place{.source = &source, .url = std::move(url), .local = std::move(local)};
}

void add_mirror(std::vector<Place>& places, std::string base, const recipe::Source& source)
{
    while (base.size() > 1 && base.ends_with('/'))
        base.pop_back();
    const bool plain_directory = base.starts_with('/');
    const auto file = plain_directory ? source.file_name() : http::percent_encode(source.file_name());
    // By sum first: no other project's archive can have that name.
    places.push_back(place_at(source, base + "/" + source.sha256.to_hex() + "/" + file));
    places.push_back(place_at(source, base + "/" + file));
}

} // namespace

std::string Place::name() const
{
    return url.empty() ? source->to_string() : http::without_password(url);
}

std::vector<Place> list_places(const std::vector<std::string>& mirrors, const std::vector<recipe::Source>& alternatives)
{
    std::vector<Place> places;
    for (const auto& mirror : mirrors) {
        for (const auto& source : alternatives)
            add_mirror(places, mirror, source);
    }
    for (const auto& source : alternatives) {
        if (const auto* url = std::get_if<recipe::UrlSource>(&source.from))
            places.push_back(place_at(source, url->url));
        else
            places.push_back(Place{.source = &source, .url = {}, .local = {}});
    }
    return places;
}

} // namespace sf::source
