// index.json of an OCI image layout (image-index.md). Private to `cache`.
#pragma once

#include "cache/oci/entry.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::cache {

/// Some 300 bytes for each entry: enough for a million.
inline constexpr std::size_t longest_index = std::size_t{512} << 20U;

/// The key that a name is: 64 hexadecimal digits, as Digest::to_hex() writes them. Others are found under no key.
[[nodiscard]] std::optional<util::Digest> digest_named(const std::string& name);

/// The descriptors of an index; by their names, so that a new one takes an old one's place.
class Index {
public:
    /// Error verify: it is none.
    [[nodiscard]] static util::Result<Index> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    void put(const std::string& name, const Descriptor& manifest);
    void forget(const util::Digest& key);

    [[nodiscard]] std::optional<Descriptor> find(const std::string& name) const;
    [[nodiscard]] std::vector<util::Digest> keys() const;
    /// The names that are no keys.
    [[nodiscard]] std::vector<std::string> tags() const;
    /// Digests of everything that no key names. What has none has no blob either.
    [[nodiscard]] std::vector<util::Digest> images() const;

private:
    void add(const nlohmann::json& descriptor);

    std::map<std::string, nlohmann::json> named_;
    std::vector<nlohmann::json> nameless_; ///< others' images
};

} // namespace sf::cache
