#include "app/images/image_layer.hpp"

#include "app/images/layer.sh.hpp"
#include "cache/oci/entry.hpp"
#include "store/layer_store.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <system_error>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::Result;

util::Status archive(const fs::path& from, const fs::path& to, Contents contents, const util::StopToken& stop)
{
    constexpr std::size_t quoted_lines = 5;
    util::Command command;
    command.argv = {"/bin/sh",
                    "-c",
                    std::string(layer_sh()),
                    "sh",
                    from.string(),
                    to.string(),
                    std::to_string(store::source_date_epoch)};
    if (contents == Contents::system)
        for (const auto* place : {"./dev/*", "./build", "./ccache", "./recipe", "./sources", "./opt/slurm"})
            command.argv.push_back(fmt::format("--exclude={}", place));
    command.environment_changes = {{"LC_ALL", "C"}};
    command.stop = stop;
    SF_TRY(const auto result, util::run(command));
    if (result.exit_code != 0)
        return util::fail(util::ErrorCode::failure,
                          "the base system's layer could not be written:\n    " +
                              util::replace_all(util::last_lines(result.output, quoted_lines), "\n", "\n    "));
    return {};
}

} // namespace

Result<cache::ImageLayer> image_layer(const Session& session, const image::Image& image, Contents contents)
{
    const auto home = image.rootfs.parent_path();
    const std::string name = contents == Contents::system ? "layer" : "rootfs";
    const auto layer = home / (name + ".tar.gz");
    const auto diff_id_file = home / (name + ".diff-id");
    if (!util::path_exists(layer)) {
        SF_TRY(const auto work, util::ScratchDir::make(session.site.work(), "layer"));
        SF_CHECK(util::require_space(work.path(), 2 * image.bytes, "the base system's layer"));
        const auto tar = work.path() / "base.tar";
        SF_CHECK(archive(image.rootfs, tar, contents, session.stop));
        SF_TRY(const auto diff_id, util::sha256_file(tar));
        SF_CHECK(util::write_file_atomic(diff_id_file, diff_id.to_hex()));
        SF_CHECK(util::rename_path(work.path() / "base.tar.gz", layer));
    }
    SF_TRY(const auto text, util::read_foreign_file(diff_id_file, 2 * util::Digest::size));
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

} // namespace sf::app
