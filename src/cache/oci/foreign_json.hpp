// Values of JSON documents that anybody may have written. Private to `cache`.
#pragma once

#include "cache/oci/entry.hpp"
#include "util/error.hpp"
#include "util/files/sha256.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sf::cache {

/// Error verify, the message being the reason alone.
[[nodiscard]] tl::unexpected<util::Error> malformed(std::string_view why);
/// A malformed document of that kind: "this is no cache entry: ...".
[[nodiscard]] tl::unexpected<util::Error> no_such_document(std::string_view kind, const util::Error& reason);

/// Whether it may be the name of something: it ends up in messages, in paths and on terminals.
[[nodiscard]] bool is_plain_name(std::string_view text);

// The value of a name; malformed() when it is missing or of another kind.

[[nodiscard]] util::Result<std::string> text_of(const nlohmann::json& json, const char* name);
/// Text that is_plain_name().
[[nodiscard]] util::Result<std::string> name_of(const nlohmann::json& json, const char* name);
[[nodiscard]] util::Result<std::uint64_t> count_of(const nlohmann::json& json, const char* name);
/// A number of seconds, not negative.
[[nodiscard]] util::Result<double> seconds_of(const nlohmann::json& json, const char* name);
/// "HEX" or "sha256:HEX".
[[nodiscard]] util::Result<util::Digest> digest_of(const nlohmann::json& json, const char* name);

/// A content descriptor of the OCI image specification (descriptor.md).
[[nodiscard]] util::Result<Descriptor> read_descriptor(const nlohmann::json& json);

} // namespace sf::cache
