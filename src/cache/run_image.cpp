#include "cache/run_image.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <set>

namespace sf::cache {
namespace {

using Document = nlohmann::ordered_json; // written in the order of the code

constexpr const char* config_type = "application/vnd.oci.image.config.v1+json";
constexpr const char* created_at = "2020-01-01T00:00:00Z";

std::string as_text(const Document& document)
{
    return document.dump(-1, ' ', false, Document::error_handler_t::replace);
}

std::string named_digest(const util::Digest& digest)
{
    return "sha256:" + digest.to_hex();
}

std::string image_config(const RunImage& image)
{
    Document config = {{"created", created_at},
                       {"architecture", "amd64"},
                       {"os", "linux"},
                       {"config", {{"Env", image.environment}, {"Cmd", {"/bin/sh"}}}}};
    auto diff_ids = Document::array();
    auto history = Document::array();
    for (const auto& layer : image.layers) {
        diff_ids.push_back(named_digest(layer.diff_id));
        history.push_back({{"created", created_at}, {"created_by", layer.created_by}});
    }
    config["rootfs"] = {{"type", "layers"}, {"diff_ids", diff_ids}};
    config["history"] = history;
    return as_text(config);
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
    std::vector<BlobSource> blobs = {BlobSource(config_type, image_config(image))};
    Document manifest = {{"schemaVersion", 2},
                         {"mediaType", manifest_media_type},
                         {"config", Document::parse(descriptor_json(blobs.front().descriptor()))},
                         {"layers", Document::array()}};
    std::set<util::Digest> seen;
    for (const auto& layer : image.layers) {
        manifest["layers"].push_back(Document::parse(descriptor_json(layer.blob.descriptor())));
        if (seen.insert(layer.blob.descriptor().digest).second)
            blobs.push_back(layer.blob);
    }
    manifest["annotations"] = {{"org.opencontainers.image.title", image.title},
                               {"org.opencontainers.image.version", image.version},
                               {"org.opencontainers.image.created", created_at}};
    auto text = as_text(manifest);
    const Descriptor descriptor{manifest_media_type, util::sha256(text), text.size()};
    return {std::move(tag), std::move(text), descriptor, std::move(blobs)};
}

util::Result<std::vector<util::Digest>> blobs_of_manifest(std::string_view text)
{
    const auto no_manifest = [] { return util::fail(util::ErrorCode::verify, "it is no OCI image manifest"); };
    const auto manifest = Document::parse(text, nullptr, false);
    if (!manifest.is_object() || !manifest.contains("config") || !manifest.contains("layers") ||
        !manifest["layers"].is_array())
        return no_manifest();
    std::vector<Document> descriptors(manifest["layers"].begin(), manifest["layers"].end());
    descriptors.push_back(manifest["config"]);
    std::vector<util::Digest> blobs = {util::sha256(text)};
    for (const auto& descriptor : descriptors) {
        const auto name = descriptor.is_object() ? descriptor.find("digest") : descriptor.end();
        if (!descriptor.is_object() || name == descriptor.end() || !name->is_string())
            return no_manifest();
        const auto digest = util::Digest::parse(name->get_ref<const std::string&>());
        if (!digest)
            return no_manifest();
        blobs.push_back(*digest);
    }
    return blobs;
}

} // namespace sf::cache
