// The manifest that ships with a bundle. Private to `bundle`; docs/verify.md says what the audit reads of it.
#pragma once

#include "bundle/bundle.hpp"

#include <string>
#include <vector>

namespace sf::bundle {

/// JSON with a fixed order of keys and without anything that differs between two runs. `runs` has what the store says
/// of each package's run slice, in the order of the packages; where it is empty, sizes are left out.
[[nodiscard]] std::string manifest_text(const BundleRequest& request, const std::vector<store::LayerInfo>& runs);

/// "+pmix ~gtk fabric=ucx", sorted by name.
[[nodiscard]] std::string variants_text(const std::map<std::string, std::string>& variants);

/// The Slurm package's version, or the series where the request has no packages.
[[nodiscard]] std::string slurm_version(const BundleRequest& request);

} // namespace sf::bundle
