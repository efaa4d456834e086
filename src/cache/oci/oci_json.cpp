#include "cache/oci/oci_json.hpp"

namespace sf::cache {

std::string digest_text(const util::Digest& digest)
{
    return "sha256:" + digest.to_hex();
}

std::string dump(const OrderedJson& json)
{
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

OrderedJson to_json(const Descriptor& descriptor)
{
    return {
        {"mediaType", descriptor.media_type}, {"digest", digest_text(descriptor.digest)}, {"size", descriptor.size}};
}

std::string image_config(const OrderedJson& settings, const std::vector<ConfigLayer>& layers)
{
    auto diff_ids = OrderedJson::array();
    auto history = OrderedJson::array();
    for (const auto& layer : layers) {
        diff_ids.push_back(digest_text(layer.diff_id));
        history.push_back({{"created", created_time}, {"created_by", layer.created_by}});
    }
    OrderedJson config;
    config["created"] = created_time;
    config["architecture"] = "amd64";
    config["os"] = "linux";
    config["config"] = settings;
    config["rootfs"] = {{"type", "layers"}, {"diff_ids", diff_ids}};
    config["history"] = history;
    return dump(config);
}

} // namespace sf::cache
