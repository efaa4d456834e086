#include "app/images/image_import.hpp"

#include "app/images/backends.hpp"
#include "app/images/base_images.hpp"
#include "app/images/image_layer.hpp"
#include "app/remotes/remotes.hpp"
#include "app/session/presence.hpp"
#include "cache/remote/foreign_image.hpp"
#include "image/system_tree.hpp"
#include "util/files/fs.hpp"

#include <system_error>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::ErrorCode;
using util::Result;
using util::Status;

/// Splits the tag off; a colon before the last slash belongs to a port.
SystemPlace image_place(std::string remote)
{
    SystemPlace place{SystemPlace::Kind::image, {}, std::move(remote), "latest"};
    const auto colon = place.remote.rfind(':');
    const auto slash = place.remote.rfind('/');
    if (colon != std::string::npos && colon > (slash == std::string::npos ? 0 : slash)) {
        place.tag = place.remote.substr(colon + 1);
        place.remote.erase(colon);
    }
    return place;
}

Status unpack_image(const Session& session, const SystemPlace& place, const fs::path& rootfs)
{
    SF_TRY(const auto remote, cache::open_remote(place.remote, remote_options(session.site)));
    SF_TRY(const auto found, cache::find_foreign_image(*remote, place.tag, session.stop));
    if (!found)
        return util::fail(ErrorCode::usage, fmt::format("{} has no image '{}'", remote->name(), place.tag),
                          "the tag comes after a colon: oci:DIRECTORY:TAG or oci://HOST/REPOSITORY:TAG");
    const auto directory = image::incoming_directory(session.site);
    SF_CHECK(util::make_directories(directory));
    Status unpacked;
    for (const auto& layer : found->layers) {
        const auto file = directory / layer.digest.to_hex();
        SF_CHECK(remote->fetch_blob(layer, file, session.stop, {}));
        unpacked = image::unpack_system(file, rootfs, session.stop);
        if (!unpacked)
            break;
    }
    if (!unpacked && unpacked.error().code != ErrorCode::verify) // kept: next time they need not be fetched again
        return unpacked;
    for (const auto& layer : found->layers)
        SF_CHECK(util::remove_tree(directory / layer.digest.to_hex()));
    return unpacked;
}

Status unpack_place(const Session& session, const SystemPlace& place, const fs::path& rootfs)
{
    switch (place.kind) {
    case SystemPlace::Kind::directory:
        return image::copy_system(place.path, rootfs, session.stop);
    case SystemPlace::Kind::archive:
        return image::unpack_system(place.path, rootfs, session.stop);
    case SystemPlace::Kind::image:
        return unpack_image(session, place, rootfs);
    }
    return {};
}

Status check_place(const SystemPlace& place)
{
    if (place.kind != SystemPlace::Kind::image && !util::path_exists(place.path))
        return util::fail(ErrorCode::usage, fmt::format("there is no {}", place.path.string()),
                          "give a directory, a tar archive, oci:DIRECTORY:TAG or oci://HOST/REPOSITORY:TAG");
    return {};
}

/// A name that is free, or that of an imported image, which is replaced.
Status check_name(const Session& session, const std::string& name)
{
    const auto known = image::find_image_recipe(session.site.image_directories, name);
    if (known)
        return util::fail(ErrorCode::usage,
                          fmt::format("'{}' is the name of a base image with a recipe: {}", name, known->file.string()),
                          "choose another name");
    if (!image::is_image_name(name))
        return util::fail(ErrorCode::usage, fmt::format("'{}' cannot be the name of a base image", name),
                          "lower-case letters, digits, '+', '-' and '.', beginning with a letter or digit");
    return {};
}

Status write_archive(const cache::ImageLayer& layer, const fs::path& file, const util::StopToken& stop)
{
    const auto partial = file.string() + ".partial";
    SF_CHECK(util::remove_tree(partial));
    SF_TRY(auto writer, cache::BlobWriter::open(layer.blob.descriptor(), partial, stop));
    SF_CHECK(cache::copy_blob(layer.blob, writer, stop));
    return util::rename_path(partial, file);
}

} // namespace

SystemPlace parse_system_place(const std::string& text)
{
    constexpr std::string_view docker = "docker://";
    constexpr std::string_view registry = "oci://";
    constexpr std::string_view layout = "oci:";
    if (text.starts_with(docker))
        return image_place(std::string(registry) + text.substr(docker.size()));
    if (text.starts_with(registry))
        return image_place(text);
    std::error_code error;
    if (text.starts_with(layout)) {
        auto place = image_place(text.substr(layout.size()));
        place.remote = fs::absolute(place.remote, error).string();
        return place;
    }
    const auto path = fs::absolute(text, error);
    if (util::path_exists(path / "oci-layout"))
        return {SystemPlace::Kind::image, {}, path.string(), "latest"};
    return {fs::is_directory(path, error) ? SystemPlace::Kind::directory : SystemPlace::Kind::archive, path, {}, {}};
}

Result<ImportedImage> import_image(const Session& session, const std::string& name, const std::string& place,
                                   const std::string& like)
{
    SF_CHECK(check_name(session, name));
    const auto from = parse_system_place(place);
    SF_CHECK(check_place(from));
    SF_TRY(const auto model, image::find_image_recipe(session.site.image_directories, like));
    image::ImageRecipe wanted;
    wanted.name = name;
    wanted.description = "Imported from " + place;
    wanted.externals = model.externals;
    wanted.externals.try_emplace("mold", "mold --version"); // no recipe need ask for it, and builds link with it
    wanted.configure_cache = model.configure_cache;
    wanted.configure_cache_files = model.configure_cache_files;
    SF_CHECK(util::make_directories(session.site.images()));
    SF_TRY(const auto presence, Presence::announce(session.site));
    SF_TRY(auto* const database, session.database());
    image::ImageStore images(session.site, *database, session.events);
    auto imported = images.import(
        wanted, [&](const fs::path& rootfs) { return unpack_place(session, from, rootfs); }, session.stop);
    if (!imported)
        return util::fail(std::move(imported).error(), fmt::format("importing the base image '{}'", name));
    ImportedImage result{std::move(*imported), {}};
    for (const auto& [external, command] : model.externals)
        if (!result.image.externals.contains(external))
            result.missing.push_back(external);
    return result;
}

namespace {

struct ExportPlace {
    enum class Kind { archive, image, lxd };
    Kind kind = Kind::archive;
    SystemPlace at;    ///< of an archive or an image
    std::string alias; ///< of an LXD image
};

Result<ExportPlace> parse_export_place(const std::string& place)
{
    constexpr std::string_view lxd = "lxd:";
    if (place.starts_with(lxd) && place.size() > lxd.size() && place.find('/') == std::string::npos)
        return ExportPlace{ExportPlace::Kind::lxd, {}, place.substr(lxd.size())};
    auto at = parse_system_place(place);
    if (at.kind == SystemPlace::Kind::image)
        return ExportPlace{ExportPlace::Kind::image, std::move(at), {}};
    if (at.path.string().ends_with(".tar.gz"))
        return ExportPlace{ExportPlace::Kind::archive, std::move(at), {}};
    return util::fail(
        ErrorCode::usage, fmt::format("a base image cannot be exported to {}", place),
        "give a file name that ends in .tar.gz, oci:DIRECTORY:TAG, oci://HOST/REPOSITORY:TAG or lxd:ALIAS");
}

Result<std::string> push_system(const Session& session, const std::string& name, const image::Image& system,
                                const cache::ImageLayer& layer, const SystemPlace& to)
{
    SF_TRY(const auto remote, cache::open_remote(to.remote, remote_options(session.site)));
    const cache::RunImage image{
        name, system.digest.to_short(), {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {layer}};
    SF_CHECK(remote->push_image(cache::pack_image(image, to.tag), session.stop));
    SF_CHECK(remote->finish(session.stop));
    return fmt::format("{}:{}", remote->name(), to.tag);
}

} // namespace

Result<std::string> export_image(const Session& session, const std::string& name, const std::string& place)
{
    SF_TRY(const auto to, parse_export_place(place));
    SF_TRY(const auto recipe, image::find_image_recipe(image::recipe_directories(session.site),
                                                       name.empty() ? image::usual_image_name(session.site) : name));
    SF_TRY(const auto presence, Presence::announce(session.site));
    SF_TRY(const auto images, BaseImages::open(session));
    SF_TRY(const auto held, images->hold(recipe));
    const auto& system = held.image;
    if (to.kind == ExportPlace::Kind::lxd)
        return publish_in_lxd(session, system.rootfs, to.alias);
    SF_TRY(const auto layer, image_layer(session, system, Contents::all));
    if (to.kind == ExportPlace::Kind::image)
        return push_system(session, recipe.name, system, layer, to.at);
    SF_CHECK(write_archive(layer, to.at.path, session.stop));
    return to.at.path.string();
}

Result<ImageDescription> describe_image(const Session& session, const std::string& name)
{
    SF_TRY(auto recipe, image::find_image_recipe(image::recipe_directories(session.site),
                                                 name.empty() ? image::usual_image_name(session.site) : name));
    SF_TRY(auto* const database, session.find_database());
    if (database == nullptr)
        return ImageDescription{std::move(recipe), std::nullopt};
    SF_TRY(auto image, image::ImageStore(session.site, *database, session.events).find(recipe));
    return ImageDescription{std::move(recipe), std::move(image)};
}

} // namespace sf::app
