#include "cache/oci/run_image.hpp"

#include "cache/oci/foreign_json.hpp"
#include "cache/oci/oci_json.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace sf::cache {
namespace {

std::string config_of(const RunImage& image)
{
    std::vector<ConfigLayer> layers;
    layers.reserve(image.layers.size());
    for (const auto& layer : image.layers)
        layers.push_back({layer.diff_id, layer.created_by});
    return image_config({{"Env", image.environment}, {"Cmd", {"/bin/sh"}}}, layers);
}

} // namespace

bool is_image_tag(std::string_view tag)
{
    // https://github.com/opencontainers/distribution-spec/blob/main/spec.md, <reference> as a tag
    constexpr std::size_t longest = 128;
    const auto is_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
    return !tag.empty() && tag.size() <= longest && is_word(static_cast<unsigned char>(tag.front())) &&
           std::all_of(tag.begin(), tag.end(), [&](unsigned char c) { return is_word(c) || c == '.' || c == '-'; }) &&
           !(tag.size() == 2 * util::Digest::size && util::Digest::parse(tag));
}

PackedImage pack_image(const RunImage& image, std::string tag)
{
    std::vector<BlobSource> blobs = {BlobSource(config_media_type, config_of(image))};
    OrderedJson manifest = {{"schemaVersion", 2},
                            {"mediaType", manifest_media_type},
                            {"config", to_json(blobs.front().descriptor())},
                            {"layers", OrderedJson::array()}};
    std::set<util::Digest> seen;
    for (const auto& layer : image.layers) {
        manifest["layers"].push_back(to_json(layer.blob.descriptor()));
        if (seen.insert(layer.blob.descriptor().digest).second)
            blobs.push_back(layer.blob);
    }
    manifest["annotations"] = {{"org.opencontainers.image.title", image.title},
                               {"org.opencontainers.image.version", image.version},
                               {"org.opencontainers.image.created", created_time}};
    for (const auto& [name, text] : image.annotations)
        manifest["annotations"][name] = text;
    auto text = dump(manifest);
    const Descriptor descriptor{manifest_media_type, util::sha256(text), text.size()};
    return {std::move(tag), std::move(text), descriptor, std::move(blobs)};
}

util::Result<std::vector<Descriptor>> blobs_of_manifest(std::string_view text)
{
    const auto read = [&]() -> util::Result<std::vector<Descriptor>> {
        SF_TRY(const auto manifest, json::read(text));
        if (!manifest.is_object() || !manifest.contains("config") || !manifest.contains("layers") ||
            !manifest["layers"].is_array())
            return malformed("it has no config or no layers");
        std::vector<Descriptor> blobs;
        SF_TRY(auto config, read_descriptor(manifest["config"]));
        blobs.push_back(std::move(config));
        for (const auto& layer : manifest["layers"]) {
            SF_TRY(auto blob, read_descriptor(layer));
            blobs.push_back(std::move(blob));
        }
        return blobs;
    };
    auto blobs = read();
    if (!blobs)
        return no_such_document("OCI image manifest", blobs.error());
    return blobs;
}

} // namespace sf::cache
