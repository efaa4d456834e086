// JSON of the OCI image specification, written in the order of the code. Private to `cache`.
#pragma once

#include "cache/oci/entry.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sf::cache {

using OrderedJson = nlohmann::ordered_json;

inline constexpr const char* config_media_type = "application/vnd.oci.image.config.v1+json";

/// store::source_date_epoch as RFC 3339 has it: the time of everything that is written.
inline constexpr const char* created_time = "2020-01-01T00:00:00Z";

/// "sha256:HEX"
[[nodiscard]] std::string digest_text(const util::Digest& digest);

/// Bytes that are no UTF-8, which a build script may hold, become U+FFFD: the text is for people.
[[nodiscard]] std::string dump(const OrderedJson& json);

[[nodiscard]] OrderedJson to_json(const Descriptor& descriptor);

/// One layer in an image's config.
struct ConfigLayer {
    util::Digest diff_id;
    std::string created_by; ///< for people
};

/// An image config (config.md); `settings` are for running the image, "Env" and the like.
[[nodiscard]] std::string image_config(const OrderedJson& settings, const std::vector<ConfigLayer>& layers);

} // namespace sf::cache
