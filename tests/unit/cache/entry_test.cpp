#include "cache/oci/entry.hpp"

#include "cache/oci/pack.hpp"
#include "fixture.hpp"
#include "store/decompressor.hpp"

#include <nlohmann/json.hpp>

namespace sf::cache::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class EntryTest : public CacheTest {
protected:
    Packed packed_ = must(pack(layers(), make_action(), store::Coding::gzip, never_));
};

std::string read_all(const BlobSource& blob)
{
    std::string bytes;
    while (true) {
        const auto part = must(blob.read(bytes.size(), 100)); // small, so that parts meet the tail everywhere
        if (part.empty())
            return bytes;
        bytes += part;
    }
}

std::string decompressed(const std::string& bytes, store::Coding coding)
{
    std::size_t used = 0;
    const auto reader =
        must(store::Decompressor::make(coding, [&](char* buffer, std::size_t capacity) -> util::Result<std::size_t> {
            const auto count = bytes.copy(buffer, capacity, used);
            used += count;
            return count;
        }));
    std::string plain;
    std::string buffer(1000, '\0');
    while (const auto count = must(reader->read(buffer.data(), buffer.size())))
        plain.append(buffer, 0, count);
    return plain;
}

TEST_F(EntryTest, TheManifestHoldsAllOfIt)
{
    const auto parsed = parse_entry(packed_.manifest, packed_.entry.action.key);
    ASSERT_TRUE(parsed) << util::to_string(parsed.error());
    const auto& action = packed_.entry.action;
    EXPECT_EQ(parsed->layers, packed_.entry.layers);
    EXPECT_EQ(parsed->action.key, action.key);
    EXPECT_EQ(parsed->action.package, action.package);
    EXPECT_EQ(parsed->action.version, action.version);
    EXPECT_EQ(parsed->action.layers, action.layers);
    EXPECT_EQ(parsed->action.wall_seconds, action.wall_seconds);
    EXPECT_EQ(parsed->action.cpu_seconds, action.cpu_seconds);
    EXPECT_EQ(parsed->action.peak_memory_bytes, action.peak_memory_bytes);
    EXPECT_EQ(parsed->action.inputs, action.inputs);
    EXPECT_EQ(parsed->action.origin, action.origin);
    EXPECT_EQ(manifest_text(*parsed), packed_.manifest);
    EXPECT_FALSE(parse_entry(packed_.manifest, util::sha256("another key")));
}

/// These bytes change only if the format does, and then no cache that was filled before has what is looked for.
TEST_F(EntryTest, TheFormatIsWhatItWas)
{
    const auto layer = [](const std::string& name) {
        return LayerBlob{
            {layer_media_type(store::Coding::gzip), util::sha256(name + " blob"), 100}, util::sha256(name), 2048};
    };
    const store::LayerSet set{util::sha256("run"), util::sha256("dev"), util::sha256("debug")};
    const store::Action action{util::sha256("key"),
                               "munge",
                               "0.5.16",
                               set,
                               1.5,
                               2.25,
                               1U << 20U,
                               "phase build: make\n",
                               util::sha256("source").to_hex()};
    const CacheEntry entry{action, {layer("run"), layer("dev"), layer("debug")}};
    EXPECT_EQ(util::sha256(config_text(entry)).to_hex(),
              "de0e93c658ab858b5908133193f98d389382038096df1b042cccc610d47616be");
    EXPECT_EQ(util::sha256(manifest_text(entry)).to_hex(),
              "6cdf6ee54742a904c88c4b288a517f5344c25dc606b91b25cbf62f7eba69d678");
}

TEST_F(EntryTest, IsAnImageAsTheSpecificationHasIt)
{
    const auto manifest = Json::parse(packed_.manifest);
    EXPECT_EQ(manifest["schemaVersion"], 2);
    EXPECT_EQ(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    EXPECT_EQ(manifest["layers"].size(), 3U);
    const auto config_bytes = read_all(packed_.blobs.front());
    EXPECT_EQ(manifest["config"]["digest"], "sha256:" + util::sha256(config_bytes).to_hex());
    EXPECT_EQ(manifest["config"]["size"], config_bytes.size());
    const auto config = Json::parse(config_bytes);
    EXPECT_EQ(config["architecture"], "amd64");
    EXPECT_EQ(config["os"], "linux");
    EXPECT_EQ(config["created"], "2020-01-01T00:00:00Z");
    EXPECT_EQ(config["rootfs"]["type"], "layers");
    EXPECT_EQ(config["rootfs"]["diff_ids"][0], "sha256:" + packed_.entry.action.layers.run.to_hex());
    EXPECT_EQ(config["rootfs"]["diff_ids"][2], "sha256:" + packed_.entry.action.layers.debug.to_hex());
}

TEST_F(EntryTest, BlobsAreWholeTars)
{
    for (const auto coding : {store::Coding::gzip, store::Coding::zstd}) {
        const auto packed = must(pack(layers(), packed_.entry.action, coding, never_));
        ASSERT_EQ(packed.blobs.size(), 4U);
        EXPECT_EQ(packed.entry.coding(), coding);
        for (std::size_t i = 0; i < packed.entry.layers.size(); ++i) {
            const auto& layer = packed.entry.layers.at(i);
            EXPECT_EQ(layer.blob.media_type, layer_media_type(coding));
            const auto bytes = read_all(packed.blobs.at(i + 1));
            EXPECT_EQ(bytes.size(), layer.blob.size);
            EXPECT_EQ(util::sha256(bytes), layer.blob.digest);
            const auto tar = decompressed(bytes, coding);
            EXPECT_EQ(tar.size(), layer.tar_bytes);
            EXPECT_EQ(util::sha256(tar), layer.diff_id) << "the end of the archive is there";
        }
    }
}

TEST_F(EntryTest, ZstdIsReadBackAsWhatItIs)
{
    const auto packed = must(pack(layers(), packed_.entry.action, store::Coding::zstd, never_));
    const auto parsed = must(parse_entry(packed.manifest, packed.entry.action.key));
    EXPECT_EQ(parsed.layers, packed.entry.layers);
    EXPECT_EQ(parsed.action.layers, packed_.entry.action.layers) << "the same layers";
    EXPECT_NE(packed.manifest, packed_.manifest);
    EXPECT_EQ(manifest_text(parsed), packed.manifest);
}

TEST_F(EntryTest, TheSameTwiceIsTheSame)
{
    EXPECT_EQ(must(pack(layers(), packed_.entry.action, store::Coding::gzip, never_)).manifest, packed_.manifest);
}

TEST_F(EntryTest, EqualLayersAreOneBlob)
{
    auto action = packed_.entry.action;
    action.layers.dev = action.layers.debug;
    EXPECT_EQ(must(pack(layers(), action, store::Coding::gzip, never_)).blobs.size(), 3U);
}

TEST_F(EntryTest, DoesNotPackWhatIsMissingOrDamaged)
{
    auto action = packed_.entry.action;
    action.layers.dev = util::sha256("no such layer");
    const auto missing = pack(layers(), action, store::Coding::gzip, never_);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr(action.layers.dev.to_short()));

    const auto& run = packed_.entry.action.layers.run;
    stdfs::copy_file(layers().member(packed_.entry.action.layers.dev), layers().member(run),
                     stdfs::copy_options::overwrite_existing);
    const auto damaged = pack(layers(), packed_.entry.action, store::Coding::gzip, never_);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, util::ErrorCode::verify);
    stdfs::resize_file(layers().member(run), 20);
    EXPECT_FALSE(pack(layers(), packed_.entry.action, store::Coding::gzip, never_));
}

TEST_F(EntryTest, InputsThatAreNoTextDoNotStopIt)
{
    auto action = packed_.entry.action;
    action.inputs = "caf\xE9";
    const auto packed = must(pack(layers(), action, store::Coding::gzip, never_));
    EXPECT_EQ(must(parse_manifest(packed.manifest)).action.inputs, "caf\xEF\xBF\xBD");
}

TEST_F(EntryTest, RefusesWhatIsNoEntry)
{
    for (const std::string text : {"", "[]", "{}", R"({"schemaVersion":2,"layers":[1,2,3],"annotations":{}})"})
        EXPECT_FALSE(parse_manifest(text)) << text;
    constexpr std::size_t deep = 400'000; // copying such a value overflows the stack
    const auto nested = std::string(deep, '[') + std::string(deep, ']');
    EXPECT_THAT(parse_manifest(R"({"schemaVersion":)" + nested + "}").error().message,
                HasSubstr("this is not a valid cache entry: it is nested more than"));
    const auto good = Json::parse(packed_.manifest);
    const auto refuses = [&](const std::function<void(Json&)>& change) {
        auto changed = good;
        change(changed);
        const auto parsed = parse_manifest(changed.dump());
        return !parsed && parsed.error().code == util::ErrorCode::verify;
    };
    EXPECT_TRUE(refuses([](Json& m) { m["layers"].erase(2); }));
    EXPECT_TRUE(refuses([](Json& m) { m["layers"][0]["mediaType"] = "application/octet-stream"; }));
    EXPECT_TRUE(refuses([](Json& m) { m["layers"][0]["size"] = -1; }));
    EXPECT_TRUE(refuses([](Json& m) { m["layers"][0]["digest"] = "md5:1234"; }));
    EXPECT_TRUE(refuses([](Json& m) { m["layers"][0].erase("annotations"); }));
    EXPECT_TRUE(refuses([](Json& m) { std::swap(m["layers"][0], m["layers"][1]); }));
    EXPECT_TRUE(refuses([](Json& m) { m.erase("annotations"); }));
    EXPECT_TRUE(
        refuses([&](Json& m) { m["annotations"]["slurm-factory.cache.entry"] = R"({"format":)" + nested + "}"; }));
    for (const auto& [name, value] : std::map<std::string, Json>{{"format", "slurm-factory cache entry 2"},
                                                                 {"package", "../../etc"},
                                                                 {"version", "1\x1B[2J"},
                                                                 {"key", "abc"},
                                                                 {"wall_seconds", -1},
                                                                 {"peak_memory_bytes", "many"}})
        EXPECT_TRUE(refuses([&name = name, &value = value](Json& m) {
            auto action = Json::parse(m["annotations"]["slurm-factory.cache.entry"].get<std::string>());
            action[name] = value;
            m["annotations"]["slurm-factory.cache.entry"] = action.dump();
        })) << name;
}

} // namespace
} // namespace sf::cache::testing
