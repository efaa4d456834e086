#include "source/unpinned.hpp"

#include "http/url.hpp"
#include "recipe/recipe.hpp"
#include "source/http.hpp"
#include "source/local.hpp"
#include "source/place.hpp"
#include "source/progress.hpp"
#include "source/source_cache.hpp"
#include "util/files/foreign_file.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>

namespace sf::source {
namespace {

namespace fs = std::filesystem;

/// No archive of sources is so large, and nobody knows yet how large this one should be.
constexpr std::uint64_t largest_archive = std::uint64_t{512} << 20U;

util::Status get(const site::Site& site, const Place& place, const fs::path& file, Progress& progress,
                 const util::StopToken& stop)
{
    if (place.local) {
        SF_CHECK(copy_hashed(*place.local, file, stop));
        return {};
    }
    if (site.network.offline)
        return util::fail(util::ErrorCode::source, "not tried: --offline");
    const HttpOptions options{
        .timing = site.network.timing(), .retry = site.network.retry(), .largest = largest_archive};
    const auto done =
        download_http(place.url, file, options, stop,
                      [&progress](std::uint64_t bytes, std::uint64_t total) { progress.report(bytes, total); });
    if (!done)
        return tl::unexpected<util::Error>(done.error().error);
    return {};
}

/// Servers answer with success and a page when they want a login, or to say that there is nothing.
util::Status check_archive(const fs::path& file)
{
    constexpr std::uint64_t enough = 512;
    SF_TRY(const auto start, util::read_foreign_start(file, enough));
    if (is_archive(start))
        return {};
    return util::fail(util::ErrorCode::source, util::trim(start).starts_with('<')
                                                   ? "a web page came in place of an archive"
                                                   : "this is no archive: neither gzip, bzip2, xz, zstd, zip nor tar");
}

} // namespace

bool is_archive(std::string_view start)
{
    using namespace std::string_view_literals;
    constexpr std::array magics = {"\x1f\x8b"sv, "BZh"sv,
                                   "\xfd"
                                   "7zXZ\0"sv,
                                   "\x28\xb5\x2f\xfd"sv, "PK\x03\x04"sv};
    constexpr auto tar = "ustar"sv;
    constexpr std::size_t tar_at = 257;
    return std::any_of(magics.begin(), magics.end(), [start](auto magic) { return start.starts_with(magic); }) ||
           (start.size() > tar_at && start.substr(tar_at).starts_with(tar));
}

util::Result<Unpinned> fetch_unpinned(const site::Site& site, event::Sink& events, const std::string& package,
                                      const std::vector<std::string>& urls, const util::StopToken& stop)
{
    const SourceCache cache(site.source_cache());
    std::string faults;
    for (const auto& url : urls) {
        const recipe::Source source{recipe::UrlSource{url}, util::Digest({}), {}};
        const auto name = source.file_name();
        if (name.empty() || name == "." || name == "..")
            return util::fail(util::ErrorCode::usage,
                              fmt::format("{} does not end in a file's name", http::without_password(url)),
                              "give the address of the archive itself");
        const auto by_sum = "/" + source.sha256.to_hex() + "/"; // where mirrors have what is known already
        const std::vector<recipe::Source> alternatives = {source};
        for (const auto& place : list_places(site.network.mirrors, alternatives)) {
            if (place.url.find(by_sum) != std::string::npos)
                continue;
            SF_TRY(auto directory, util::TempDir::make(cache.directory() / "partial", "new"));
            const auto file = directory.path() / name;
            Progress progress(events, package, place.name());
            auto got = get(site, place, file, progress, stop);
            if (got)
                got = check_archive(file);
            if (!got) {
                const auto& error = got.error();
                if (error.code != util::ErrorCode::source && error.code != util::ErrorCode::verify &&
                    error.code != util::ErrorCode::failure)
                    return util::fail(error, "fetching the source of " + package);
                faults += fmt::format("\n  {}: {}", place.name(), util::replace_all(error.message, "\n", "\n    "));
                continue;
            }
            SF_TRY(const auto digest, util::sha256_file(file));
            std::error_code error;
            const auto bytes = fs::file_size(file, error);
            if (error)
                return util::fail_errno(error.value(), "cannot read " + file.string());
            return Unpinned{std::move(directory), file, digest, bytes, url, place.name()};
        }
    }
    return util::fail(util::ErrorCode::source, fmt::format("no source of {} could be fetched:{}", package, faults),
                      util::Reason::no_archive);
}

} // namespace sf::source
