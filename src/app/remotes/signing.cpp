#include "app/remotes/signing.hpp"

#include "app/remotes/key_ring.hpp"
#include "cache/trust.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/files/mapped_file.hpp"
#include "util/files/private_copy.hpp"
#include "util/text.hpp"

#include <fcntl.h>

namespace sf::app {
namespace {

namespace fs = std::filesystem;
using util::ErrorCode;
using util::Result;
using util::Status;

fs::path beside(const fs::path& file, std::string_view suffix)
{
    auto path = file;
    path += suffix;
    return path;
}

/// Of a sum or signature; a signature of OpenPGP's has a few hundred bytes for each who signed.
constexpr std::uint64_t most_bytes_beside = std::uint64_t{64} << 10U;

/// A file that came along with another. It may be a link, as the other may.
Result<std::string> read_beside(const fs::path& file)
{
    SF_TRY(const auto fd, util::open_file(file, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    return util::read_bounded(fd.get(), most_bytes_beside, file.string());
}

/// Whether FILE.sha256 is there and has the sum. Error: it has another.
Result<bool> is_listed(const fs::path& file, const std::string& sha256)
{
    const auto sums = beside(file, ".sha256");
    if (!util::path_exists(sums))
        return false;
    SF_TRY(const auto text, read_beside(sums));
    for (const auto& line : util::split(text, '\n'))
        if (line == sha256 + "  " + file.filename().string())
            return true;
    return util::fail(ErrorCode::verify,
                      fmt::format("{} does not match the checksum in {}", file.string(), sums.string()),
                      "it is damaged or from another build: copy both files again");
}

} // namespace

Result<std::optional<cache::Signer>> find_signer(const Session& session, const SigningOptions& options)
{
    if (!options.gpg_key.empty())
        return std::optional(cache::openpgp_signer(options.gpg_key, options.password_file, session.stop));
    const auto file = options.key.empty() ? session.site.cache.signing_key : options.key;
    if (file.empty())
        return std::optional<cache::Signer>();
    SF_TRY(const auto password, read_password(options.password_file));
    SF_TRY(auto key, cache::SecretKey::load(file, password));
    return std::optional(cache::minisign_signer(std::move(key)));
}

Status sign_file(const cache::Signer& signer, const fs::path& file)
{
    SF_TRY(const auto contents, util::MappedFile::open(file));
    SF_TRY(const auto signature, signer.sign(contents.text(), "file:" + file.filename().string()));
    return util::write_file_atomic(beside(file, cache::suffix(signer.scheme)), signature);
}

Result<std::string> find_signer_of(const Session& session, const fs::path& file, std::string_view contents)
{
    std::optional<cache::KeyRing> ring;
    std::string signer;
    for (const auto scheme : cache::all_schemes) {
        const auto place = beside(file, cache::suffix(scheme));
        if (!util::path_exists(place))
            continue;
        SF_TRY(const auto signature, read_beside(place));
        if (!ring) {
            SF_TRY(ring, cache::KeyRing::load(session.site.keys()));
        }
        auto key = ring->verify(contents, signature);
        if (!key)
            return util::fail(std::move(key).error(), fmt::format("the signature of {}", file.string()));
        signer = std::move(key->name);
    }
    return signer;
}

Result<CheckedFile> check_file(const Session& session, const fs::path& file)
{
    SF_TRY(const auto contents, util::copy_privately(file));
    CheckedFile checked{file, util::sha256(contents.text()).to_hex(), false, {}};
    SF_TRY(checked.listed, is_listed(file, checked.sha256));
    SF_TRY(checked.signer, find_signer_of(session, file, contents.text()));
    return checked;
}

} // namespace sf::app
