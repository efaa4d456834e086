#include "app/run_image.hpp"

#include "image/image.hpp"
#include "store/database.hpp"
#include "util/process.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <system_error>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;

/// Runs `script` with $1, $2... and no output but errors.
util::Status run_script(const char* script, const std::vector<std::string>& arguments, const util::StopToken& stop)
{
    util::Command command;
    command.argv = {"/bin/sh", "-c", script, "sh"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.environment_changes = {{"LC_ALL", "C"}};
    command.stop = stop;
    SF_TRY(const auto result, util::run(command));
    if (result.exit_code != 0)
        return util::fail(util::ErrorCode::failure,
                          "the base system's layer could not be written:\n    " +
                              util::replace_all(util::last_lines(result.output, 5), "\n", "\n    "));
    return {};
}

/// The layer of a base image: owners and modes as they are, one time, without the sandbox's mount points. It lies
/// beside the image's root file system, and goes when that goes.
Result<cache::ImageLayer> base_layer(const Context& context, const image::Image& image)
{
    constexpr const char* archive =
        R"(tar --create --file "$2" --directory "$1" --sort=name --format=gnu --numeric-owner \
    --mtime=@"$3" --exclude='./dev/*' --exclude=./build --exclude=./ccache --exclude=./recipe --exclude=./sources \
    --exclude=./opt/slurm . && gzip --no-name <"$2" >"$2.gz")";
    const auto layer = image.rootfs.parent_path() / "layer.tar.gz";
    const auto diff_id_file = image.rootfs.parent_path() / "layer.diff-id";
    if (!util::path_exists(layer)) {
        SF_TRY(const auto work, util::TempDir::make(context.site.work(), "layer"));
        SF_CHECK(util::require_space(work.path(), 2 * image.bytes, "the base system's layer"));
        const auto tar = work.path() / "base.tar";
        SF_CHECK(run_script(archive, {image.rootfs.string(), tar.string(), std::to_string(store::source_date_epoch)},
                            context.stop));
        SF_TRY(const auto diff_id, util::sha256_file(tar));
        SF_CHECK(util::write_file_atomic(diff_id_file, diff_id.to_hex()));
        SF_CHECK(util::rename_path(work.path() / "base.tar.gz", layer));
    }
    SF_TRY(const auto text, util::read_file(diff_id_file));
    SF_TRY(const auto diff_id, util::Digest::parse(text));
    SF_TRY(const auto digest, util::sha256_file(layer));
    std::error_code error;
    const auto size = fs::file_size(layer, error);
    if (error)
        return util::fail_errno(error.value(), fmt::format("cannot read {}", layer.string()));
    return cache::ImageLayer{
        cache::BlobSource({cache::layer_media_type(store::Coding::gzip), digest, size}, layer, size, {}), diff_id,
        fmt::format("slurm-factory: base system {}", image.name)};
}

/// The run layer among a package's blobs.
cache::ImageLayer package_layer(const cache::Packed& packed)
{
    const auto& run = packed.entry.layer(cache::Slice::run);
    const auto blob = std::find_if(packed.blobs.begin(), packed.blobs.end(), [&](const cache::BlobSource& one) {
        return one.descriptor().digest == run.blob.digest;
    });
    const auto& action = packed.entry.action;
    return {*blob, run.diff_id, fmt::format("slurm-factory: {} {}", action.package, action.version)};
}

} // namespace

Result<PreparedImage> prepare_image(const Context& context, const Outlook& outlook,
                                    const std::vector<std::optional<cache::Packed>>& packed, const std::string& base,
                                    const std::string& tag)
{
    SF_TRY(const auto recipe, image::find_image_recipe(context.site.image_directories, base));
    SF_TRY(auto database, store::Database::open(context.site.database()));
    image::ImageStore images(context.site, database, context.events);
    SF_TRY(const auto system, images.ensure(recipe, context.stop));
    SF_TRY(auto in_use, images.use(system));
    const auto& requested = outlook.plan.steps.back();
    cache::RunImage image{
        requested.name,
        requested.version.to_string(),
        {fmt::format("PATH=/{0}/bin:/{0}/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                     store::layer_top),
         fmt::format("SLURM_INSTALL_PREFIX=/{}", store::layer_top)},
        {}};
    SF_TRY(auto lowest, base_layer(context, system));
    image.layers.push_back(std::move(lowest));
    for (const auto step : outlook.plan.run_closure())
        image.layers.push_back(package_layer(*packed[step]));
    return PreparedImage{cache::pack_image(image, tag), std::move(in_use)};
}

} // namespace sf::app
