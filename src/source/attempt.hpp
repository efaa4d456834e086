// Getting one archive from one place into the cache.
#pragma once

#include "event/event.hpp"
#include "site/site.hpp"
#include "source/apt_archive.hpp"
#include "source/fetcher.hpp"
#include "source/http.hpp"
#include "source/place.hpp"
#include "source/progress.hpp"
#include "source/source_cache.hpp"

namespace sf::source {

/// Made for one place within one call of fetch(), which holds the lock on the archive's partial file.
/// All errors but interrupted leave other places worth trying; the reason of a file with other bytes is
/// checksum_mismatch.
class Attempt {
public:
    Attempt(const site::Network& network, event::Sink& events, const SourceCache& cache, const std::string& package,
            const Place& place, const util::StopToken& stop);

    /// From a file of this machine.
    [[nodiscard]] util::Result<Fetched> copy();
    /// From a web server.
    [[nodiscard]] tl::expected<Fetched, HttpFailure> download();
    /// From the distribution's archive.
    [[nodiscard]] util::Result<Fetched> download_from(AptArchive& apt);

private:
    /// Asks the archive's pool for a file that its lists do not have; `unlisted` says so, and is the error if the pool
    /// does not have it either.
    util::Result<Fetched> download_unlisted(AptArchive& apt, const recipe::AptSource& wanted, util::Error unlisted);
    util::Status download_file(const AptArchive& apt, const AptFile& file);
    util::Result<Fetched> verify_partial();
    util::Result<Fetched> adopt(const std::filesystem::path& file);
    [[nodiscard]] tl::unexpected<util::Error> mismatch(const util::Digest& actual) const;
    [[nodiscard]] const util::Digest& sha256() const { return place_.source->sha256; }

    const site::Network& network_;
    event::Sink& events_;
    const SourceCache& cache_;
    const std::string& package_;
    const Place& place_;
    const util::StopToken& stop_;
    Progress progress_;
    std::filesystem::path partial_;
};

} // namespace sf::source
