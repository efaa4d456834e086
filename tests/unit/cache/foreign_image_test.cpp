#include "cache/remote/foreign_image.hpp"

#include <gmock/gmock.h>

namespace sf::cache {
namespace {

using testing::HasSubstr;

const std::string first_digest(64, 'a');
const std::string second_digest(64, 'b');

std::string descriptor(const std::string& type, const std::string& digest, const std::string& more = {})
{
    return fmt::format(R"({{"mediaType":"{}","digest":"sha256:{}","size":7{}}})", type, digest, more);
}

TEST(ForeignManifest, OfAnImageHasItsLayersInOrder)
{
    const auto read = parse_foreign_manifest(
        fmt::format(R"({{"schemaVersion":2,"layers":[{},{}]}})",
                    descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", first_digest),
                    descriptor("application/vnd.oci.image.layer.v1.tar+zstd", second_digest)));
    ASSERT_TRUE(read) << util::to_string(read.error());
    ASSERT_TRUE(read->image);
    ASSERT_EQ(read->image->layers.size(), 2U);
    EXPECT_EQ(read->image->layers[0].digest.to_hex(), first_digest);
    EXPECT_EQ(read->image->layers[1].digest.to_hex(), second_digest);
    EXPECT_EQ(read->image->layers[1].size, 7U);
}

TEST(ForeignManifest, OfAnIndexLeadsToThisPlatform)
{
    const auto read = parse_foreign_manifest(
        fmt::format(R"({{"manifests":[{},{}]}})",
                    descriptor("m", first_digest, R"(,"platform":{"os":"linux","architecture":"arm64"})"),
                    descriptor("m", second_digest, R"(,"platform":{"os":"linux","architecture":"amd64"})")));
    ASSERT_TRUE(read) << util::to_string(read.error());
    ASSERT_TRUE(read->chosen);
    EXPECT_EQ(read->chosen->digest.to_hex(), second_digest);
}

TEST(ForeignManifest, RefusesWhatIsNone)
{
    for (const auto* text :
         {"", "[]", "{}", R"({"layers":[]})", R"({"layers":[1]})", R"({"layers":[{"mediaType":"x"}]})",
          R"({"layers":[{"mediaType":"x","digest":"../..","size":1}]})", R"({"manifests":[]})",
          R"({"manifests":[{"platform":"linux"}]})", R"({"manifests":[{"platform":{"os":3,"architecture":[]}}]})"}) {
        const auto read = parse_foreign_manifest(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, util::ErrorCode::verify) << text;
        EXPECT_THAT(read.error().message, HasSubstr("this is not an image that can be imported")) << text;
    }
}

} // namespace
} // namespace sf::cache
