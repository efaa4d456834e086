#include "bundle/sbom.hpp"

#include "bundle/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace sf::bundle {

util::Digest sbom_identity(const BundleRequest& request)
{
    auto text = manifest_text(request, {});
    for (const auto& package : request.packages)
        text += package.source_url + "\n";
    for (const auto& package : request.packages)
        for (const auto& patches : package.patches)
            text += patches.url + "\n";
    for (const auto& package : request.packages)
        for (const auto& hole : package.holes)
            text +=
                fmt::format("{}\n", fmt::join(std::array<std::string, 6>{package.name, hole.id, hole.summary,
                                                                         hole.detail, hole.fixed_in,
                                                                         std::to_string(static_cast<int>(hole.state))},
                                              "\t"));
    return util::sha256(text);
}

} // namespace sf::bundle
