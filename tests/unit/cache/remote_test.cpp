#include "cache/remote/remote.hpp"

#include "cache/oci/base_image.hpp"
#include "cache/remote/authentication.hpp"
#include "cache/remote/registry.hpp"
#include "cache/trust.hpp"
#include "fixture.hpp"
#include "test_process.hpp"
#include "util/process/process.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

namespace sf::cache::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr const char* credentials = R"({"auths":{"HOST":{"auth":"cm9ib3Q6c2VzYW1l"}}})"; // robot:sesame

class RemoteTest : public CacheTest {
protected:
    RemoteTest()
    {
        options_.timing = {.connect_timeout = 2s, .stall_timeout = 1s};
        options_.retry = {.retries = 3, .first_pause = 5ms};
        options_.chunk_bytes = 50'000;
    }

    [[nodiscard]] std::unique_ptr<Remote> open(const std::string& where) { return must(open_remote(where, options_)); }

    /// All that a remote is for, and back.
    void exercise(Remote& writer, Remote& reader)
    {
        const auto packed = must(pack(layers(), make_action("munge", 300'000), store::Coding::gzip, never_));
        const auto other = must(pack(layers(), make_action("zlib", 2'000), store::Coding::zstd, never_));
        must(writer.push(packed, "the signature", never_));
        must(writer.push(other, "", never_));
        must(writer.finish(never_));
        EXPECT_THAT(must(reader.list(never_)), UnorderedElementsAre(packed.entry.action.key, other.entry.action.key));
        EXPECT_FALSE(must(reader.find(util::sha256("nothing"), never_)));
        const auto found = must(reader.find(packed.entry.action.key, never_));
        ASSERT_TRUE(found);
        EXPECT_EQ(found->manifest, packed.manifest_descriptor.digest);
        EXPECT_EQ(manifest_text(found->entry), packed.manifest);
        EXPECT_EQ(must(reader.find_signature(found->manifest, Scheme::minisign, never_)), "the signature");
        EXPECT_EQ(must(reader.find_signature(other.manifest_descriptor.digest, Scheme::minisign, never_)),
                  std::nullopt);
        const auto found_other = must(reader.find(other.entry.action.key, never_));
        ASSERT_TRUE(found_other);
        EXPECT_EQ(found_other->entry.coding(), store::Coding::zstd);
        for (const auto& entry : {found->entry, found_other->entry})
            for (const auto& layer : entry.layers)
                fetch(reader, layer.blob);
        const std::string openpgp = "-----BEGIN PGP SIGNATURE-----\n";
        must(writer.put_signature(packed.manifest_descriptor, openpgp, never_));
        EXPECT_EQ(must(reader.find_signature(found->manifest, Scheme::openpgp, never_)), openpgp);
        EXPECT_EQ(must(reader.find_signature(found->manifest, Scheme::minisign, never_)), "the signature");
        exercise_images(writer, reader);
    }

    void exercise_images(Remote& writer, Remote& reader)
    {
        const BlobSource layer(layer_media_type(store::Coding::gzip), sample_bytes(1000));
        const auto image =
            pack_base_image({"bookworm", util::sha256("recipe"), util::sha256("tree"), 1, "2026-01-02T03:04:05Z", {}},
                            {layer, util::sha256("tar"), "base"});
        must(writer.push_image(image, never_));
        must(writer.finish(never_));
        EXPECT_EQ(must(reader.find_image(image.tag, never_)), image.manifest);
        EXPECT_EQ(must(reader.find_image("no-such-tag", never_)), std::nullopt);
        EXPECT_EQ(must(reader.list(never_)).size(), 2U) << "an image is no entry";
        fetch(reader, layer.descriptor());
    }

    void fetch(Remote& remote, const Descriptor& blob)
    {
        stdfs::remove(file_);
        must(remote.fetch_blob(blob, file_, never_, {}));
        EXPECT_EQ(stdfs::file_size(file_), blob.size);
        EXPECT_EQ(must(util::sha256_file(file_)), blob.digest);
    }

    /// Verify is the blob's own fault, source the remote's: nothing else is asked of it then.
    std::optional<util::ErrorCode> fault_of(Remote& remote, const Descriptor& blob)
    {
        const auto fetched = remote.fetch_blob(blob, file_, never_, {});
        return fetched ? std::nullopt : std::optional(fetched.error().code);
    }

    RemoteOptions options_;
    stdfs::path file_ = root() / "blob";
};

TEST_F(RemoteTest, ADirectory)
{
    const auto remote = open("file://" + (root() / "cache").string());
    EXPECT_FALSE(remote->find(util::sha256("nothing"), never_))
        << "a directory that is not mounted is not an empty cache";
    exercise(*remote, *remote);
    EXPECT_EQ(remote->name(), (root() / "cache").string());
}

TEST_F(RemoteTest, SkopeoReadsADirectory)
{
    if (!util::find_program("skopeo"))
        GTEST_SKIP() << "skopeo is not installed";
    const auto remote = open((root() / "cache").string());
    for (const auto coding : {store::Coding::gzip, store::Coding::zstd}) {
        const auto packed = must(pack(layers(), make_action(layer_media_type(coding)), coding, never_));
        must(remote->push(packed, "", never_));
        must(remote->finish(never_));
        const auto image = "oci:" + (root() / "cache").string() + ":" + packed.entry.action.key.to_hex();
        util::Command inspect{.argv = {"skopeo", "inspect", image}};
        const auto seen = nlohmann::json::parse(must(util::run_checked(inspect)));
        EXPECT_EQ(seen["Digest"], "sha256:" + packed.manifest_descriptor.digest.to_hex());
        EXPECT_EQ(seen["Layers"].size(), 3U);
        EXPECT_EQ(seen["Architecture"], "amd64");
        const auto place = root() / "copy";
        util::Command copy{.argv = {"skopeo", "copy", "--insecure-policy", image, "dir:" + place.string()}};
        must(util::run_checked(copy));
        EXPECT_EQ(must(util::read_file(place / "manifest.json")), packed.manifest);
        must(util::remove_tree(place));
    }
}

TEST_F(RemoteTest, ADirectoryWithDamage)
{
    const auto remote = open((root() / "cache").string());
    const auto packed = must(pack(layers(), make_action(), store::Coding::gzip, never_));
    must(remote->push(packed, "", never_));
    const auto& blob = packed.entry.layers.front().blob;
    const auto place = root() / "cache" / "blobs" / "sha256" / blob.digest.to_hex();
    auto bytes = must(util::read_file(place));
    bytes[10] = static_cast<char>(bytes[10] ^ 1);
    must(util::write_file_atomic(place, bytes));
    EXPECT_EQ(fault_of(*remote, blob), util::ErrorCode::verify);
    EXPECT_FALSE(stdfs::exists(file_));
    stdfs::resize_file(place, 10);
    EXPECT_EQ(fault_of(*remote, blob), util::ErrorCode::verify);
    stdfs::remove(file_);
    must(util::write_file_atomic(place, bytes + "more"));
    EXPECT_EQ(fault_of(*remote, blob), util::ErrorCode::verify);
    stdfs::remove(place);
    EXPECT_EQ(fault_of(*remote, blob), util::ErrorCode::verify);
}

TEST_F(RemoteTest, ASizeThatIsNotTheBlobsIsDamageAndNoFullDisk)
{
    const auto remote = open((root() / "cache").string());
    const auto packed = must(pack(layers(), make_action(), store::Coding::gzip, never_));
    must(remote->push(packed, "", never_));
    auto blob = packed.entry.layers.front().blob;
    blob.size = std::uint64_t{1} << 60U;
    EXPECT_EQ(fault_of(*remote, blob), util::ErrorCode::verify);
    EXPECT_FALSE(stdfs::exists(file_));
}

TEST_F(RemoteTest, AWebServer)
{
    const TestServer server({"http_server.py", (root() / "cache").string(), (root() / "log").string()});
    const auto writer = open((root() / "cache").string());
    const auto reader = open("http://robot:sesame@" + server.address() + "/ok/");
    exercise(*writer, *reader);
    EXPECT_EQ(reader->name(), "http://***@" + server.address() + "/ok");
    const auto packed = must(pack(layers(), make_action(), store::Coding::gzip, never_));
    const auto pushed = reader->push(packed, "", never_);
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().code, util::ErrorCode::usage);
    EXPECT_THAT(util::to_string(pushed.error()), Not(HasSubstr("sesame")));
}

TEST_F(RemoteTest, AWebServerThatMisbehaves)
{
    const TestServer server({"http_server.py", (root() / "cache").string(), (root() / "log").string()});
    const auto writer = open((root() / "cache").string());
    const auto packed = must(pack(layers(), make_action("munge", 300'000), store::Coding::gzip, never_));
    must(writer->push(packed, "", never_));
    const auto& key = packed.entry.action.key;
    const auto& blob = packed.entry.layers.front().blob;
    const auto at = [&](const std::string& path) { return open("http://" + server.address() + path); };
    for (const std::string good : {"/flaky/1", "/norange", "/nolength", "/redirect", "/drop/100000"}) {
        EXPECT_TRUE(must(at(good)->find(key, never_))) << good;
        fetch(*at(good), blob);
    }
    for (const auto& [bad, fault] : std::map<std::string, util::ErrorCode>{{"/wrong", util::ErrorCode::verify},
                                                                           {"/huge", util::ErrorCode::verify},
                                                                           {"/status/500", util::ErrorCode::source},
                                                                           {"/status/403", util::ErrorCode::source},
                                                                           {"/stall/10", util::ErrorCode::source},
                                                                           {"/slow/1", util::ErrorCode::source},
                                                                           {"/endless", util::ErrorCode::verify}}) {
        stdfs::remove(file_);
        options_.retry.retries = 1;
        const auto found = at(bad)->find(key, never_);
        EXPECT_FALSE(found) << bad;
        EXPECT_EQ(fault_of(*at(bad), blob), fault) << bad;
    }
}

TEST_F(RemoteTest, AWebServerWithOneBadBlob)
{
    const TestServer server({"http_server.py", (root() / "cache").string(), (root() / "log").string()});
    const auto packed = must(pack(layers(), make_action("munge", 300'000), store::Coding::gzip, never_));
    must(open((root() / "cache").string())->push(packed, "", never_));
    const auto& blob = packed.entry.layers.front().blob;
    const auto place = root() / "cache" / "blobs" / "sha256" / blob.digest.to_hex();
    const auto bytes = must(util::read_file(place));
    for (const std::string mode : {"/ok", "/norange", "/nolength"}) {
        SCOPED_TRACE(mode);
        const auto remote = open("http://" + server.address() + mode);
        for (const auto& bad : {bytes.substr(0, 1000), bytes + "more", std::string(bytes.size(), 'x'), std::string()}) {
            must(util::write_file_atomic(place, bad));
            stdfs::remove(file_);
            EXPECT_EQ(fault_of(*remote, blob), util::ErrorCode::verify) << bad.size();
            // Beginnings of an earlier try: the right one, all that the server has, and another one.
            for (const auto& begun : {bytes.substr(0, 500), bytes.substr(0, 1000), std::string(2000, 'y')}) {
                must(util::write_file_atomic(file_, begun));
                EXPECT_EQ(fault_of(*remote, blob), util::ErrorCode::verify) << bad.size();
            }
        }
        stdfs::remove(place);
        EXPECT_EQ(fault_of(*remote, blob), util::ErrorCode::verify) << "missing";
        must(util::write_file_atomic(place, bytes));
        must(util::write_file_atomic(file_, std::string(2000, 'y')));
        fetch(*remote, blob);
    }
}

TEST_F(RemoteTest, KnowsPlacesByTheirForm)
{
    EXPECT_TRUE(open_remote("/srv/cache", {}));
    EXPECT_TRUE(open_remote("https://host/cache", {}));
    EXPECT_EQ(open("oci://host:5000/group/slurm-factory")->name(), "oci://host:5000/group/slurm-factory");
    for (const std::string bad : {"srv/cache", "ftp://host/x", "", "oci://", "oci://host", "oci://host/UPPER",
                                  "oci://host/a/../b", "oci://host/a?b", "oci://ho st/a", "oci://host:port/a"}) {
        const auto remote = open_remote(bad, {});
        ASSERT_FALSE(remote) << bad;
        EXPECT_EQ(remote.error().code, util::ErrorCode::usage);
    }
    const auto secret = open_remote("oci://robot:sesame@host/a", {});
    ASSERT_FALSE(secret);
    EXPECT_THAT(util::to_string(secret.error()), Not(HasSubstr("sesame")));
    EXPECT_EQ(must(RegistryAddress::parse("oci://host/a")).origin(), "https://host");
    EXPECT_EQ(must(RegistryAddress::parse("oci://host/a?plain-http")).origin(), "http://host");
    EXPECT_EQ(must(RegistryAddress::parse("oci://localhost:5000/a")).origin(), "http://localhost:5000");
    EXPECT_EQ(must(RegistryAddress::parse("oci://127.0.0.1/a")).origin(), "http://127.0.0.1");
    EXPECT_EQ(must(RegistryAddress::parse("oci://[::1]:5000/a")).origin(), "http://[::1]:5000");
    EXPECT_EQ(must(RegistryAddress::parse("oci://127.0.0.1.example.org/a")).origin(), "https://127.0.0.1.example.org");
}

class RegistryTest : public RemoteTest {
protected:
    RegistryTest()
    {
        must(util::write_file_atomic(root() / "empty.json", "{}"));
        must(util::write_file_atomic(
            root() / "auth.json",
            std::string(credentials).replace(std::string(credentials).find("HOST"), 4, server_.address())));
        options_.credential_files = {root() / "missing.json", root() / "empty.json", root() / "auth.json"};
    }

    [[nodiscard]] std::unique_ptr<Remote> repository(const std::string& name)
    {
        return open("oci://" + server_.address() + "/" + name);
    }

    [[nodiscard]] std::vector<nlohmann::json> requests() const
    {
        std::vector<nlohmann::json> requests;
        std::ifstream log(root() / "log");
        for (std::string line; std::getline(log, line);)
            requests.push_back(nlohmann::json::parse(line));
        return requests;
    }

    [[nodiscard]] std::size_t count(const std::string& method, const std::string& part) const
    {
        std::size_t found = 0;
        for (const auto& request : requests())
            found += request["method"] == method && request["path"].get<std::string>().find(part) != std::string::npos
                         ? 1
                         : 0;
        return found;
    }

    Packed pushed(Remote& remote, std::size_t size = 300'000)
    {
        auto packed = must(pack(layers(), make_action("munge", size), store::Coding::gzip, never_));
        must(remote.push(packed, "", never_));
        return packed;
    }

    TestServer server_{{"registry_server.py", (root() / "log").string()}};
};

TEST_F(RegistryTest, RoundTrip)
{
    for (const std::string name : {"good/cache", "basic/cache", "token/cache", "flaky/cache", "interrupt/cache",
                                   "forget/cache", "cut/cache", "elsewhere/cache", "pages/cache"}) {
        SCOPED_TRACE(name);
        const auto writer = repository(name);
        const auto reader = repository(name);
        exercise(*writer, *reader);
    }
}

TEST_F(RegistryTest, SendsNothingTwice)
{
    const auto remote = repository("good/cache");
    pushed(*remote);
    const auto uploads = count("POST", "/uploads/");
    EXPECT_EQ(uploads, 4U) << "a config and three layers";
    pushed(*remote);
    EXPECT_EQ(count("POST", "/uploads/"), uploads);
}

TEST_F(RegistryTest, ContinuesAnUpload)
{
    const auto remote = repository("interrupt/cache");
    pushed(*remote, 500'000);
    EXPECT_GE(count("GET", "/blobs/uploads/"), 3U) << "asked where to go on after each cut";
    EXPECT_EQ(count("POST", "/blobs/uploads/"), 4U) << "none was begun anew";
}

TEST_F(RegistryTest, ContinuesADownload)
{
    const auto remote = repository("cut/cache");
    const auto packed = pushed(*remote);
    const auto& blob = packed.entry.layers.front().blob;
    options_.retry.retries = 0;
    const auto impatient = repository("cut/cache");
    EXPECT_FALSE(impatient->fetch_blob(blob, file_, never_, {}));
    EXPECT_EQ(stdfs::file_size(file_), 100'000U) << "kept";
    EXPECT_FALSE(impatient->fetch_blob(blob, file_, never_, {}));
    EXPECT_FALSE(impatient->fetch_blob(blob, file_, never_, {}));
    must(impatient->fetch_blob(blob, file_, never_, {}));
    EXPECT_EQ(must(util::sha256_file(file_)), blob.digest);
    EXPECT_EQ(requests().back()["range"], "bytes=300000-");
}

TEST_F(RegistryTest, DoesNotTakeAnotherBeginning)
{
    const auto remote = repository("good/cache");
    const auto packed = pushed(*remote);
    const auto& blob = packed.entry.layers.front().blob;
    must(util::write_file_atomic(file_, "not the beginning"));
    must(remote->fetch_blob(blob, file_, never_, {}));
    EXPECT_EQ(must(util::sha256_file(file_)), blob.digest);
    must(util::write_file_atomic(file_, std::string(blob.size, 'x')));
    must(remote->fetch_blob(blob, file_, never_, {}));
    EXPECT_EQ(must(util::sha256_file(file_)), blob.digest);
    must(util::write_file_atomic(file_, std::string(blob.size + 1, 'x')));
    must(remote->fetch_blob(blob, file_, never_, {}));
    EXPECT_EQ(must(util::sha256_file(file_)), blob.digest);
}

TEST_F(RegistryTest, ARegistryThatLies)
{
    const auto remote = repository("lie/cache");
    const auto packed = pushed(*remote);
    const auto fetched = remote->fetch_blob(packed.entry.layers.front().blob, file_, never_, {});
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, util::ErrorCode::verify);
    EXPECT_THAT(fetched.error().message, HasSubstr("damaged"));
    EXPECT_FALSE(stdfs::exists(file_));
}

TEST_F(RegistryTest, ARegistryThatSendsTooMuch)
{
    options_.retry.retries = 0;
    const auto remote = repository("long/cache");
    const auto packed = pushed(*remote);
    const auto& blob = packed.entry.layers.front().blob;
    const auto fetched = remote->fetch_blob(blob, file_, never_, {});
    EXPECT_TRUE(!fetched || must(util::sha256_file(file_)) == blob.digest);
    EXPECT_LE(stdfs::file_size(file_), blob.size);
    const auto found = repository("flood/cache")->find(packed.entry.action.key, never_);
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message, HasSubstr("the answer is larger than"));
}

TEST_F(RegistryTest, AListThatDoesNotEnd)
{
    options_.retry.retries = 0;
    const auto remote = repository("ring/cache");
    pushed(*remote);
    const auto keys = remote->list(never_);
    ASSERT_FALSE(keys);
    EXPECT_THAT(keys.error().message, HasSubstr("its list of tags does not end"));
    EXPECT_LE(count("GET", "/tags/list"), 4U);
}

TEST_F(RegistryTest, AListWhoseLastPageLinksToItself)
{
    const auto remote = repository("self/cache");
    const auto packed = pushed(*remote);
    EXPECT_THAT(must(remote->list(never_)), ElementsAre(packed.entry.action.key));
    EXPECT_EQ(count("GET", "/tags/list"), 1U);
}

TEST_F(RegistryTest, AnotherImageInASignaturesPlace)
{
    const auto remote = repository("good/cache");
    const auto packed = pushed(*remote);
    const auto& manifest = packed.manifest_descriptor.digest;
    must(remote->push_image(pack_image({"x", "1", {}, {}}, "sha256-" + manifest.to_hex() + ".minisig"), never_));
    const auto signature = remote->find_signature(manifest, Scheme::minisign, never_);
    ASSERT_FALSE(signature);
    EXPECT_EQ(signature.error().code, util::ErrorCode::verify) << "the entry's fault, not the registry's";
    const auto signer = minisign_signer(must(SecretKey::generate()));
    EXPECT_FALSE(must(is_signed_by(signer, *remote, manifest, never_)));
    must(remote->put_signature(packed.manifest_descriptor, must(sign_entry(signer, packed)), never_));
    EXPECT_TRUE(must(is_signed_by(signer, *remote, manifest, never_))) << "it takes the other's place";
}

TEST_F(RegistryTest, ARegistryThatStalls)
{
    options_.retry.retries = 0;
    const auto remote = repository("stall/cache");
    const auto packed = pushed(*remote);
    const auto fetched = remote->fetch_blob(packed.entry.layers.front().blob, file_, never_, {});
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, util::ErrorCode::source);
    EXPECT_THAT(fetched.error().message, HasSubstr("stalled"));
    EXPECT_EQ(stdfs::file_size(file_), 1000U);
}

TEST_F(RegistryTest, ARegistryThatIsNotThere)
{
    const auto found = open("oci://127.0.0.1:1/cache")->find(util::sha256("key"), never_);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, util::ErrorCode::source);
    EXPECT_THAT(found.error().message, HasSubstr("oci://127.0.0.1:1/cache"));
}

TEST_F(RegistryTest, StopsAtOnce)
{
    const auto remote = repository("stall/cache");
    const auto packed = pushed(*remote);
    options_.timing.stall_timeout = 30s;
    const auto patient = repository("stall/cache");
    const auto stopper = must(util::StopSource::make());
    std::thread later([&] {
        std::this_thread::sleep_for(200ms);
        stopper.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto fetched = patient->fetch_blob(packed.entry.layers.front().blob, file_, stopper.token(), {});
    later.join();
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, util::ErrorCode::interrupted);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
}

TEST_F(RegistryTest, WithoutCredentialsItSaysHowToLogIn)
{
    options_.credential_files = {};
    for (const std::string name : {"basic/cache", "token/cache"}) {
        const auto found = repository(name)->find(util::sha256("key"), never_);
        ASSERT_FALSE(found) << name;
        EXPECT_THAT(found.error().hint, HasSubstr("login")) << name;
    }
}

TEST_F(RegistryTest, SecretsAreNotShown)
{
    must(util::write_file_atomic(root() / "broken.json", R"({"auths":{"HOST":{"auth":"cm9ib3Q6c2VzYW1l")"));
    options_.credential_files = {root() / "broken.json"};
    const auto broken = repository("basic/cache")->find(util::sha256("key"), never_);
    ASSERT_FALSE(broken);
    EXPECT_THAT(util::to_string(broken.error()), HasSubstr("broken.json"));
    EXPECT_THAT(util::to_string(broken.error()), Not(HasSubstr("cm9ib3Q6c2VzYW1l")));

    must(util::write_file_atomic(
        root() / "auth.json", fmt::format(R"({{"auths":{{"{}":{{"auth":"d3Jvbmc6d3Jvbmc="}}}}}})", server_.address())));
    options_.credential_files = {root() / "auth.json"};
    for (const std::string name : {"basic/cache", "token/cache"}) {
        const auto refused = repository(name)->find(util::sha256("key"), never_);
        ASSERT_FALSE(refused) << name;
        EXPECT_THAT(util::to_string(refused.error()), Not(HasSubstr("d3Jvbmc6d3Jvbmc"))) << name;
    }
}

TEST_F(RegistryTest, CredentialsStayWithTheirHost)
{
    const auto remote = repository("elsewhere/cache");
    const auto packed = pushed(*remote);
    fetch(*remote, packed.entry.layers.front().blob);
    std::size_t elsewhere = 0;
    for (const auto& request : requests()) {
        if (!request["host"].get<std::string>().starts_with("localhost"))
            continue;
        ++elsewhere;
        EXPECT_EQ(request["auth"], "") << request.dump();
    }
    EXPECT_GT(elsewhere, 0U);
    EXPECT_FALSE(repository("insecure/cache")->find(util::sha256("key"), never_));
    EXPECT_EQ(count("GET", "/token"), 0U);
}

TEST_F(RegistryTest, SeveralThreadsShareOne)
{
    const auto remote = repository("token/cache");
    const auto packed = pushed(*remote);
    std::vector<std::thread> threads;
    std::atomic<unsigned> good = 0;
    for (unsigned t = 0; t < 6; ++t)
        threads.emplace_back([&, t] {
            const auto file = root() / ("blob" + std::to_string(t));
            const auto& blob = packed.entry.layers.at(t % 3).blob;
            if (remote->fetch_blob(blob, file, never_, {}) && util::sha256_file(file).value() == blob.digest)
                ++good;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(good, 6U);
}

/// tests/functional/registry starts a registry and sets the variable.
TEST_F(RemoteTest, ARealRegistry)
{
    const char* where = std::getenv("SF_TEST_REGISTRY"); // NOLINT(concurrency-mt-unsafe)
    if (where == nullptr)
        GTEST_SKIP() << "SF_TEST_REGISTRY names no repository";
    options_.retry = {};
    options_.timing = {};
    options_.credential_files = default_credential_files();
    const auto writer = open(where);
    const auto reader = open(where);
    exercise(*writer, *reader);
}

TEST(Authentication, ReadsChallenges)
{
    const auto bearer =
        parse_challenge(R"(Bearer realm="https://auth.example.org/token",service="a \"b\"", scope="x:y:z")");
    ASSERT_TRUE(bearer);
    EXPECT_EQ(bearer->scheme, "bearer");
    EXPECT_EQ(bearer->parameters.at("realm"), "https://auth.example.org/token");
    EXPECT_EQ(bearer->parameters.at("service"), "a \"b\"");
    EXPECT_EQ(bearer->parameters.at("scope"), "x:y:z");
    EXPECT_EQ(parse_challenge("BASIC Realm=word, charset=UTF-8")->parameters.at("realm"), "word");
    EXPECT_EQ(parse_challenge("Negotiate")->scheme, "negotiate");
    EXPECT_FALSE(parse_challenge(""));
    EXPECT_TRUE(parse_challenge("Bearer realm=\"unended"));
    EXPECT_TRUE(parse_challenge("Bearer ====,,,"));
}

TEST(Authentication, ReadsTokens)
{
    EXPECT_EQ(parse_token(R"({"token":"abc"})"), "abc");
    EXPECT_EQ(parse_token(R"({"access_token":"abc"})"), "abc");
    EXPECT_FALSE(parse_token(R"({"token":"abc\r\nHost: x"})"));
    EXPECT_FALSE(parse_token(R"({"token":7})"));
    EXPECT_FALSE(parse_token("<html>"));
}

TEST_F(RemoteTest, FindsCredentials)
{
    must(util::write_file_atomic(root() / "config.json", R"({"auths":{
        "https://index.docker.io/v1/":{"auth":"aHVi"},
        "host:5000":{"auth":"aG9zdA=="},
        "other/group":{"auth":"b3RoZXI="},
        "identity":{"auth":"cm9ib3Q6","identitytoken":"refresh"},
        "none":{}, "bad":{"auth":"a\nb"}}})"));
    const auto of = [&](const std::string& registry) {
        const auto found = must(find_credential({root() / "missing", root() / "config.json"}, registry));
        return found ? found->base64 : "";
    };
    EXPECT_EQ(of("index.docker.io"), "aHVi");
    EXPECT_EQ(of("host:5000"), "aG9zdA==");
    EXPECT_EQ(of("other"), "b3RoZXI=");
    const auto identity = must(find_credential({root() / "config.json"}, "identity"));
    EXPECT_EQ(identity.value().identity_token, "refresh");
    for (const std::string without : {"host", "none", "bad", "unknown"})
        EXPECT_EQ(of(without), "") << without;
}

class CredentialHelperTest : public CacheTest {
protected:
    void SetUp() override
    {
        const std::string path = ::getenv("PATH");
        ASSERT_EQ(::setenv("PATH", (root().string() + ":" + path).c_str(), 1), 0);
    }
    void helper(const std::string& name, const std::string& script) const
    {
        must(util::write_file_atomic(root() / ("docker-credential-" + name), "#!/bin/sh\n" + script, 0755));
    }
    [[nodiscard]] util::Result<std::optional<Credential>> ask(const std::string& config,
                                                              const std::string& registry = "host:5000") const
    {
        must(util::write_file_atomic(root() / "config.json", config));
        return find_credential({root() / "config.json"}, registry);
    }
};

TEST_F(CredentialHelperTest, IsAskedForItsRegistry)
{
    helper("one", R"sh([ "$1" = get ] && [ "$(cat)" = host:5000 ] || exit 1
        echo '{"ServerURL": "host:5000", "Username": "robot", "Secret": "sesame"}'; echo noise >&2)sh");
    const auto own =
        must(ask(R"({"credHelpers": {"host:5000": "one"}, "auths": {"host:5000": {"auth": "b3RoZXI="}}})"));
    EXPECT_EQ(own.value().base64, "cm9ib3Q6c2VzYW1l");
    EXPECT_EQ(must(ask(R"({"credsStore": "one"})")).value().base64, "cm9ib3Q6c2VzYW1l");
    EXPECT_FALSE(must(ask(R"({"credHelpers": {"other": "one"}})")));
}

TEST_F(CredentialHelperTest, ThatKnowsNothingLeavesItToTheFile)
{
    helper("none", "echo 'credentials not found in native keychain'; exit 1");
    EXPECT_EQ(must(ask(R"({"credsStore": "none", "auths": {"host:5000": {"auth": "b3RoZXI="}}})")).value().base64,
              "b3RoZXI=");
}

TEST_F(CredentialHelperTest, MayHaveAnIdentityToken)
{
    helper("token", R"(echo '{"Username": "<token>", "Secret": "a b"}')");
    const auto found = must(ask(R"({"credsStore": "token"})"));
    EXPECT_EQ(found.value().base64, "");
    EXPECT_EQ(found.value().identity_token, "a b");
    EXPECT_EQ(token_request("a b", "its name", ""),
              "grant_type=refresh_token&client_id=slurm-factory&refresh_token=a%20b&service=its%20name");
}

TEST_F(CredentialHelperTest, FaultsAreSaidWithoutSecrets)
{
    helper("odd", R"(echo '{"Secret": "sesame"}')");
    for (const std::string name : {"odd", "missing", "../odd"}) {
        const auto answer = ask(R"({"credsStore": ")" + name + R"("})");
        ASSERT_FALSE(answer) << name;
        EXPECT_EQ(answer.error().code, util::ErrorCode::recipe);
        EXPECT_THAT(util::to_string(answer.error()),
                    ::testing::AllOf(HasSubstr(name), ::testing::Not(HasSubstr("sesame"))));
    }
}

} // namespace
} // namespace sf::cache::testing
