#include "source/attempt.hpp"

#include "source/local.hpp"
#include "util/files/fs.hpp"

#include <system_error>

namespace sf::source {

namespace {

/// Nothing came, so there is nothing to resume.
void drop_empty(const std::filesystem::path& partial)
{
    std::error_code ignored;
    if (std::filesystem::is_empty(partial, ignored))
        std::filesystem::remove(partial, ignored);
}

} // namespace

Attempt::Attempt(const site::Network& network, event::Sink& events, const SourceCache& cache,
                 const std::string& package, const Place& place, const util::StopToken& stop) :
    network_(network),
    events_(events), cache_(cache), package_(package), place_(place), stop_(stop),
    progress_(events, package, place.name()), partial_(cache.partial_path(place.source->sha256))
{
}

util::Result<Fetched> Attempt::copy()
{
    // Not over the partial file: it may be the better part of a download that this place cannot replace.
    const auto target = partial_.string() + ".copy";
    SF_TRY(const auto digest, copy_hashed(*place_.local, target, stop_));
    if (digest == sha256())
        return adopt(target);
    SF_CHECK(util::remove_tree(target));
    return mismatch(digest);
}

tl::expected<Fetched, HttpFailure> Attempt::download()
{
    const HttpOptions options{.timing = network_.timing(), .retry = network_.retry()};
    for (bool once_more = true;; once_more = false) {
        const auto done =
            download_http(place_.url, partial_, options, stop_,
                          [this](std::uint64_t bytes, std::uint64_t total) { progress_.report(bytes, total); });
        if (!done) {
            drop_empty(partial_);
            return tl::unexpected(done.error());
        }
        auto fetched = verify_partial();
        if (fetched)
            return std::move(*fetched);
        // The beginning that was there may have come from a place with other bytes: ask this one for all of it.
        if (!done->resumed || !once_more)
            return tl::unexpected(HttpFailure{.error = std::move(fetched).error()});
    }
}

util::Result<Fetched> Attempt::download_from(AptArchive& apt)
{
    const auto& wanted = std::get<recipe::AptSource>(place_.source->from);
    auto located = apt.locate(wanted, sha256(), stop_);
    if (!located)
        return download_unlisted(apt, wanted, std::move(located).error());
    auto file = std::move(*located);
    auto downloaded = download_file(apt, file);
    if (!downloaded && downloaded.error().code == util::ErrorCode::source) {
        // The archive drops a revision when the next one comes; newer lists name the file where it is now.
        SF_TRY(const bool renewed, apt.renew(file, stop_));
        if (renewed) {
            SF_TRY(file, apt.locate(wanted, sha256(), stop_));
            downloaded = download_file(apt, file);
        }
    }
    SF_CHECK(std::move(downloaded));
    progress_.report(file.size, file.size);
    return verify_partial();
}

util::Result<Fetched> Attempt::download_unlisted(AptArchive& apt, const recipe::AptSource& wanted, util::Error unlisted)
{
    if (unlisted.code != util::ErrorCode::source)
        return tl::unexpected(std::move(unlisted));
    const auto file = apt.in_pool(wanted);
    if (!file)
        return tl::unexpected(std::move(unlisted));
    auto downloaded = download_file(apt, *file);
    if (!downloaded && downloaded.error().code == util::ErrorCode::source) {
        drop_empty(partial_);
        unlisted.message += "; from the pool " + downloaded.error().message;
        return tl::unexpected(std::move(unlisted));
    }
    SF_CHECK(std::move(downloaded));
    return verify_partial();
}

util::Status Attempt::download_file(const AptArchive& apt, const AptFile& file)
{
    SF_CHECK(util::require_space(partial_.parent_path(), file.size, "the download of " + file.uris.front()));
    const FileWatcher watcher(partial_, file.size, progress_);
    return apt.download(file, sha256(), partial_, stop_);
}

/// Takes the partial file into the cache, or removes it.
util::Result<Fetched> Attempt::verify_partial()
{
    SF_TRY(const auto digest, util::sha256_file(partial_));
    if (digest == sha256())
        return adopt(partial_);
    SF_CHECK(util::remove_tree(partial_));
    return mismatch(digest);
}

util::Result<Fetched> Attempt::adopt(const std::filesystem::path& file)
{
    SF_TRY(auto path, cache_.adopt(file, sha256(), place_.source->file_name()));
    return Fetched{.path = std::move(path), .sha256 = sha256(), .origin = place_.name()};
}

tl::unexpected<util::Error> Attempt::mismatch(const util::Digest& actual) const
{
    auto text = fmt::format("checksum mismatch: expected sha256 {}, got {}; nothing was kept", sha256().to_hex(),
                            actual.to_hex());
    // Said even when another place has the right bytes: somebody's mirror is broken or tampered with.
    events_.on_event(
        event::Message{event::Message::Level::warning, fmt::format("{}: {}: {}", package_, place_.name(), text)});
    return util::fail(util::ErrorCode::source, std::move(text), util::Reason::checksum_mismatch);
}

} // namespace sf::source
