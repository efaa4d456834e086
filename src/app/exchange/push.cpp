#include "app/exchange/push.hpp"

#include "app/exchange/runnable_image.hpp"
#include "app/images/image_layer.hpp"
#include "app/remotes/remotes.hpp"
#include "app/request/forecast.hpp"
#include "app/session/presence.hpp"
#include "cache/oci/base_image.hpp"
#include "cache/oci/pack.hpp"
#include "image/image.hpp"
#include "store/database.hpp"
#include "store/layer_store.hpp"
#include "util/threads.hpp"

#include <atomic>

namespace sf::app {
namespace {

using util::Result;
using util::Status;

/// What the remote has of a key that is about to be pushed: a directory that is no cache yet has nothing, and the first
/// push makes it one. What is damaged is pushed again.
Result<std::optional<cache::Found>> find_before_push(cache::Remote& remote, const util::Digest& key,
                                                     const util::StopToken& stop)
{
    auto found = remote.find(key, stop);
    if (!found && (found.error().code == util::ErrorCode::failure || found.error().code == util::ErrorCode::verify))
        return std::optional<cache::Found>();
    return found;
}

/// To one remote. Both it and the signer must live as long.
class Push {
public:
    Push(const Session& session, cache::Remote& remote, const std::optional<cache::Signer>& signer,
         store::Coding coding) :
        session_(session),
        remote_(remote), signer_(signer), coding_(coding)
    {
    }

    /// What was pushed, or was there already.
    [[nodiscard]] Result<cache::Packed> package(const store::LayerStore& layers, const store::Action& action)
    {
        SF_TRY(const auto found, find_before_push(remote_, action.key, session_.stop));
        // What has the same layers in the other compression is no reason to send them again.
        const bool has_layers = found && found->entry.action.layers == action.layers;
        const auto coding = has_layers ? found->entry.coding() : coding_;
        SF_TRY(auto packed, cache::pack(layers, action, coding, session_.stop));
        if (found && found->manifest == packed.manifest_descriptor.digest) {
            SF_TRY(const bool kept, remote_.keep(packed, session_.stop));
            SF_TRY(const bool is_signed, signed_as_wanted(found->manifest));
            if (kept)
                ++there_;
            if (kept && is_signed)
                return packed;
        }
        std::string signature;
        if (signer_) {
            SF_TRY(signature, cache::sign_entry(*signer_, packed));
        }
        for (const auto& blob : packed.blobs)
            bytes_ += blob.descriptor().size;
        SF_CHECK(remote_.push(packed, signature, session_.stop));
        return packed;
    }

    /// The name of the image; empty where the remote has it already, or its files are not here.
    [[nodiscard]] Result<std::string> base_image(const image::Image& image, const util::Digest& recipe_key)
    {
        if (!image.complete) // it came from a binary cache
            return std::string();
        SF_TRY(const bool has, has_base_image(image, recipe_key));
        if (has)
            return std::string();
        SF_TRY(auto* const database, session_.database());
        SF_TRY(const auto in_use, image::ImageStore(session_.site, *database, session_.events).use(image));
        SF_TRY(const auto layer, image_layer(session_, image, Contents::all));
        const auto packed = cache::pack_base_image(
            {image.name, recipe_key, image.digest, image.bytes, image.created, image.externals}, layer);
        const auto& manifest = packed.manifest_descriptor;
        if (signer_) {
            SF_TRY(const auto signature,
                   cache::sign_manifest(*signer_, manifest.digest, "slurm-factory base image: " + image.name));
            SF_CHECK(remote_.put_signature(manifest, signature, session_.stop));
        }
        SF_CHECK(remote_.push_image(packed, session_.stop));
        return image.name;
    }

    [[nodiscard]] unsigned there() const { return there_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    [[nodiscard]] Result<bool> signed_as_wanted(const util::Digest& manifest)
    {
        if (!signer_)
            return true;
        return cache::is_signed_by(*signer_, remote_, manifest, session_.stop);
    }

    [[nodiscard]] Result<bool> has_base_image(const image::Image& image, const util::Digest& recipe_key)
    {
        const auto manifest = remote_.find_image(cache::base_image_tag(recipe_key), session_.stop);
        if (!manifest && manifest.error().code != util::ErrorCode::verify) // what is damaged is pushed again
            return tl::unexpected(manifest.error());
        if (!manifest || !*manifest)
            return false;
        const auto there = cache::parse_base_image(**manifest, recipe_key);
        const auto blobs = cache::blobs_of_manifest(**manifest);
        if (!there || !blobs || there->image.tree != image.digest)
            return false;
        SF_TRY(const bool whole, remote_.has_whole(*blobs, session_.stop));
        return whole ? signed_as_wanted(there->manifest) : whole;
    }

    const Session& session_;
    cache::Remote& remote_;
    const std::optional<cache::Signer>& signer_;
    store::Coding coding_;
    std::atomic<unsigned> there_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
};

store::Coding compression_of(const Session& session, const PushOptions& options)
{
    return options.compression.value_or(session.site.cache.zstd ? store::Coding::zstd : store::Coding::gzip);
}

} // namespace

Result<PushReport> push(const Session& session, const BuildRequest& request, const PushOptions& options)
{
    if (!options.image_tag.empty() && !cache::is_image_tag(options.image_tag))
        return util::fail(util::ErrorCode::usage, fmt::format("'{}' cannot name an image", options.image_tag),
                          "use up to 128 letters, digits, '_', '.', '-'");
    SF_TRY(const auto solved, solve_request(session, request));
    SF_TRY(const auto presence, Presence::announce(session.site));
    const auto& layers = session.layers();
    SF_TRY(const auto forecast, make_forecast(session, solved));
    SF_TRY(const auto actions, claim_built(forecast, layers));
    SF_TRY(const auto signer, find_signer(session, options.signing));
    SF_TRY(const auto remote, cache::open_remote(options.remote, remote_options(session.site)));
    Push to_remote(session, *remote, signer, compression_of(session, options));
    std::vector<std::optional<cache::Packed>> all(actions.size());
    SF_CHECK(
        util::try_in_threads(session.site.network.parallel_downloads, actions.size(), [&](std::size_t item) -> Status {
            SF_TRY(all[item], to_remote.package(layers, actions[item]));
            return {};
        }));
    if (!options.image_tag.empty()) {
        const std::string base = options.image_base.empty() ? default_run_base : options.image_base;
        SF_TRY(const auto prepared, prepare_image(session, forecast, all, base, options.image_tag));
        SF_CHECK(remote->push_image(prepared.image, session.stop));
    }
    std::string base_image;
    if (options.base_image) {
        SF_TRY(base_image, to_remote.base_image(*solved.image, solved.image_recipe.key()));
    }
    SF_CHECK(remote->finish(session.stop));
    return PushReport{static_cast<unsigned>(actions.size()) - to_remote.there(), to_remote.there(), to_remote.bytes(),
                      signer.has_value(), std::move(base_image)};
}

} // namespace sf::app
