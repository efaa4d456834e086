#include "image/image.hpp"

#include "event/step.hpp"
#include "identity/user_namespace.hpp"
#include "image/externals.hpp"
#include "image/make.hpp"
#include "image/making.hpp"
#include "site/logs.hpp"
#include "util/files/claim.hpp"
#include "util/process/install_hint.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

namespace sf::image {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;

std::string utc_now()
{
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto time = std::chrono::system_clock::to_time_t(now);
    struct tm utc = {};
    ::gmtime_r(&time, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string os_release(std::string_view field)
{
    const auto release = util::read_file("/etc/os-release");
    for (const auto& line : util::split(release.value_or(""), '\n'))
        if (line.starts_with(field) && line.substr(field.size()).starts_with('='))
            return util::replace_all(line.substr(field.size() + 1), "\"", "");
    return {};
}

/// The suite whose mirrors have the distribution's other suites, too.
std::string host_suite(const ImageRecipe& recipe)
{
    return os_release("ID") == recipe.distribution ? os_release("VERSION_CODENAME") : "";
}

/// In the directory of an image whose files are elsewhere. The last of them to come takes it away.
constexpr const char* described = "described";

/// nullopt when nothing of it is there.
std::optional<Image> to_image(const site::Site& site, const store::ImageRecord& record)
{
    const auto home = home_of(site, record.digest);
    Image image{record.name, record.digest, home / "rootfs", record.bytes, record.created, record.externals};
    image.complete = util::path_exists(image.rootfs); // it came by one rename, so it is whole if it is there
    image.used = util::claimed_at(home);
    if (!image.complete && !util::path_exists(home / described))
        return std::nullopt;
    return image;
}

util::Error removed_meanwhile(const std::string& name)
{
    return {ErrorCode::sandbox,
            fmt::format("the base image '{}' was removed meanwhile", name),
            "try again; it is made anew",
            {}};
}

/// Other users of this machine may enter an image that was made of the distribution's packages. An imported one may
/// have set-ID programs of a stranger, which they could run on the host.
util::Status set_access(const stdfs::path& home, const ImageRecipe& recipe)
{
    if (::chmod(home.c_str(), recipe.imported ? 0700 : 0755) != 0)
        return util::fail_errno(errno, fmt::format("cannot set the mode of {}", home.string()));
    return {};
}

/// Puts what was made in its place, unless the same is there.
util::Status settle(util::TempDir made, const stdfs::path& home, const ImageRecipe& recipe)
{
    if (util::path_exists(home))
        return recipe.imported ? util::Status() : set_access(home, recipe);
    SF_CHECK(util::remove_tree(made.path() / "host.sources"));
    SF_CHECK(set_access(made.path(), recipe));
    auto renamed = util::rename_path(made.path(), home);
    if (renamed)
        made.keep();
    else if (util::path_exists(home / "rootfs")) // another made the same, and was faster
        return {};
    return renamed;
}

util::Status check_host()
{
    SF_CHECK(check_may_make());
    if (!util::has_apt())
        return util::fail(ErrorCode::sandbox, "no base image can be made on a host without apt", util::Reason::no_apt);
    if (!util::find_program("mmdebstrap"))
        return util::fail(ErrorCode::sandbox, "mmdebstrap, which makes base images, is not installed",
                          util::how_to_install("mmdebstrap"));
    return {};
}

/// Whether the image is there; records that it is used now. A user without write permission can use another's image:
/// the lock keeps it for that long, but its time of use does not change.
util::Result<bool> claim_use(const site::Site& site, const util::Digest& digest)
{
    const auto home = home_of(site, digest);
    auto there = util::Claims(use_lock(site, digest)).claim({home});
    if (!there && there.error().code == ErrorCode::permission)
        return util::path_exists(home);
    return there;
}

} // namespace

stdfs::path incoming_directory(const site::Site& site)
{
    return site.images() / "incoming";
}

ImageStore::ImageStore(const site::Site& site, store::Database& database, event::Sink& events) :
    site_(site), database_(database), events_(events)
{
}

util::Result<std::vector<Image>> ImageStore::list() const
{
    SF_TRY(const auto records, database_.images());
    std::vector<Image> images;
    for (const auto& record : records)
        if (auto image = to_image(site_, record))
            images.push_back(std::move(*image));
    return images;
}

util::Result<std::optional<Image>> ImageStore::find(const ImageRecipe& recipe) const
{
    const auto key = recipe.key();
    SF_TRY(const auto records, database_.images());
    std::optional<Image> found;
    for (const auto& record : records) {
        if (record.name != recipe.name || record.recipe_key != key)
            continue;
        auto image = to_image(site_, record);
        if (image && image->complete)
            return image;
        if (image)
            found = std::move(image);
    }
    return found;
}

util::Result<Image> ImageStore::ensure(const ImageRecipe& recipe, const util::StopToken& stop)
{
    SF_TRY(auto ready, find(recipe));
    if (ready && ready->complete)
        return with_versions(recipe, std::move(*ready), stop);
    return make_locked(recipe, false, stop);
}

util::Result<Image> ImageStore::make_anew(const ImageRecipe& recipe, const util::StopToken& stop)
{
    return make_locked(recipe, true, stop);
}

util::Result<Image> ImageStore::make_locked(const ImageRecipe& recipe, bool anew, const util::StopToken& stop)
{
    if (recipe.imported)
        return util::fail(ErrorCode::usage,
                          fmt::format("the base image '{}' was imported, and its files are not here", recipe.name),
                          fmt::format("import it again: slurm-factory image import {} PLACE; or name a binary cache "
                                      "that has it",
                                      recipe.name));
    SF_CHECK(check_host());
    SF_TRY(const auto lock,
           lock_making(site_.images() / "locks" / ("making-" + recipe.key().to_short()), recipe.name, events_, stop));
    SF_TRY(auto ready, find(recipe));
    if (!anew && ready && ready->complete)
        return std::move(*ready);
    auto made = make(recipe, stop);
    if (!made)
        return util::fail(std::move(made).error(), fmt::format("making the base image '{}'", recipe.name));
    return made;
}

util::Result<Image> ImageStore::make(const ImageRecipe& recipe, const util::StopToken& stop)
{
    const auto prefix = "making-" + recipe.key().to_short();
    clear_away(site_.images(), prefix);
    clear_away(site_.images(), util::removing_prefix);
    SF_CHECK(util::require_space(site_.images(), needed_space, fmt::format("the base image '{}'", recipe.name)));

    auto sources = select_sources(read_sources("/etc/apt"), recipe.suite, host_suite(recipe));
    if (!recipe.check_valid_until)
        accept_expired(sources);
    if (site_.network.offline && !all_local(sources))
        return util::fail(ErrorCode::source, "the image is not there yet, and its packages must be downloaded",
                          util::Reason::images_missing_offline);
    event::StepTimer step(events_, recipe.name, "image");
    SF_TRY(auto directory, util::TempDir::make(site_.images(), prefix));
    const MakeInput input{
        recipe, sources, host_apt_options(), directory.path(), site_.logs() / log_name(recipe.name), limits_of(site_)};
    SF_TRY(const auto log, site::begin_log(site_, log_name(recipe.name)));
    auto made = make_rootfs(input, log.get(), stop);
    if (!made) {
        {
            const auto dropped = std::move(directory);
        }
        clear_away(site_.images(), prefix);
        return tl::unexpected(std::move(made).error());
    }
    SF_TRY(const auto summary, summarise_tree(directory.path() / "rootfs", stop));
    SF_TRY(auto published, publish(recipe, std::move(directory), std::move(made->externals), summary));
    for (const auto& warning : made->warnings)
        events_.on_event(event::Message{event::Message::Level::warning, warning});
    step.succeed();
    return published;
}

util::Result<Image> ImageStore::publish(const ImageRecipe& recipe, util::TempDir made,
                                        std::map<std::string, std::string> externals, const TreeSummary& summary)
{
    const auto home = home_of(site_, summary.digest);
    // A remover holds this lock exclusively.
    SF_TRY(const auto lock, util::FileLock::acquire(use_lock(site_, summary.digest), util::FileLock::Mode::shared));
    if (util::path_exists(home / described))
        SF_CHECK(util::remove_tree(home));
    SF_CHECK(settle(std::move(made), home, recipe));
    return note({recipe.name, recipe.key(), summary.digest, summary.bytes, utc_now(), std::move(externals)});
}

util::Result<Image> ImageStore::describe(const ImageRecipe& recipe, const Image& image)
{
    const auto home = home_of(site_, image.digest);
    const store::ImageRecord record{recipe.name, recipe.key(),  image.digest,
                                    image.bytes, image.created, image.externals};
    SF_TRY(const auto lock, util::FileLock::acquire(use_lock(site_, image.digest), util::FileLock::Mode::shared));
    if (!to_image(site_, record)) {
        SF_CHECK(util::write_file_atomic(home / described, ""));
        SF_CHECK(set_access(home, recipe));
    }
    return note(record);
}

util::Result<Image> ImageStore::note(const store::ImageRecord& record)
{
    SF_TRY(const bool there, claim_use(site_, record.digest));
    auto image = there ? to_image(site_, record) : std::nullopt;
    if (!image)
        return tl::unexpected(removed_meanwhile(record.name));
    SF_CHECK(database_.put_image(record));
    return std::move(*image);
}

util::Result<Image> ImageStore::complete(const Image& image, const Unpack& unpack, const util::StopToken& stop)
{
    const auto prefix = "making-" + image.digest.to_short();
    SF_TRY(const auto lock, lock_making(site_.images() / "locks" / prefix, image.name, events_, stop));
    auto whole = image;
    whole.complete = true;
    if (util::path_exists(image.rootfs))
        return whole;
    clear_away(site_.images(), prefix);
    SF_CHECK(util::require_space(site_.images(), image.bytes, fmt::format("the base image '{}'", image.name)));
    event::StepTimer step(events_, image.name, "image-files");
    SF_TRY(const auto directory, util::TempDir::make(site_.images(), prefix));
    const auto rootfs = directory.path() / "rootfs";
    SF_CHECK(util::make_directories(rootfs));
    SF_CHECK(unpack(rootfs));
    SF_TRY(const auto summary, summarise_tree(rootfs, stop));
    if (summary.digest != image.digest)
        return util::fail(ErrorCode::verify,
                          fmt::format("the files of base image '{}' have digest {}, not {}", image.name,
                                      summary.digest.to_short(), image.digest.to_short()),
                          "have it pushed again");
    SF_CHECK(util::rename_path(rootfs, image.rootfs));
    SF_CHECK(util::remove_tree(image.rootfs.parent_path() / described));
    step.succeed();
    return whole;
}

util::Result<Image> ImageStore::with_versions(const ImageRecipe& recipe, Image image, const util::StopToken& stop)
{
    std::map<std::string, std::string> commands;
    for (const auto& [external, version] : image.externals)
        if (const auto known = recipe.externals.find(external); version.empty() && known != recipe.externals.end())
            commands.insert(*known);
    if (commands.empty())
        return image;
    if (::geteuid() != 0)
        return util::fail(
            ErrorCode::sandbox,
            fmt::format("asking the base image '{}' for the versions of its build tools needs mounts", recipe.name),
            identity::how_to_have_builder());
    SF_TRY(const auto versions, probe_externals(recipe, commands, {image.rootfs, limits_of(site_)}, stop));
    for (const auto& [external, version] : versions)
        image.externals[external] = version;
    SF_CHECK(
        database_.put_image({image.name, recipe.key(), image.digest, image.bytes, image.created, image.externals}));
    return image;
}

util::Result<std::optional<util::FileLock>> ImageStore::try_use(const Image& image) const
{
    const auto file = use_lock(site_, image.digest);
    SF_TRY(auto lock, util::FileLock::acquire(file, util::FileLock::Mode::shared));
    SF_TRY(const bool there, claim_use(site_, image.digest));
    return there ? std::optional(std::move(lock)) : std::nullopt;
}

util::Result<util::FileLock> ImageStore::use(const Image& image) const
{
    SF_TRY(auto lock, try_use(image));
    if (!lock)
        return tl::unexpected(removed_meanwhile(image.name));
    return std::move(*lock);
}

} // namespace sf::image
