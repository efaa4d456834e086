// What both formats of SBOMs say of a package's source. Private to `bundle`.
#pragma once

#include "bundle/bundle.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sf::bundle {

/// As package URLs want it: all but unreserved characters and the colon as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// A source package of the distribution's archive. The version has a Debian revision only where patches of that
/// revision are applied: what is built else is the upstream archive in it, which all revisions share.
struct AptSource {
    std::string name;
    std::string version;
};

/// "apt:munge=0.5.16", as recipe::Source writes it.
[[nodiscard]] std::optional<AptSource> apt_source(const BundledPackage& package);

[[nodiscard]] std::string apt_package_url(const AptSource& apt);

/// A package URL (https://github.com/package-url/purl-spec): of the source package where there is one, else of type
/// generic. Our package is not a binary package of a distribution. Two packages may share a source, so this is no id.
[[nodiscard]] std::string source_package_url(const BundledPackage& package);

/// That of the package as it is built: with patches of a Debian revision it has the holes of that revision, and
/// scanners tell by the revision.
[[nodiscard]] std::string package_url(const BundledPackage& package);

/// "26 patches of slurm-wlm 24.11.5-4+deb13u1: NAME, ..."
[[nodiscard]] std::string patches_text(const Patches& patches);

/// The web address of the bytes with source_sha256; empty if no recipe has one.
[[nodiscard]] std::string download_location(const BundledPackage& package);

/// For people, where the source is more than a URL.
[[nodiscard]] std::string source_text(const BundledPackage& package);

/// The document's text.
[[nodiscard]] std::string sbom_text(const nlohmann::ordered_json& json);

} // namespace sf::bundle
