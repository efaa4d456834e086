#include "cache/signature/openpgp.hpp"

#include "cache/trust.hpp"
#include "fixture.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"

#include <cstdlib>

namespace sf::cache::testing {
namespace {

using ::testing::HasSubstr;

/// Keys of a gpg of the test's own.
class OpenPgpTest : public CacheTest {
protected:
    void SetUp() override
    {
        if (!util::find_program("gpg") || !util::find_program("gpg-agent"))
            GTEST_SKIP() << "gpg or gpg-agent is not installed";
        // Short, as the agent's socket lies in it.
        home_ = must(util::TempDir::make("/tmp", "sf-gpg"));
        ASSERT_EQ(::setenv("GNUPGHOME", home_->path().c_str(), 1), 0);
        generate("site@example.org", "never");
    }
    void TearDown() override
    {
        if (home_)
            static_cast<void>(run({"gpgconf", "--kill", "gpg-agent"}));
    }

    std::string run(std::vector<std::string> argv) const
    {
        util::Command command;
        command.argv = std::move(argv);
        command.directory = root();
        return must(util::run_checked(command));
    }
    void generate(const std::string& user, const std::string& expires, std::vector<std::string> more = {}) const
    {
        std::vector<std::string> argv = {"gpg", "--batch", "--quiet", "--passphrase", ""};
        argv.insert(argv.end(), more.begin(), more.end());
        argv.insert(argv.end(), {"--quick-generate-key", user, "ed25519", "sign", expires});
        run(std::move(argv));
    }
    /// Puts the public key of the user into the ring.
    OpenPgpKey trust(const std::string& user, const std::string& name = "site") const
    {
        const auto file = root() / (name + ".exported");
        run({"gpg", "--batch", "--output", file.string(), "--export", user});
        auto key = must(OpenPgpKey::load(file));
        must(util::write_file_atomic(root() / "keys" / (name + ".asc"), key.text));
        return key;
    }
    [[nodiscard]] KeyRing ring() const { return must(KeyRing::load(root() / "keys")); }
    [[nodiscard]] std::string sign(const std::string& message, const std::string& user = "site@example.org") const
    {
        return must(openpgp_signer(user, {}, never_).sign(message, ""));
    }

    std::optional<util::TempDir> home_;
};

TEST_F(OpenPgpTest, VerifiesWhatGpgSigned)
{
    const auto key = trust("site@example.org");
    const auto signature = sign("message\n");
    EXPECT_EQ(scheme_of(signature), Scheme::openpgp);
    const auto by = ring().verify("message\n", signature);
    ASSERT_TRUE(by) << util::to_string(by.error());
    EXPECT_EQ(by->name, "site");
    EXPECT_EQ(by->id, key.fingerprint);
    EXPECT_FALSE(ring().verify("message", signature)) << "another message";
    auto altered = signature;
    const auto at = altered.find("\n\n") + 20;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(ring().verify("message\n", altered));
    EXPECT_FALSE(ring().verify("message\n", signature.substr(0, signature.size() / 2)));
}

TEST_F(OpenPgpTest, OnlyKeysOfTheRingCount)
{
    const auto signature = sign("message\n");
    const auto nobody = ring().verify("message\n", signature);
    ASSERT_FALSE(nobody);
    EXPECT_THAT(nobody.error().message, HasSubstr("the key ring has no OpenPGP key"));
    generate("other@example.org", "never");
    trust("other@example.org");
    const auto other = ring().verify("message\n", signature);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("is not in the key ring")) << "though the user's gpg has it";
}

TEST_F(OpenPgpTest, AnExpiredKeyDoesNotCount)
{
    const std::vector<std::string> then = {"--faked-system-time", "20200101T000000"};
    generate("old@example.org", "1d", then);
    trust("old@example.org", "old");
    must(util::write_file_atomic(root() / "message", "message\n"));
    run({"gpg", "--batch", "--faked-system-time", "20200101T010000", "--local-user", "old@example.org", "--armor",
         "--detach-sign", "message"});
    const auto refused = ring().verify("message\n", must(util::read_file(root() / "message.asc")));
    ASSERT_FALSE(refused);
    EXPECT_THAT(util::to_string(refused.error()), HasSubstr("expired"));
}

TEST_F(OpenPgpTest, RefusesWhatIsNotOnePublicKey)
{
    generate("other@example.org", "never");
    run({"gpg", "--batch", "--output", "both", "--export"});
    run({"gpg", "--batch", "--output", "secret", "--export-secret-keys", "site@example.org"});
    must(util::write_file_atomic(root() / "text", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"));
    EXPECT_THAT(OpenPgpKey::load(root() / "both").error().message, HasSubstr("holds 2"));
    EXPECT_THAT(OpenPgpKey::load(root() / "secret").error().message, HasSubstr("holds a secret key"));
    EXPECT_THAT(OpenPgpKey::load(root() / "text").error().message, HasSubstr("holds 0"));
}

TEST_F(OpenPgpTest, ARevokedKeyDoesNotCount)
{
    const auto key = trust("site@example.org");
    const auto signature = sign("message\n");
    EXPECT_TRUE(ring().verify("message\n", signature));
    const auto certificate = must(util::read_file(home_->path() / "openpgp-revocs.d" / (key.fingerprint + ".rev")));
    must(util::write_file_atomic(root() / "revocation", certificate.substr(certificate.find(":-----BEGIN") + 1)));
    run({"gpg", "--batch", "--quiet", "--import", "revocation"});
    must(util::remove_tree(root() / "site.exported"));
    trust("site@example.org");
    const auto refused = ring().verify("message\n", signature);
    ASSERT_FALSE(refused);
    EXPECT_THAT(util::to_string(refused.error()), HasSubstr("revoked"));
}

/// What a stranger's signature says of itself, in an armor header and in a notation, looks like gpg's status lines.
TEST_F(OpenPgpTest, ForgedStatusLinesDoNotCount)
{
    const auto key = trust("site@example.org");
    const auto good = fmt::format("[GNUPG:] GOODSIG {} site", key.fingerprint.substr(24));
    const auto valid = fmt::format("[GNUPG:] VALIDSIG {0} 2026-01-01 1 0 4 0 22 8 00 {0}", key.fingerprint);
    generate(fmt::format("x {} {}", good, valid), "never");
    must(util::write_file_atomic(root() / "message", "message\n"));
    run({"gpg", "--batch", "--local-user", "VALIDSIG", "--set-notation", "x@example.org=" + valid, "--comment", good,
         "--comment", valid, "--armor", "--detach-sign", "message"});
    const auto forged = must(util::read_file(root() / "message.asc"));
    ASSERT_THAT(forged, HasSubstr(valid));
    const auto refused = ring().verify("message\n", forged);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("is not in the key ring"));
}

TEST_F(OpenPgpTest, OfTwoSignaturesTheGoodOneSaysWhoSigned)
{
    const std::vector<std::string> then = {"--faked-system-time", "20200101T000000"};
    generate("old@example.org", "1d", then);
    generate("other@example.org", "never");
    trust("site@example.org");
    trust("old@example.org", "old");
    must(util::write_file_atomic(root() / "message", "message\n"));
    const auto sign_as = [&](const std::string& user, std::vector<std::string> more) {
        more.insert(more.begin(), {"gpg", "--batch", "--yes", "--local-user", user});
        more.insert(more.end(), {"--output", "part", "--detach-sign", "message"});
        run(std::move(more));
        return must(util::read_file(root() / "part"));
    };
    const auto armored = [&](const std::string& bytes) {
        must(util::write_file_atomic(root() / "both", bytes));
        run({"gpg", "--batch", "--yes", "--output", "both.asc", "--enarmor", "both"});
        return util::replace_all(must(util::read_file(root() / "both.asc")), "ARMORED FILE", "SIGNATURE");
    };
    const auto old = sign_as("old@example.org", {"--faked-system-time", "20200101T010000"});
    const auto site = sign_as("site@example.org", {});
    const auto by = ring().verify("message\n", armored(old + site));
    ASSERT_TRUE(by) << util::to_string(by.error());
    EXPECT_EQ(by->name, "site");
    EXPECT_FALSE(ring().verify("message\n", armored(old + old)));
    EXPECT_FALSE(ring().verify("message\n", armored(sign_as("other@example.org", {}))));
    EXPECT_FALSE(ring().verify("another message\n", armored(site + old)));
}

/// gpg must not take a message that the key signed at some time, with the message in it, for a signature of this one.
TEST_F(OpenPgpTest, AMessageWithItsSignatureInsideIsNoSignatureOfAnother)
{
    trust("site@example.org");
    must(util::write_file_atomic(root() / "letter", "dear\n"));
    run({"gpg", "--batch", "--local-user", "site@example.org", "--armor", "--output", "inline", "--sign", "letter"});
    run({"gpg", "--batch", "--local-user", "site@example.org", "--output", "clear", "--clear-sign", "letter"});
    const auto inside = must(util::read_file(root() / "inline"));
    for (const auto& text :
         {inside, util::replace_all(inside, "PGP MESSAGE", "PGP SIGNATURE"), must(util::read_file(root() / "clear"))}) {
        EXPECT_FALSE(ring().verify("message\n", text)) << text;
        EXPECT_FALSE(ring().verify("dear\n", text)) << text;
    }
}

TEST_F(OpenPgpTest, WhatIsHugeOrEmptyIsRefused)
{
    const auto signature = sign("message\n");
    trust("site@example.org");
    const std::string begin = "-----BEGIN PGP SIGNATURE-----\n\n";
    const std::string end = "\n-----END PGP SIGNATURE-----\n";
    for (const auto& body : {std::string(), std::string(longest_signature, 'A'), std::string(longest_signature, '\n'),
                             std::string(longest_signature, '\xFF')}) {
        const auto refused = ring().verify("message\n", begin + body + end);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, util::ErrorCode::verify);
    }
    must(util::write_file_atomic(root() / "huge", std::string(longest_key + 1, 'A')));
    EXPECT_THAT(OpenPgpKey::load(root() / "huge").error().message, HasSubstr("is larger than 1"));
}

TEST_F(OpenPgpTest, TheUsersOwnGpgHasNoSay)
{
    trust("site@example.org");
    const auto signature = sign("message\n");
    must(util::write_file_atomic(home_->path() / "gpg.conf", "no-such-option\nlogger-fd 1\nstatus-fd 2\n"));
    EXPECT_TRUE(ring().verify("message\n", signature));
    ASSERT_EQ(::setenv("GNUPGHOME", "/dev/null", 1), 0);
    EXPECT_TRUE(ring().verify("message\n", signature));
    ASSERT_EQ(::setenv("GNUPGHOME", home_->path().c_str(), 1), 0);
    must(util::remove_tree(home_->path() / "gpg.conf"));
}

TEST_F(OpenPgpTest, WithoutGpgNothingIsVerified)
{
    trust("site@example.org");
    const auto signature = sign("message\n");
    const auto keys = ring();
    const std::string path = std::getenv("PATH");
    ASSERT_EQ(::setenv("PATH", root().c_str(), 1), 0);
    const auto refused = keys.verify("message\n", signature);
    const auto loaded = KeyRing::load(root() / "keys");
    ASSERT_EQ(::setenv("PATH", path.c_str(), 1), 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, util::ErrorCode::failure);
    EXPECT_THAT(refused.error().message, HasSubstr("OpenPGP needs the program gpg"));
    EXPECT_FALSE(loaded);
}

TEST_F(OpenPgpTest, SaysWhatGpgSays)
{
    const auto signature = openpgp_signer("nobody@example.org", {}, never_).sign("message", "");
    ASSERT_FALSE(signature);
    EXPECT_THAT(signature.error().message, HasSubstr("nobody@example.org"));
    EXPECT_THAT(signature.error().message, HasSubstr("No secret key"));
}

TEST_F(OpenPgpTest, OneGoodSignatureOfAnEntryIsEnough)
{
    const auto packed = must(pack(layers(), make_action(), store::Coding::gzip, never_));
    const auto remote = must(open_remote((root() / "cache").string(), {}));
    const auto minisign = must(SecretKey::generate());
    const Signer stranger{Scheme::minisign, [&](std::string_view message, std::string_view comment) {
                              return minisign.sign(message, comment);
                          }};
    must(remote->push(packed, must(sign_entry(stranger, packed)), never_));
    const auto found = must(remote->find(packed.entry.action.key, never_)).value();
    trust("site@example.org");
    EXPECT_FALSE(verify_entry(*remote, found, ring(), never_));
    must(remote->put_signature(packed.manifest_descriptor,
                               must(sign_entry(openpgp_signer("site@example.org", {}, never_), packed)), never_));
    const auto by = verify_entry(*remote, found, ring(), never_);
    ASSERT_TRUE(by) << util::to_string(by.error());
    EXPECT_EQ(by->name, "site");
}

} // namespace
} // namespace sf::cache::testing
