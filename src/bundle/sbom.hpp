// Software bills of materials. Private to `bundle`; docs/bundles.md says what they hold.
#pragma once

#include "bundle/bundle.hpp"

#include <string>

namespace sf::bundle {

/// When every document says it was made, so that two builds write the same: store::source_date_epoch.
inline constexpr const char* document_time = "2020-01-01T00:00:00Z";

/// Different for different contents of the documents, and the same for the same.
[[nodiscard]] util::Digest sbom_identity(const BundleRequest& request);

/// SPDX 2.3 as JSON (https://spdx.github.io/spdx-spec/v2.3/).
[[nodiscard]] std::string spdx_text(const BundleRequest& request);

/// CycloneDX 1.5 as JSON (https://cyclonedx.org/docs/1.5/json/).
[[nodiscard]] std::string cyclonedx_text(const BundleRequest& request);

} // namespace sf::bundle
