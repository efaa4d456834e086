#include "app/recipe_add.hpp"

#include "app/release_terms.hpp"
#include "cache/openpgp.hpp"
#include "http/url.hpp"
#include "recipe/added_versions.hpp"
#include "recipe/recipe_set.hpp"
#include "releases/ask.hpp"
#include "releases/listing.hpp"
#include "source/source_cache.hpp"
#include "source/unpinned.hpp"
#include "util/directory.hpp"
#include "util/foreign_file.hpp"
#include "util/fs.hpp"
#include "util/lock_wait.hpp"
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

constexpr std::size_t largest_checksums = std::size_t{1} << 20U;
constexpr std::uint64_t largest_signed = std::uint64_t{512} << 20U;
constexpr mode_t permission_bits = 07777;

struct Wanted {
    const Recipe* recipe = nullptr;
    spec::Version version;
    std::optional<util::Digest> sha256;
    [[nodiscard]] std::string name() const { return recipe->name + "@" + version.to_string(); }
};

util::Result<Wanted> read_request(const recipe::RecipeSet& recipes, const AddRequest& request)
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
    const auto* recipe = recipes.find(name);
    if (recipe == nullptr) {
        const auto near = util::nearest(name, recipes.names());
        return util::fail(ErrorCode::usage, fmt::format("there is no recipe for '{}'", name),
                          near ? fmt::format("did you mean '{}'?", *near) : "a package needs a recipe first");
    }
    if (const auto* entry = recipe->find_version(*version); entry != nullptr)
        return util::fail(ErrorCode::usage,
                          fmt::format("{} has version {} already{}", name, entry->version.to_string(),
                                      entry->sources.empty() ? "" : ": " + entry->sources.front().where.to_string()),
                          "nothing needs to be added");
    Wanted wanted{recipe, std::move(*version), {}};
    if (!request.sha256.empty()) {
        const auto digest = util::Digest::parse(request.sha256);
        if (!digest)
            return util::fail(ErrorCode::usage, fmt::format("--sha256: '{}' is no sha256", request.sha256),
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
std::vector<std::string> known_addresses(const Wanted& wanted)
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

util::Result<std::vector<std::string>> addresses(const Wanted& wanted, const std::string& from)
{
    if (!from.empty()) {
        if (http::is_http(from) || from.starts_with("file:///")) {
            if (http::without_password(from) != from)
                return util::fail(ErrorCode::usage, "--from: a recipe is no place for a password",
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

/// Compares the archive with what the project publishes about it.
class Checks {
public:
    Checks(const Context& context, const Wanted& wanted, const source::Unpinned& archive) :
        context_(context), wanted_(wanted), archive_(archive)
    {
    }

    util::Result<std::vector<std::string>> run()
    {
        if (wanted_.sha256) {
            SF_CHECK(compare(*wanted_.sha256, "--sha256"));
            done_.emplace_back("the sum given by --sha256");
        }
        const auto& releases = wanted_.recipe->releases;
        if (releases && !releases->checksum.empty())
            SF_CHECK(look_at(releases->checksum, &Checks::check_sum));
        if (releases && !releases->signature.empty())
            SF_CHECK(look_at(releases->signature, &Checks::check_signature));
        return std::move(done_);
    }

private:
    [[nodiscard]] util::Status compare(const util::Digest& expected, const std::string& who) const
    {
        if (expected == archive_.sha256)
            return {};
        return util::fail(ErrorCode::source,
                          fmt::format("checksum mismatch: {} has sha256 {}, but {} says {}; nothing was written",
                                      archive_.origin, archive_.sha256.to_hex(), who, expected.to_hex()),
                          "the archive was altered or is another one: compare it with the project's announcement");
    }

    /// Fetches what the pattern names and has it checked. With --sha256 the user has done so already, so it may be
    /// missing.
    util::Status look_at(const std::string& pattern,
                         util::Status (Checks::*check)(const std::string&, const std::string&))
    {
        const auto url = wanted_.recipe->releases->expand(pattern, wanted_.version);
        auto text = context_.site.network.offline
                        ? util::Result<std::string>(util::fail(ErrorCode::source, url + ": not fetched: --offline"))
                        : releases::get_text(url, release_terms(context_.site), largest_checksums, context_.stop);
        if (text)
            return (this->*check)(url, *text);
        auto error = std::move(text).error();
        if (error.code == ErrorCode::interrupted)
            return tl::unexpected(std::move(error));
        if (wanted_.sha256) {
            context_.events.on_event(event::Message{event::Message::Level::warning, "not checked: " + error.message});
            return {};
        }
        error.message = fmt::format("{} cannot be checked: {}", wanted_.name(), error.message);
        error.hint = "compare the archive yourself, and give its sum with --sha256";
        return tl::unexpected(std::move(error));
    }

    util::Status check_sum(const std::string& url, const std::string& text)
    {
        const auto published = releases::parse_checksum(text, archive_.path.filename().string());
        if (!published)
            return util::fail(ErrorCode::source, fmt::format("{}: {}", url, published.error().message),
                              "compare the archive yourself, and give --from and --sha256");
        SF_CHECK(compare(*published, url));
        done_.push_back("the published sum " + url);
        return {};
    }

    util::Status check_signature(const std::string& url, const std::string& signature)
    {
        std::vector<cache::OpenPgpKey> keys;
        for (const auto& file : wanted_.recipe->releases->keys) {
            SF_TRY(auto key, cache::OpenPgpKey::load(file));
            keys.push_back(std::move(key));
        }
        SF_TRY(const auto bytes, util::read_foreign_file(archive_.path, largest_signed));
        const auto signer = cache::OpenPgpKeys(std::move(keys)).verify(bytes, signature);
        if (!signer)
            return util::fail(ErrorCode::source,
                              fmt::format("the signature {} does not fit {}: {}; nothing was written", url,
                                          archive_.origin, signer.error().message),
                              "the archive was altered, or the project has a new key: see its announcement");
        done_.push_back(fmt::format("the signature {}, made by {}", url, *signer));
        return {};
    }

    const Context& context_;
    const Wanted& wanted_;
    const source::Unpinned& archive_;
    std::vector<std::string> done_;
};

/// The text reads as what it should be before it takes the old one's place.
util::Status check_text(const std::string& text, const fs::path& file, const Wanted& wanted, bool in_place)
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

util::Result<fs::path> write_version(const Context& context, const Wanted& wanted, const recipe::NewVersion& added,
                                     bool in_place)
{
    SF_TRY(const auto lock, util::wait_for_lock(context.site.work() / "lock.recipes", context.stop));
    const auto directory = in_place ? wanted.recipe->directory : context.site.own_recipes() / wanted.recipe->name;
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

util::Result<AddedVersion> add_version(const Context& context, const AddRequest& request)
{
    SF_TRY(const auto recipes, recipe::RecipeSet::load(context.site.recipe_directories));
    SF_TRY(const auto wanted, read_request(recipes, request));
    SF_TRY(const auto urls, addresses(wanted, request.from));
    SF_TRY(auto archive, source::fetch_unpinned(context.site, context.events, wanted.name(), urls, context.stop));
    SF_TRY(auto checks, Checks(context, wanted, archive).run());
    const auto file_name = archive.path.filename().string();
    recipe::NewVersion added{wanted.version, {archive.url}, archive.sha256};
    // A file of this machine is of no use elsewhere; its project's address is, if that has the same bytes.
    if (!http::is_http(archive.url))
        for (const auto& url : known_addresses(wanted))
            if (url.ends_with("/" + file_name))
                added.urls.push_back(url);
    SF_CHECK(context.stop.check());
    SF_CHECK(source::SourceCache(context.site.source_cache()).adopt(archive.path, archive.sha256, file_name));
    SF_TRY(auto file, write_version(context, wanted, added, request.in_place));
    return AddedVersion{wanted.name(),  archive.origin,    archive.bytes,
                        archive.sha256, std::move(checks), std::move(file)};
}

} // namespace sf::app
