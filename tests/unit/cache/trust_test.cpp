#include "cache/trust.hpp"

#include "fixture.hpp"
#include "util/process/process.hpp"

#include <sys/stat.h>

namespace sf::cache::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A key that stays the caller's.
Signer signer_of(const SecretKey& key)
{
    return {Scheme::minisign,
            [&key](std::string_view message, std::string_view comment) { return key.sign(message, comment); }};
}

/// minisign's own costs are a GiB and a second.
constexpr PasswordCost cheap{32768, 16777216};

class TrustTest : public CacheTest {
protected:
    [[nodiscard]] KeyRing ring() const { return must(KeyRing::load(root() / "keys")); }

    void trust(const SecretKey& key, const std::string& name = "site")
    {
        must(util::write_file_atomic(root() / "keys" / (name + ".pub"), key.public_key().to_text()));
    }

    std::string minisign(std::vector<std::string> arguments)
    {
        util::Command command;
        command.argv = std::move(arguments);
        command.argv.insert(command.argv.begin(), "minisign");
        command.directory = root();
        return must(util::run_checked(command));
    }

    SecretKey key_ = must(SecretKey::generate());
};

TEST_F(TrustTest, AKeyFileIsReadBack)
{
    const auto file = root() / "private" / "key";
    for (const std::string password : {"", "sesame"}) {
        stdfs::remove(file);
        must(key_.save(file, password, cheap));
        struct stat status = {};
        ASSERT_EQ(::stat(file.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777U, 0600U);
        EXPECT_EQ(must(SecretKey::needs_password(file)), !password.empty());
        const auto loaded = SecretKey::load(file, password);
        ASSERT_TRUE(loaded) << util::to_string(loaded.error());
        EXPECT_EQ(loaded->public_key(), key_.public_key());
    }
    const auto wrong = SecretKey::load(file, "simsala");
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("password"));
    EXPECT_FALSE(key_.save(file, "")) << "a key is not replaced";
    EXPECT_EQ(must(PublicKey::parse(key_.public_key().to_text())), key_.public_key());
}

TEST_F(TrustTest, RefusesWhatIsNoKey)
{
    const auto file = root() / "key";
    must(key_.save(file, ""));
    const auto text = must(util::read_file(file));
    for (const auto& other :
         {std::string(), std::string("one line"), std::string("a\nb\n"), text.substr(0, text.size() - 9),
          std::string(text).replace(text.size() - 100, 1, text[text.size() - 100] == 'A' ? "B" : "A")}) {
        must(util::write_file_atomic(file, other));
        const auto loaded = SecretKey::load(file, "");
        ASSERT_FALSE(loaded) << other;
        EXPECT_THAT(util::to_string(loaded.error()), Not(HasSubstr("RWQ")));
    }
    for (const std::string bad : {"", "RWQ", "untrusted comment: x\n", "untrusted comment: x\nnot base64\n"})
        EXPECT_FALSE(PublicKey::parse(bad)) << bad;
}

TEST_F(TrustTest, VerifiesWhatItSigned)
{
    trust(key_);
    const auto signature = must(key_.sign("message", "a comment"));
    const auto by = ring().verify("message", signature);
    ASSERT_TRUE(by) << util::to_string(by.error());
    EXPECT_EQ(by->name, "site");
    EXPECT_EQ(must(Signature::parse(signature)).trusted_comment, "a comment");
    EXPECT_FALSE(ring().verify("messagf", signature));
    auto comment = signature;
    comment.replace(comment.find("a comment"), 1, "b");
    EXPECT_FALSE(ring().verify("message", comment)) << "the comment is signed too";
    EXPECT_FALSE(key_.sign("message", "two\nlines"));
}

TEST_F(TrustTest, EveryByteOfASignatureCounts)
{
    trust(key_);
    const auto signature = must(key_.sign("message", "comment"));
    const auto begin = signature.find('\n'); // the untrusted comment may be anything
    for (std::size_t at = begin + 1; at < signature.size() - 1; ++at) {
        auto changed = signature;
        changed[at] = changed[at] == 'x' ? 'y' : 'x';
        EXPECT_FALSE(ring().verify("message", changed)) << at;
    }
    for (std::size_t size = 0; size < signature.size() - 1; ++size)
        EXPECT_FALSE(ring().verify("message", signature.substr(0, size))) << size;
}

TEST_F(TrustTest, OnlyKeysOfTheRingCount)
{
    EXPECT_TRUE(ring().keys().empty()) << "a ring that is not there";
    trust(must(SecretKey::generate()), "another");
    const auto refused = ring().verify("message", must(key_.sign("message", "")));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr(to_string(key_.public_key().id())));
    must(util::write_file_atomic(root() / "keys" / "note.txt", "not a key"));
    EXPECT_EQ(ring().keys().size(), 1U);
    must(util::write_file_atomic(root() / "keys" / "bad.pub", "not a key"));
    const auto bad = KeyRing::load(root() / "keys");
    ASSERT_FALSE(bad);
    EXPECT_THAT(util::to_string(bad.error()), HasSubstr("bad.pub"));
}

TEST_F(TrustTest, TwoKeysOfOneIdAreAnAttack)
{
    trust(key_);
    const PublicKey forged(key_.public_key().id(), must(SecretKey::generate()).public_key().bytes());
    must(util::write_file_atomic(root() / "keys" / "zz.pub", forged.to_text()));
    EXPECT_FALSE(KeyRing::load(root() / "keys"));
}

TEST_F(TrustTest, EntriesAreVerifiedWithTheirRemote)
{
    trust(key_);
    const auto remote = must(open_remote((root() / "cache").string(), {}));
    const auto packed = must(pack(layers(), make_action(), store::Coding::gzip, never_));
    must(remote->push(packed, "", never_));
    const auto found = must(remote->find(packed.entry.action.key, never_)).value();
    const auto unsigned_entry = verify_entry(*remote, found, ring(), never_);
    ASSERT_FALSE(unsigned_entry);
    EXPECT_EQ(unsigned_entry.error().code, util::ErrorCode::verify);
    EXPECT_THAT(unsigned_entry.error().message, HasSubstr("not signed"));

    must(remote->push(packed, must(sign_entry(signer_of(key_), packed)), never_));
    const auto by = verify_entry(*remote, found, ring(), never_);
    ASSERT_TRUE(by) << util::to_string(by.error());
    EXPECT_EQ(by->name, "site");

    const auto stranger = must(SecretKey::generate());
    must(remote->put_signature(packed.manifest_descriptor, must(sign_entry(signer_of(stranger), packed)), never_));
    EXPECT_FALSE(verify_entry(*remote, found, ring(), never_));

    auto altered = packed.entry;
    altered.action.version = "0.5.17";
    must(remote->put_signature(packed.manifest_descriptor,
                               must(sign_entry(signer_of(key_), pack(altered, std::vector<BlobSource>()))), never_));
    EXPECT_FALSE(verify_entry(*remote, found, ring(), never_)) << "the signature of another entry";
}

TEST_F(TrustTest, OnlyAGoodSignatureOfOnesOwnIsThere)
{
    const auto packed = must(pack(layers(), make_action(), store::Coding::gzip, never_));
    const auto& manifest = packed.manifest_descriptor;
    const auto remote = must(open_remote((root() / "cache").string(), {}));
    must(remote->push(packed, "", never_));
    const auto stranger = must(SecretKey::generate());
    const auto theirs = must(sign_entry(signer_of(stranger), packed));
    const auto ours = must(sign_entry(signer_of(key_), packed));
    const auto other = must(sign_manifest(signer_of(key_), util::sha256("another manifest"), ""));
    const auto minisign = minisign_signer(std::move(key_));
    const auto is_signed = [&] { return must(is_signed_by(minisign, *remote, manifest.digest, never_)); };
    EXPECT_FALSE(is_signed());
    for (const auto& bad : {std::string(), std::string("x"), ours.substr(0, ours.size() / 2), other, theirs}) {
        must(remote->put_signature(manifest, bad, never_));
        EXPECT_FALSE(is_signed()) << bad;
    }
    must(remote->put_signature(manifest, ours, never_));
    EXPECT_TRUE(is_signed());

    const auto openpgp = openpgp_signer("somebody", {}, never_);
    EXPECT_FALSE(must(is_signed_by(openpgp, *remote, manifest.digest, never_)));
    const std::string armored = "-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n";
    must(remote->put_signature(manifest, armored, never_));
    EXPECT_TRUE(must(is_signed_by(openpgp, *remote, manifest.digest, never_)));
    must(remote->put_signature(manifest, armored.substr(0, armored.size() / 2), never_));
    EXPECT_FALSE(must(is_signed_by(openpgp, *remote, manifest.digest, never_)));
    EXPECT_TRUE(is_signed()) << "each scheme has its own";
}

TEST_F(TrustTest, AgreesWithMinisign)
{
    if (!util::find_program("minisign"))
        GTEST_SKIP() << "minisign is not installed";
    // Ours, checked by minisign.
    must(util::write_file_atomic(root() / "message", "the message\n"));
    must(util::write_file_atomic(root() / "ours.pub", key_.public_key().to_text()));
    must(util::write_file_atomic(root() / "message.minisig", must(key_.sign("the message\n", "our comment"))));
    EXPECT_THAT(minisign({"-V", "-H", "-p", "ours.pub", "-m", "message"}), HasSubstr("our comment"));
    // Our secret key, used by minisign.
    must(key_.save(root() / "ours.key", ""));
    minisign({"-S", "-s", "ours.key", "-m", "message", "-t", "their comment"});
    trust(key_);
    EXPECT_TRUE(ring().verify("the message\n", must(util::read_file(root() / "message.minisig"))));
    // minisign's key, used and trusted by us.
    minisign({"-G", "-W", "-p", "theirs.pub", "-s", "theirs.key"});
    const auto theirs = must(SecretKey::load(root() / "theirs.key", ""));
    stdfs::copy_file(root() / "theirs.pub", root() / "keys" / "theirs.pub");
    EXPECT_EQ(must(ring().verify("x", must(theirs.sign("x", "")))).name, "theirs");
    minisign({"-S", "-s", "theirs.key", "-m", "message"});
    EXPECT_EQ(must(ring().verify("the message\n", must(util::read_file(root() / "message.minisig")))).name, "theirs");
    // The form from before prehashing is not taken.
    minisign({"-S", "-l", "-s", "theirs.key", "-m", "message"});
    EXPECT_FALSE(ring().verify("the message\n", must(util::read_file(root() / "message.minisig"))));
}

} // namespace
} // namespace sf::cache::testing
