// Which licences a policy lets in. Private to `verify`.
#pragma once

#include "manifest/manifest.hpp"
#include "verify/policy.hpp"
#include "verify/verify.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sf::verify {

/// What the policy has against an SPDX expression (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/):
/// of `A AND B` all must be let in, of `A OR B` one. Empty for nothing.
[[nodiscard]] std::string license_problem(std::string_view expression, const Policy& policy);

/// Adds findings about packages; does nothing while the policy says nothing of licences.
void check_licenses(const std::optional<manifest::Manifest>& manifest, const Policy& policy, VerifyReport& report);

} // namespace sf::verify
