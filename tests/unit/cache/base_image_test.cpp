#include "cache/oci/base_image.hpp"

#include "cache/oci/oci_json.hpp"
#include "fixture.hpp"

namespace sf::cache::testing {
namespace {

using ::testing::HasSubstr;

class BaseImageTest : public CacheTest {
protected:
    static BaseImage sample()
    {
        return {"bookworm",  util::sha256("recipe"), util::sha256("tree"),
                600'000'000, "2026-01-02T03:04:05Z", {{"gcc", "12.2.0"}, {"perl", "5.36.0"}}};
    }
    [[nodiscard]] static PackedImage packed(const BaseImage& image)
    {
        return pack_base_image(image, {BlobSource(std::string(layer_media_type(store::Coding::gzip)), "the layer"),
                                       util::sha256("tar"), "base"});
    }
    /// The manifest with one value of its description replaced.
    static std::string with(const std::string& name, const OrderedJson& value)
    {
        auto manifest = OrderedJson::parse(packed(sample()).manifest);
        auto& text = manifest["annotations"]["slurm-factory.cache.base-image"];
        auto description = OrderedJson::parse(text.get<std::string>());
        description[name] = value;
        text = description.dump();
        return manifest.dump();
    }
};

TEST_F(BaseImageTest, IsReadBack)
{
    const auto image = sample();
    const auto pack = packed(image);
    EXPECT_EQ(pack.tag, base_image_tag(image.recipe_key));
    EXPECT_TRUE(is_image_tag(pack.tag));
    EXPECT_EQ(pack.manifest, packed(image).manifest) << "the same bytes each time";
    const auto found = parse_base_image(pack.manifest, image.recipe_key);
    ASSERT_TRUE(found) << util::to_string(found.error());
    EXPECT_EQ(found->image.name, image.name);
    EXPECT_EQ(found->image.tree, image.tree);
    EXPECT_EQ(found->image.bytes, image.bytes);
    EXPECT_EQ(found->image.created, image.created);
    EXPECT_EQ(found->image.externals, image.externals);
    EXPECT_EQ(found->layer.digest, util::sha256("the layer"));
    EXPECT_EQ(found->layer.size, 9U);
    EXPECT_EQ(found->manifest, pack.manifest_descriptor.digest);
}

TEST_F(BaseImageTest, RefusesWhatIsNone)
{
    const auto recipe = sample().recipe_key;
    for (const std::string text :
         {"", "[]", "{}", R"({"annotations": {}})", R"({"annotations": {"slurm-factory.cache.base-image": 5}})",
          R"({"annotations": {"slurm-factory.cache.base-image": "{}"}})"})
        EXPECT_FALSE(parse_base_image(text, recipe)) << text;
    EXPECT_TRUE(parse_base_image(with("name", "other"), recipe));
    EXPECT_FALSE(parse_base_image(with("name", "a\nb"), recipe)) << "it would end up on a terminal";
    EXPECT_FALSE(parse_base_image(with("bytes", -1), recipe));
    EXPECT_FALSE(parse_base_image(with("tree", "xyz"), recipe));
    EXPECT_FALSE(parse_base_image(with("externals", {{"gcc", 12}}), recipe));
    EXPECT_FALSE(parse_base_image(with("externals", {{"gcc", "12\x1b[2J"}}), recipe));
    EXPECT_FALSE(parse_base_image(with("created", "yesterday"), recipe));
    const auto other = parse_base_image(packed(sample()).manifest, util::sha256("another recipe"));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, util::ErrorCode::verify);
    EXPECT_THAT(other.error().message, HasSubstr("another recipe"));
}

TEST_F(BaseImageTest, IsFoundByItsTag)
{
    const auto remote = must(open_remote((root() / "cache").string(), {}));
    must(remote->push(must(pack(layers(), make_action(), store::Coding::gzip, never_)), "", never_));
    EXPECT_EQ(must(remote->find_image("base-x", never_)), std::nullopt);
    const auto image = packed(sample());
    must(remote->push_image(image, never_));
    must(remote->finish(never_));
    EXPECT_EQ(must(remote->find_image(image.tag, never_)), image.manifest);
    EXPECT_EQ(must(remote->list(never_)).size(), 1U) << "it is no entry";
}

TEST_F(BaseImageTest, IsWholeOrNot)
{
    const auto remote = must(open_remote((root() / "cache").string(), {}));
    const auto image = packed(sample());
    must(remote->push_image(image, never_));
    const auto blobs = must(blobs_of_manifest(image.manifest));
    ASSERT_EQ(blobs.size(), 2U) << "the config and the layer";
    for (const auto& blob : blobs) {
        EXPECT_TRUE(must(remote->has_whole(blobs, never_)));
        const auto place = root() / "cache" / "blobs" / "sha256" / blob.digest.to_hex();
        const auto bytes = must(util::read_file(place));
        must(util::write_file_atomic(place, std::string(bytes.size(), 'x')));
        EXPECT_FALSE(must(remote->has_whole(blobs, never_))) << "altered";
        stdfs::remove(place);
        EXPECT_FALSE(must(remote->has_whole(blobs, never_))) << "missing";
        must(remote->push_image(image, never_));
    }
    EXPECT_TRUE(must(remote->has_whole(blobs, never_)));
}

} // namespace
} // namespace sf::cache::testing
