#include "app/recipes/published_release.hpp"

#include "cache/signature/openpgp.hpp"
#include "releases/ask.hpp"
#include "releases/listing.hpp"
#include "util/files/foreign_file.hpp"

#include <fmt/format.h>

#include <utility>

namespace sf::app {
namespace {

using util::ErrorCode;

constexpr std::size_t largest_checksums = std::size_t{1} << 20U;
constexpr std::uint64_t largest_signed = std::uint64_t{512} << 20U;

class Checks {
public:
    Checks(const Session& session, const WantedRelease& wanted, const source::Unpinned& archive) :
        session_(session), wanted_(wanted), archive_(archive)
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
                          "the archive was altered or is the wrong one: compare it with the project's announcement");
    }

    /// Fetches what the pattern names and has it checked. With --sha256 the user has done so already, so it may be
    /// missing.
    util::Status look_at(const std::string& pattern,
                         util::Status (Checks::*check)(const std::string&, const std::string&))
    {
        const auto url = wanted_.recipe->releases->expand(pattern, wanted_.version);
        const auto& network = session_.site.network;
        const releases::Terms terms{network.timing(), network.retry(), releases::github_token()};
        auto text = network.offline
                        ? util::Result<std::string>(util::fail(ErrorCode::source, url + ": not fetched: --offline"))
                        : releases::get_text(url, terms, largest_checksums, session_.stop);
        if (text)
            return (this->*check)(url, *text);
        auto error = std::move(text).error();
        if (error.code == ErrorCode::interrupted)
            return tl::unexpected(std::move(error));
        if (wanted_.sha256) {
            session_.events.on_event(event::Message{event::Message::Level::warning, "not checked: " + error.message});
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

    const Session& session_;
    const WantedRelease& wanted_;
    const source::Unpinned& archive_;
    std::vector<std::string> done_;
};

} // namespace

util::Result<std::vector<std::string>> check_published(const Session& session, const WantedRelease& wanted,
                                                       const source::Unpinned& archive)
{
    return Checks(session, wanted, archive).run();
}

} // namespace sf::app
