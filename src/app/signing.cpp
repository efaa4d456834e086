#include "app/signing.hpp"

#include "app/keys.hpp"
#include "cache/trust.hpp"
#include "util/fs.hpp"
#include "util/mapped_file.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <system_error>

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

/// Whether FILE.sha256 is there and has the sum. Error: it has another.
Result<bool> is_listed(const fs::path& file, const std::string& sha256)
{
    const auto sums = beside(file, ".sha256");
    if (!util::path_exists(sums))
        return false;
    SF_TRY(const auto text, util::read_file(sums));
    for (const auto& line : util::split(text, '\n'))
        if (line == sha256 + "  " + file.filename().string())
            return true;
    return util::fail(ErrorCode::verify,
                      fmt::format("{} does not have the sum that is in {}", file.string(), sums.string()),
                      "it is damaged or from elsewhere: get both files again");
}

} // namespace

Result<std::optional<cache::Signer>> find_signer(const Context& context, const SigningOptions& options)
{
    if (!options.gpg_key.empty())
        return std::optional(cache::openpgp_signer(options.gpg_key, options.password_file, context.stop));
    const auto file = options.key.empty() ? context.site.cache.signing_key : options.key;
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

void remove_signatures(const fs::path& file)
{
    for (const auto scheme : cache::all_schemes)
        ::unlink(beside(file, cache::suffix(scheme)).c_str());
}

Result<CheckedFile> check_file(const Context& context, const fs::path& file)
{
    SF_TRY(const auto digest, util::sha256_file(file));
    CheckedFile checked{file, digest.to_hex(), false, {}};
    SF_TRY(checked.listed, is_listed(file, checked.sha256));
    SF_TRY(const auto ring, cache::KeyRing::load(context.site.keys()));
    std::error_code error;
    SF_TRY(const auto contents, util::MappedFile::open(fs::canonical(file, error)));
    for (const auto scheme : cache::all_schemes) {
        const auto place = beside(file, cache::suffix(scheme));
        if (!util::path_exists(place))
            continue;
        SF_TRY(const auto signature, util::read_file(place));
        auto key = ring.verify(contents.text(), signature);
        if (!key)
            return util::fail(std::move(key).error(), fmt::format("the signature of {}", file.string()));
        checked.signer = key->name;
    }
    return checked;
}

} // namespace sf::app
