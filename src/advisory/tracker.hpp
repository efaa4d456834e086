// What Debian's security tracker says: https://security-tracker.debian.org/tracker/data/json
//
// It has {source package: {CVE: {description, releases: {"trixie": {status, fixed_version, urgency}}}}}. Debian mends
// holes by patches in revisions of its own, which our builds have only where they name them, or by a new upstream
// release, which is in the first revision of a version; only these say which upstream versions have a hole.
#pragma once

#include "advisory/advisory.hpp"
#include "util/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sf::advisory {

/// Whether a text looks like the tracker's and not like OSV.
[[nodiscard]] bool is_tracker(std::string_view text);

/// The upstream version of a Debian version that is the first with that upstream version, as recipes write it:
/// "26.05.4-1" gives "26.05.4", "24.11.5-4+deb13u1" nothing.
[[nodiscard]] std::optional<std::string> new_upstream_version(std::string_view debian_version);

/// What it says of the packages in `names`. Error (code recipe): it is not the tracker's JSON.
[[nodiscard]] util::Result<std::vector<Advisory>> read_tracker(std::string_view text, const std::string& origin,
                                                               const DebianNames& names);

} // namespace sf::advisory
