#include "releases/ask.hpp"

#include "http/get_text.hpp"
#include "http/link.hpp"
#include "http/url.hpp"
#include "releases/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace sf::releases {
namespace {

using util::ErrorCode;

constexpr std::size_t largest_page = std::size_t{8} << 20U;
constexpr unsigned most_pages = 30; ///< of a hundred tags
constexpr std::chrono::seconds longest_answer{120};
constexpr long status_forbidden = 403;
constexpr long status_too_many = 429;
constexpr std::string_view github_api = "https://api.github.com/";

util::Result<http::Text> get(const std::string& url, const Terms& terms, std::size_t most, const util::StopToken& stop)
{
    http::Request request{.url = url};
    const bool is_github = url.starts_with(github_api);
    if (is_github && !terms.github_token.empty())
        request.headers.push_back("Authorization: Bearer " + terms.github_token);
    auto page = http::get_text(request, terms.timing, terms.retry, {.bytes = most, .longest = longest_answer}, stop);
    if (page)
        return std::move(*page);
    const auto status = page.error().status;
    auto error = std::move(page).error().error;
    if (error.code != ErrorCode::interrupted) {
        if (is_github && (status == status_forbidden || status == status_too_many))
            error.message += ", which GitHub gives beyond 60 requests an hour: set GITHUB_TOKEN";
        error.code = ErrorCode::source;
        error.message = fmt::format("{}: {}", http::without_password(url), error.message);
    }
    return tl::unexpected(std::move(error));
}

tl::unexpected<util::Error> at(const std::string& url, const std::string& what)
{
    return util::fail(ErrorCode::source, fmt::format("{}: {}", http::without_password(url), what));
}

util::Result<std::vector<std::string>> ask_github(const recipe::Releases& releases, const Terms& terms,
                                                  const util::StopToken& stop)
{
    auto url = releases.github;
    if (!http::is_http(url))
        url = fmt::format("{}repos/{}", github_api, url);
    const auto host = http::url_host(url);
    url += "/tags?per_page=100";
    std::vector<std::string> names;
    for (unsigned pages = 1;; ++pages) {
        SF_TRY(const auto page, get(url, terms, largest_page, stop));
        auto tags = parse_tags(page.body);
        if (!tags)
            return at(url, tags.error().message);
        std::move(tags->begin(), tags->end(), std::back_inserter(names));
        const auto next = http::next_reference(page.link);
        if (!next)
            return names;
        const auto resolved = http::resolve_reference(url, *next);
        if (!resolved || http::url_host(*resolved) != host)
            return at(url, "the next page is on another server");
        if (pages == most_pages)
            return at(url, fmt::format("there are more than {} pages of tags", most_pages));
        url = *resolved;
    }
}

} // namespace

std::string github_token()
{
    const char* token = std::getenv("GITHUB_TOKEN"); // NOLINT(concurrency-mt-unsafe)
    return token == nullptr ? std::string() : token;
}

util::Result<std::string> get_text(const std::string& url, const Terms& terms, std::size_t most,
                                   const util::StopToken& stop)
{
    SF_TRY(auto page, get(url, terms, most, stop));
    return std::move(page.body);
}

util::Result<std::vector<std::string>> ask(const recipe::Releases& releases, const Terms& terms,
                                           const util::StopToken& stop)
{
    if (!releases.github.empty())
        return ask_github(releases, terms, stop);
    SF_TRY(const auto text, get_text(releases.listing, terms, largest_page, stop));
    auto names = parse_listing(text);
    if (!names)
        return at(releases.listing, names.error().message);
    return names;
}

util::Result<std::vector<spec::Version>> choose_releases(const recipe::Releases& releases,
                                                         const std::vector<std::string>& names)
{
    const bool tags = !releases.github.empty();
    const auto& pattern = tags ? releases.tag : releases.file;
    std::vector<spec::Version> versions;
    bool fits = false;
    for (const auto& name : names) {
        auto version = recipe::version_in(pattern, name);
        fits = fits || version;
        if (version && releases.counts(*version))
            versions.push_back(std::move(*version));
    }
    if (versions.empty())
        return at(tags ? releases.github : releases.listing,
                  fits ? "none of its releases is one of the recipe's 'versions'"
                       : fmt::format("none of its {} names looks like '{}'", names.size(), pattern));
    std::sort(versions.begin(), versions.end(), std::greater<>());
    versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
    return versions;
}

} // namespace sf::releases
