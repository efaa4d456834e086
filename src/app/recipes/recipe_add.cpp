#include "app/recipes/recipe_add.hpp"

#include "app/recipes/published_release.hpp"
#include "http/url.hpp"
#include "recipe/added_versions.hpp"
#include "recipe/recipe_set.hpp"
#include "source/source_cache.hpp"
#include "source/unpinned.hpp"
#include "util/files/directory.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/files/lock_wait.hpp"
#include "util/text.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using recipe::Recipe;
using util::ErrorCode;

constexpr mode_t permission_bits = 07777;

util::Result<WantedRelease> read_request(const recipe::RecipeSet& recipes, const AddRequest& request)
{
    constexpr const char* example = "for example: slurm-factory recipe add slurm@24.11.8";
    const auto at = request.spec.find('@');
    if (at == std::string::npos || at == 0)
        return util::fail(ErrorCode::usage, fmt::format("'{}' names no package and version", request.spec), example);
    const auto name = request.spec.substr(0, at);
    auto text = request.spec.substr(at + 1);
    if (text.starts_with('='))
        text.erase(0, 1);
    auto version = spec::Version::parse(text);
    if (!version)
        return util::fail(ErrorCode::usage, fmt::format("'{}': {}", request.spec, version.error().message), example);
    SF_TRY(const auto* recipe, recipes.require(name));
    if (const auto* entry = recipe->find_version(*version); entry != nullptr)
        return util::fail(ErrorCode::usage,
                          fmt::format("{} already has version {}{}", name, entry->version.to_string(),
                                      entry->sources.empty() ? "" : ": " + entry->sources.front().where.to_string()),
                          "nothing needs to be added");
    WantedRelease wanted{recipe, std::move(*version), {}};
    if (!request.sha256.empty()) {
        const auto digest = util::Digest::parse(request.sha256);
        if (!digest)
            return util::fail(ErrorCode::usage, fmt::format("--sha256: '{}' is not a sha256", request.sha256),
                              "give the 64 hexadecimal digits that sha256sum prints");
        wanted.sha256 = *digest;
    }
    return wanted;
}

/// The address of an earlier version's archive, with the new version in place of the earlier one. Empty where the
/// file's name does not have the version.
std::string renewed_url(const std::string& url, const spec::Version& earlier, const spec::Version& version)
{
    constexpr std::array<const char*, 3> separators = {".", "-", "_"};
    auto text = url;
    for (const auto* separator : separators) {
        const auto written = util::replace_all(earlier.to_string(), ".", separator);
        text = util::replace_all(std::move(text), written, util::replace_all(version.to_string(), ".", separator));
    }
    const auto file = [](const std::string& address) { return address.substr(address.rfind('/') + 1); };
    return file(text) == file(url) ? std::string() : text;
}

/// Where the archive may be, as the recipe knows it.
std::vector<std::string> known_addresses(const WantedRelease& wanted)
{
    std::vector<std::string> urls;
    const auto add = [&urls](std::string url) {
        if (!url.empty() && std::find(urls.begin(), urls.end(), url) == urls.end())
            urls.push_back(std::move(url));
    };
    if (wanted.recipe->releases)
        add(wanted.recipe->releases->archive_url(wanted.version));
    for (const auto& entry : wanted.recipe->versions)
        for (const auto& source : entry.sources)
            if (const auto* url = std::get_if<recipe::UrlSource>(&source.from);
                url != nullptr && http::is_http(url->url))
                add(renewed_url(url->url, entry.version, wanted.version));
    return urls;
}

std::string file_url(const fs::path& path)
{
    std::string url = "file://";
    for (const auto& part : path.relative_path())
        url += "/" + http::percent_encode(part.string());
    return url;
}

util::Result<std::vector<std::string>> addresses(const WantedRelease& wanted, const std::string& from)
{
    if (!from.empty()) {
        if (http::is_http(from) || from.starts_with("file:///")) {
            if (http::without_password(from) != from)
                return util::fail(ErrorCode::usage, "--from: a recipe is not a place for a password",
                                  "download the archive and give --from FILE, or use a mirror");
            return std::vector{from};
        }
        return std::vector{file_url(util::absolute_path(from).lexically_normal())};
    }
    auto urls = known_addresses(wanted);
    if (urls.empty())
        return util::fail(ErrorCode::usage, fmt::format("the recipe does not say where {} is published", wanted.name()),
                          "give --from URL or --from FILE");
    return urls;
}

/// The text reads as what it should be before it takes the old one's place.
util::Status check_text(const std::string& text, const fs::path& file, const WantedRelease& wanted, bool in_place)
{
    std::vector<recipe::VersionEntry> versions;
    if (in_place) {
        SF_TRY(const auto read, recipe::parse_recipe(text, file.string(), wanted.recipe->directory));
        versions = read.versions;
    } else {
        SF_TRY(versions, recipe::parse_added_versions(text, file.string()));
    }
    const bool there = std::any_of(versions.begin(), versions.end(),
                                   [&wanted](const auto& entry) { return entry.version == wanted.version; });
    return there ? util::Status{}
                 : util::fail(ErrorCode::failure, fmt::format("{} could not be edited", file.string()));
}

util::Result<fs::path> write_version(const Session& session, const WantedRelease& wanted,
                                     const recipe::NewVersion& added, bool in_place)
{
    SF_TRY(const auto lock, util::wait_for_lock(session.site.work() / "lock.recipes", session.stop));
    const auto directory = in_place ? wanted.recipe->directory : session.site.own_recipes() / wanted.recipe->name;
    auto file = directory / (in_place ? "recipe.yaml" : recipe::added_versions_file);
    std::string text;
    mode_t mode = 0644;
    struct stat status = {};
    if (::stat(file.c_str(), &status) == 0) {
        std::error_code error;
        file = fs::canonical(file, error); // a link stays one
        if (error)
            return util::fail_errno(error.value(), "cannot find " + file.string());
        mode = status.st_mode & permission_bits;
        SF_TRY(const auto before, util::read_file(file));
        SF_TRY(text, recipe::insert_version(before, file.string(), added));
    } else {
        text = recipe::render_added_versions(wanted.recipe->name, added);
    }
    SF_CHECK(check_text(text, file, wanted, in_place));
    SF_CHECK(util::make_directories(file.parent_path()));
    if (auto written = util::write_file_atomic(file, text, mode); !written) {
        std::error_code ignored;
        fs::remove(directory, ignored); // only where it is empty
        return tl::unexpected(std::move(written).error());
    }
    return file;
}

} // namespace

util::Result<AddedVersion> add_version(const Session& session, const AddRequest& request)
{
    SF_TRY(const auto recipes, session.recipes());
    SF_TRY(const auto wanted, read_request(*recipes, request));
    SF_TRY(const auto urls, addresses(wanted, request.from));
    SF_TRY(auto archive, source::fetch_unpinned(session.site, session.events, wanted.name(), urls, session.stop));
    SF_TRY(auto checks, check_published(session, wanted, archive));
    const auto file_name = archive.path.filename().string();
    recipe::NewVersion added{wanted.version, {archive.url}, archive.sha256};
    // A file of this machine is of no use elsewhere; its project's address is, if that has the same bytes.
    if (!http::is_http(archive.url))
        for (const auto& url : known_addresses(wanted))
            if (url.ends_with("/" + file_name))
                added.urls.push_back(url);
    SF_CHECK(session.stop.check());
    SF_CHECK(source::SourceCache(session.site.source_cache()).adopt(archive.path, archive.sha256, file_name));
    SF_TRY(auto file, write_version(session, wanted, added, request.in_place));
    return AddedVersion{wanted.name(),  archive.origin,    archive.bytes,
                        archive.sha256, std::move(checks), std::move(file)};
}

} // namespace sf::app
