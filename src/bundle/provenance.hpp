// Where a bundle comes from. Private to `bundle`; docs/bundles.md says what is in it.
#pragma once

#include "bundle/bundle.hpp"

#include <string>

namespace sf::bundle {

/// An in-toto statement (https://in-toto.io/Statement/v1) with SLSA provenance (https://slsa.dev/provenance/v1) of the
/// tarballs among `artifacts`. It has no time and no invocation, so that two builds write the same.
[[nodiscard]] std::string provenance_text(const BundleRequest& request, const Bundle& artifacts);

} // namespace sf::bundle
