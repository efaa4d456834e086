#include "cache/signature/openpgp.hpp"

#include "cache/signature/openpgp_status.hpp"
#include "util/files/directory.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/process/install_hint.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <chrono>
#include <mutex>
#include <optional>

namespace sf::cache {
namespace {

namespace stdfs = std::filesystem;
using util::ErrorCode;
using util::Result;
using util::Status;

constexpr std::size_t quoted_lines = 5;

/// What gpg may take to look at keys and signatures; some of them are made to keep it busy.
constexpr std::chrono::seconds longest_look{60};

Result<util::CommandResult> gpg(std::vector<std::string> arguments, const util::StopToken& stop = {},
                                std::optional<std::chrono::seconds> timeout = longest_look)
{
    if (!util::find_program("gpg"))
        return util::fail(ErrorCode::failure, "OpenPGP needs the program gpg", util::how_to_install("gpg", "gnupg2"));
    util::Command command;
    command.argv = {"gpg", "--batch", "--no-tty", "--quiet"};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.environment_changes = {{"LC_ALL", "C"}};
    command.stop = stop;
    command.timeout = timeout;
    return util::run(command);
}

/// The options for a home that is nobody's: no configuration, no agent, no network.
std::vector<std::string> in_home(const stdfs::path& home, std::vector<std::string> more)
{
    std::vector<std::string> options = {"--homedir",     home.string(), "--no-options",        "--no-autostart",
                                        "--trust-model", "always",      "--no-auto-key-locate"};
    options.insert(options.end(), more.begin(), more.end());
    return options;
}

/// A home with no key in it.
Result<util::TempDir> make_home()
{
    SF_TRY(const auto temporary, util::temporary_directory());
    SF_TRY(auto home, util::TempDir::make(temporary, "sf-gpg"));
    // Makes the trust database, though of nothing: without one gpg gives up at keys that have expired.
    SF_TRY(const auto made,
           gpg({"--homedir", home.path().string(), "--no-options", "--no-autostart", "--import-ownertrust"}));
    if (made.exit_code != 0)
        return util::fail(ErrorCode::failure, "gpg does not work here:\n    " + made.output);
    return home;
}

std::string last_words(const util::CommandResult& result)
{
    return "\n    " + util::replace_all(util::last_lines(result.output, quoted_lines), "\n", "\n    ");
}

} // namespace

Result<OpenPgpKey> OpenPgpKey::load(const stdfs::path& file)
{
    SF_TRY(const auto bytes, util::read_named_file(file, longest_key));
    return parse(bytes, file.string());
}

Result<OpenPgpKey> OpenPgpKey::parse(std::string_view bytes, const std::string& name)
{
    SF_TRY(const auto home, make_home());
    const auto file = home.path() / "key";
    SF_CHECK(util::write_file_atomic(file, bytes));
    SF_TRY(const auto shown,
           gpg(in_home(home.path(), {"--with-colons", "--import-options", "show-only", "--import", file.string()})));
    OpenPgpKey key;
    unsigned primary = 0;
    for (const auto& line : util::split(shown.output, '\n')) {
        const auto fields = util::split(line, ':');
        constexpr std::size_t fingerprint_field = 9;
        if (fields.front() == "sec")
            return util::fail(ErrorCode::recipe, fmt::format("{} holds a secret key", name),
                              "export the public one: gpg --armor --export");
        primary += fields.front() == "pub" ? 1 : 0;
        if (fields.front() == "fpr" && key.fingerprint.empty() && fields.size() > fingerprint_field)
            key.fingerprint = fields[fingerprint_field];
    }
    if (primary != 1 || key.fingerprint.empty())
        return util::fail(ErrorCode::recipe,
                          fmt::format("{} holds {} OpenPGP public keys, and one is wanted", name, primary),
                          "export one: gpg --armor --export KEY");
    key.text = std::string(bytes);
    if (scheme_of(key.text) == Scheme::openpgp) // armored
        return key;
    SF_TRY(const auto imported, gpg(in_home(home.path(), {"--import", file.string()})));
    SF_TRY(const auto exported,
           gpg(in_home(home.path(), {"--logger-file", "/dev/null", "--armor", "--export", key.fingerprint})));
    if (imported.exit_code != 0 || exported.exit_code != 0)
        return util::fail(ErrorCode::recipe, fmt::format("gpg does not take {}:{}", name,
                                                         last_words(imported.exit_code != 0 ? imported : exported)));
    key.text = exported.output;
    return key;
}

struct OpenPgpKeys::State {
    std::vector<OpenPgpKey> keys;
    std::mutex mutex; ///< gpg's files are used by one gpg at a time
    std::optional<util::TempDir> home;

    Status prepare()
    {
        if (home)
            return {};
        SF_TRY(auto made, make_home());
        const auto file = made.path() / "keys.asc";
        for (const auto& key : keys) {
            SF_CHECK(util::write_file_atomic(file, key.text));
            SF_TRY(const auto imported, gpg(in_home(made.path(), {"--import", file.string()})));
            if (imported.exit_code != 0)
                return util::fail(ErrorCode::recipe, "gpg does not take a key of the ring:" + last_words(imported));
        }
        home = std::move(made);
        return {};
    }
};

OpenPgpKeys::OpenPgpKeys() : OpenPgpKeys(std::vector<OpenPgpKey>()) {}
OpenPgpKeys::OpenPgpKeys(std::vector<OpenPgpKey> keys) : state_(std::make_unique<State>())
{
    state_->keys = std::move(keys);
}
OpenPgpKeys::OpenPgpKeys(OpenPgpKeys&&) noexcept = default;
OpenPgpKeys& OpenPgpKeys::operator=(OpenPgpKeys&&) noexcept = default;
OpenPgpKeys::~OpenPgpKeys() = default;

Result<std::string> OpenPgpKeys::verify(std::string_view message, std::string_view signature) const
{
    if (state_->keys.empty())
        return util::fail(ErrorCode::verify, "it is signed with OpenPGP, and the key ring has no OpenPGP key",
                          "if you trust the signer, add the public key to the key ring");
    const std::lock_guard lock(state_->mutex);
    SF_CHECK(state_->prepare());
    const auto& home = state_->home->path();
    SF_CHECK(util::write_file_atomic(home / "message", message));
    SF_CHECK(util::write_file_atomic(home / "message.asc", signature));
    // What gpg says in words may quote the signer; its status lines are what counts.
    SF_TRY(const auto result, gpg(in_home(home, {"--logger-file", "/dev/null", "--status-fd", "1", "--verify",
                                                 (home / "message.asc").string(), (home / "message").string()})));
    auto [signer, missing] = read_status(result.output);
    if (result.exit_code != 0 || !signer) {
        return util::fail(ErrorCode::verify,
                          missing
                              ? fmt::format("it is signed with OpenPGP key {}, which is not in the key ring", *missing)
                              : std::string("its OpenPGP signature is not a good one of a key of the ring"),
                          missing ? "if you trust the key's owner, add it to the key ring"
                                  : "it was altered, or the key has expired or was revoked");
    }
    return std::move(*signer);
}

Signer openpgp_signer(std::string user, stdfs::path password_file, util::StopToken stop)
{
    const auto sign = [user = std::move(user), password_file = std::move(password_file), stop = std::move(stop)](
                          std::string_view message, std::string_view /*comment*/) -> Result<std::string> {
        SF_TRY(const auto temporary, util::temporary_directory());
        SF_TRY(const auto directory, util::TempDir::make(temporary, "sf-gpg"));
        const auto file = directory.path() / "message";
        SF_CHECK(util::write_file_atomic(file, message));
        std::vector<std::string> arguments = {"--yes", "--armor", "--detach-sign", "--local-user", user};
        if (!password_file.empty())
            arguments.insert(arguments.begin(),
                             {"--pinentry-mode", "loopback", "--passphrase-file", password_file.string()});
        arguments.push_back(file.string());
        SF_TRY(const auto result, gpg(std::move(arguments), stop, std::nullopt)); // somebody may have to type
        if (result.exit_code != 0)
            return util::fail(ErrorCode::usage, fmt::format("gpg does not sign as '{}':{}", user, last_words(result)),
                              "'gpg --list-secret-keys' shows whose keys there are");
        return util::read_foreign_file(file.string() + ".asc", longest_signature);
    };
    // The form only: more would take a gpg for each signature, and whose key `user` stands for.
    const auto is_good = [](std::string_view /*message*/, std::string_view signature) {
        return scheme_of(signature) == Scheme::openpgp &&
               util::trim(signature).ends_with("-----END PGP SIGNATURE-----");
    };
    return {Scheme::openpgp, sign, is_good};
}

} // namespace sf::cache
