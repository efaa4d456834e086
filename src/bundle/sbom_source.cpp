#include "bundle/sbom_source.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <cctype>

namespace sf::bundle {
namespace {

bool is_web_url(std::string_view text)
{
    return text.starts_with("https://") || text.starts_with("http://");
}

/// The first set of patches out of a Debian source package; null: there is none.
const Patches* distribution_patches(const BundledPackage& package)
{
    for (const auto& patches : package.patches)
        if (!patches.package.empty())
            return &patches;
    return nullptr;
}

} // namespace

std::string percent_encoded(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-._~:").find(c) != std::string_view::npos)
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", byte);
    }
    return encoded;
}

std::optional<AptSource> apt_source(const BundledPackage& package)
{
    constexpr std::string_view scheme = "apt:";
    const auto equals = package.source.find('=');
    if (!package.source.starts_with(scheme) || equals == std::string::npos)
        return std::nullopt;
    return AptSource{package.source.substr(scheme.size(), equals - scheme.size()), package.source.substr(equals + 1)};
}

std::string apt_package_url(const AptSource& apt)
{
    return fmt::format("pkg:deb/debian/{}@{}?arch=source", percent_encoded(apt.name), percent_encoded(apt.version));
}

std::string source_package_url(const BundledPackage& package)
{
    if (const auto apt = apt_source(package))
        return apt_package_url(*apt);
    auto url = fmt::format("pkg:generic/{}@{}", percent_encoded(package.name), percent_encoded(package.version));
    if (package.source_sha256.empty())
        return url;
    url += "?checksum=sha256:" + package.source_sha256;
    if (is_web_url(package.source))
        url += "&download_url=" + percent_encoded(package.source);
    return url;
}

std::string package_url(const BundledPackage& package)
{
    const auto* patches = distribution_patches(package);
    return patches == nullptr ? source_package_url(package) : apt_package_url({patches->package, patches->revision});
}

std::string patches_text(const Patches& patches)
{
    std::vector<std::string> names;
    for (const auto& file : patches.files)
        names.push_back(file.name);
    return fmt::format("{} patch{} of {}: {}", names.size(), names.size() == 1 ? "" : "es",
                       patches.package.empty() ? "the recipe" : patches.package + " " + patches.revision,
                       util::join(names, ", "));
}

std::string download_location(const BundledPackage& package)
{
    return is_web_url(package.source) ? package.source : package.source_url;
}

std::string source_text(const BundledPackage& package)
{
    const auto apt = apt_source(package);
    if (!apt)
        return is_web_url(package.source) ? std::string() : package.source;
    return fmt::format("the upstream archive (.orig.tar) of Debian's source package {}, upstream version {}", apt->name,
                       apt->version);
}

std::string sbom_text(const nlohmann::ordered_json& json)
{
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

} // namespace sf::bundle
