#include "cache/remote/foreign_image.hpp"

#include "cache/oci/foreign_json.hpp"
#include "cache/oci/oci_json.hpp"
#include "json/json.hpp"

#include <algorithm>

namespace sf::cache {
namespace {

tl::unexpected<util::Error> no_image(const util::Error& reason)
{
    return util::fail(util::ErrorCode::verify,
                      fmt::format("this is not an image that can be imported: {}", reason.message));
}

const nlohmann::json* list_of(const nlohmann::json& json, const char* name)
{
    const auto list = json.find(name);
    return list != json.end() && list->is_array() ? &*list : nullptr;
}

bool is_for_this_platform(const nlohmann::json& entry)
{
    const auto platform = entry.is_object() ? entry.find("platform") : entry.end();
    if (!entry.is_object() || platform == entry.end() || !platform->is_object())
        return false;
    return platform->value("os", nlohmann::json()) == "linux" &&
           platform->value("architecture", nlohmann::json()) == "amd64";
}

util::Result<ForeignManifest> read_index(const nlohmann::json& manifests)
{
    const auto ours = std::find_if(manifests.begin(), manifests.end(), is_for_this_platform);
    if (ours == manifests.end())
        return malformed("it has nothing for linux/amd64");
    SF_TRY(auto chosen, read_descriptor(*ours));
    return ForeignManifest{std::nullopt, std::move(chosen)};
}

util::Result<ForeignManifest> read_manifest(std::string_view text)
{
    SF_TRY(const auto json, json::read(text));
    if (!json.is_object())
        return malformed("it is not a JSON object");
    if (const auto* manifests = list_of(json, "manifests"))
        return read_index(*manifests);
    const auto* layers = list_of(json, "layers");
    if (layers == nullptr || layers->empty())
        return malformed("it has no layers");
    ForeignImage image;
    for (const auto& layer : *layers) {
        SF_TRY(auto descriptor, read_descriptor(layer));
        image.layers.push_back(std::move(descriptor));
    }
    return ForeignManifest{std::move(image), std::nullopt};
}

} // namespace

util::Result<ForeignManifest> parse_foreign_manifest(std::string_view text)
{
    auto read = read_manifest(text);
    if (!read)
        return no_image(read.error());
    return read;
}

util::Result<std::optional<ForeignImage>> find_foreign_image(Remote& remote, const std::string& tag,
                                                             const util::StopToken& stop)
{
    SF_TRY(const auto text, remote.find_image(tag, stop));
    if (!text)
        return std::optional<ForeignImage>();
    SF_TRY(auto manifest, parse_foreign_manifest(*text));
    if (manifest.image)
        return std::move(manifest.image);
    SF_TRY(const auto chosen, remote.get_manifest(*manifest.chosen, stop));
    SF_TRY(auto inner, parse_foreign_manifest(chosen));
    if (!inner.image)
        return no_image(malformed("its index leads to another index").value());
    return std::move(inner.image);
}

util::Result<std::string> checked_manifest(std::optional<std::string> text, const Descriptor& manifest,
                                           const std::string& place)
{
    if (!text || util::sha256(*text) != manifest.digest)
        return util::fail(util::ErrorCode::verify,
                          fmt::format("the manifest {} of {} is {}", digest_text(manifest.digest), place,
                                      text ? "damaged" : "missing"));
    return std::move(*text);
}

} // namespace sf::cache
