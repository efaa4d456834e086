// The compressed slices that a tarball is made of. Private to `bundle`.
#pragma once

#include "bundle/bundle.hpp"

#include <filesystem>
#include <vector>

namespace sf::bundle {

/// The store's files for one slice of each of the request's packages, in their order. zstd frames that are not there
/// yet are made, BundleRequest::jobs at a time, the largest first. Errors: no_space, interrupted, a damaged layer.
[[nodiscard]] util::Result<std::vector<std::filesystem::path>> members(const BundleRequest& request, Archive archive,
                                                                       const std::vector<store::LayerInfo>& slices,
                                                                       const store::LayerStore& layers,
                                                                       const util::StopToken& stop);

} // namespace sf::bundle
