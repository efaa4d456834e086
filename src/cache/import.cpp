#include "cache/import.hpp"

#include "cache/unpack_layer.hpp"
#include "util/files/fs.hpp"
#include "util/files/life_sign.hpp"
#include "util/files/lock_wait.hpp"

#include <unistd.h>

#include <cerrno>

namespace sf::cache {

namespace {

namespace stdfs = std::filesystem;

constexpr const char* parts_name = "incoming";

util::Result<store::LayerInfo> take_in(store::LayerStore& layers, const LayerBlob& layer, store::Effort effort,
                                       const stdfs::path& blob, const util::StopToken& stop)
{
    SF_CHECK(util::require_space(layers.directory(), layer.tar_bytes, "a layer of the binary cache"));
    SF_TRY(const auto draft, util::ScratchDir::make(layers.directory(), "tmp"));
    const auto tree = draft.path() / "tree";
    SF_TRY(const auto unpacked, unpack_layer(blob, layer, tree, stop));
    // Compressed in one piece by another tool, it cannot be a member.
    if (!unpacked.member_bytes)
        return layers.adopt(tree, {}, store::Coding::gzip, effort, layer.diff_id, stop);
    if (::truncate(blob.c_str(), static_cast<off_t>(*unpacked.member_bytes)) != 0)
        return util::fail_errno(errno, fmt::format("cannot cut {}", blob.string()));
    return layers.adopt(tree, blob, layer.coding(), effort, layer.diff_id, stop);
}

} // namespace

util::Result<store::LayerInfo> import_layer(store::LayerStore& layers, const LayerBlob& layer, store::Effort effort,
                                            const stdfs::path& blob, const util::StopToken& stop)
{
    SF_TRY(const bool is_there, layers.claim({layer.diff_id}));
    if (is_there) {
        ::unlink(blob.c_str());
        return layers.info(layer.diff_id);
    }
    auto info = take_in(layers, layer, effort, blob, stop);
    // Consumed, whatever came of it. Only what an interrupt leaves, cut or not, is still the beginning of the blob.
    if (info || info.error().code != util::ErrorCode::interrupted)
        ::unlink(blob.c_str());
    if (!info)
        return util::fail(std::move(info).error(),
                          fmt::format("taking layer {} from the binary cache", layer.diff_id.to_short()));
    return info;
}

util::Result<store::LayerInfo> pull_layer(Remote& remote, const LayerBlob& layer, store::Effort effort,
                                          store::LayerStore& layers, const util::StopToken& stop,
                                          const OnProgress& on_progress)
{
    SF_TRY(const bool was_there, layers.claim({layer.diff_id}));
    if (was_there)
        return layers.info(layer.diff_id);
    const auto part = layers.directory() / parts_name / layer.blob.digest.to_hex();
    const auto lock_file = stdfs::path(part.string() + ".lock");
    SF_TRY(const auto lock, util::wait_for_lock(lock_file, stop));
    SF_TRY(const bool is_there, layers.claim({layer.diff_id}));
    if (is_there)
        return layers.info(layer.diff_id);
    SF_CHECK(remote.fetch_blob(layer.blob, part, stop, on_progress));
    auto info = import_layer(layers, layer, effort, part, stop);
    if (info) // who waits for the lock finds the layer when it gets it
        ::unlink(lock_file.c_str());
    return info;
}

} // namespace sf::cache
