// Versions of Debian's source packages: [EPOCH:]UPSTREAM-REVISION.
#pragma once

#include <string>
#include <string_view>

namespace sf::spec {

/// Without the epoch, the revision and the marks of repacking: "1:1.3.dfsg+really1.3.1-1" is "1.3.1",
/// "8.15.0~rc1-1" is "8.15.0~rc1". A part of the text.
[[nodiscard]] std::string_view upstream_of_debian(std::string_view version);

/// The upstream version as recipes write it: "2.1.12-stable-10" is "2.1.12", "6.5+20250216-2" is "6.5.20250216". Empty
/// where it is a pre-release, or not told by known endings.
[[nodiscard]] std::string release_of_debian(std::string_view version);

/// Whether `newer` is the same Debian revision but for a higher number at its end, "-4+deb13u2" after "-4+deb13u1", or
/// its first update in a stable release, "-4+deb13u1" after "-4".
[[nodiscard]] bool follows_revision(std::string_view newer, std::string_view older);

} // namespace sf::spec
