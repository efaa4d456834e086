#include "app/remotes/remotes.hpp"

#include "util/files/fs.hpp"
#include "util/text.hpp"

namespace sf::app {
namespace {

using util::ErrorCode;

bool needs_network(const std::string& where)
{
    return where.find("://") != std::string::npos && !where.starts_with("file://");
}

} // namespace

cache::RemoteOptions remote_options(const site::Site& site)
{
    cache::RemoteOptions options;
    options.timing = site.network.timing();
    options.retry = site.network.retry();
    options.credential_files = cache::default_credential_files();
    return options;
}

util::Result<std::unique_ptr<Remotes>> Remotes::open(const Session& session)
{
    std::unique_ptr<Remotes> remotes(new Remotes(session));
    for (const auto& where : session.site.cache.remotes) {
        if (session.site.network.offline && needs_network(where))
            continue;
        auto place = std::make_unique<Place>();
        SF_TRY(place->remote, cache::open_remote(where, remote_options(session.site)));
        remotes->places_.push_back(std::move(place));
    }
    if (remotes->places_.empty())
        return remotes;
    SF_TRY(remotes->ring_, cache::KeyRing::load(session.site.keys()));
    if (session.site.cache.only_signed && remotes->ring_.keys().empty()) {
        remotes->warn("no key", fmt::format("no public key is in {}, so nothing can be taken from binary caches "
                                            "(slurm-factory cache keys add FILE.pub)",
                                            session.site.keys().string()));
        remotes->places_.clear();
    }
    return remotes;
}

util::Status Remotes::check_signature(cache::Remote& remote, const util::Digest& manifest,
                                      const std::string& what) const
{
    if (!session_.site.cache.only_signed)
        return {};
    SF_TRY([[maybe_unused]] const auto signer, cache::verify_manifest(remote, manifest, what, ring_, session_.stop));
    return {};
}

util::Status Remotes::check_size(std::uint64_t bytes, const std::filesystem::path& directory) const
{
    if (session_.site.cache.only_signed)
        return {};
    SF_TRY(const auto available, util::free_space(directory));
    if (bytes > available)
        return util::fail(ErrorCode::verify,
                          fmt::format("it claims a size of {}, and {} has space for {}", util::human_bytes(bytes),
                                      directory.string(), util::human_bytes(available)),
                          "free some space there if that may be true");
    return {};
}

void Remotes::warn(const std::string& about, std::string text)
{
    {
        const std::lock_guard lock(mutex_);
        if (!warned_.insert(about).second)
            return;
    }
    session_.events.on_event(event::Message{event::Message::Level::warning, std::move(text)});
}

util::Status Remotes::pass_over(Place& place, const std::string& what, const util::Error& error)
{
    switch (error.code) {
    case ErrorCode::verify: // this one thing of it; the others may be right
        // A cache that is not signed at all would be worth a warning for each package. One that is damaged in several
        // places has a fault for each.
        warn(fmt::format("{}: {}", place.remote->name(), error.message),
             fmt::format("{} of {} is not used: {}; the same goes for its other packages with that fault", what,
                         place.remote->name(), error.message));
        return {};
    case ErrorCode::source:
    case ErrorCode::usage:
    case ErrorCode::failure:
        if (!place.given_up.exchange(true)) // several threads may find out at once, each with words of its own
            warn("unreachable: " + place.remote->name(),
                 fmt::format("going on without the binary cache {}: {}", place.remote->name(), error.message));
        return {};
    default:
        return tl::unexpected(error);
    }
}

} // namespace sf::app
