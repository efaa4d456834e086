// CycloneDX 1.5.
#include "bundle/manifest.hpp"
#include "bundle/sbom.hpp"
#include "bundle/sbom_source.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>

namespace sf::bundle {
namespace {

using Json = nlohmann::ordered_json;

/// UUID of version 8, whose bits are one's own (RFC 9562, 5.8).
std::string uuid_of(const util::Digest& digest)
{
    constexpr std::array<std::size_t, 5> lengths{8, 4, 4, 4, 12};
    constexpr std::size_t version = 12;
    constexpr std::size_t variant = 16;
    auto hex = digest.to_hex();
    hex[version] = '8';
    hex[variant] = '8';
    std::string uuid;
    std::size_t from = 0;
    for (const auto length : lengths) {
        if (from > 0)
            uuid += '-';
        uuid += hex.substr(from, length);
        from += length;
    }
    return uuid;
}

Json property(const char* name, const std::string& value)
{
    return {{"name", fmt::format("slurm-factory:{}", name)}, {"value", value}};
}

/// What dependencies name: packages of a closure have different names.
std::string component_reference(const BundledPackage& package)
{
    return fmt::format("{}@{}", package.name, package.version);
}

/// Where the source is: over the web, else in the distribution's archive; nothing for what has no archive.
std::optional<Json> source_distribution(const BundledPackage& package)
{
    auto url = download_location(package);
    if (const auto apt = apt_source(package); url.empty() && apt)
        url = apt_package_url(*apt);
    if (url.empty())
        return std::nullopt;
    // CycloneDX has "source-distribution" from 1.6 on.
    Json source = {{"type", "distribution"}, {"url", std::move(url)}};
    auto text = source_text(package);
    source["comment"] = text.empty() ? "the source archive" : std::move(text);
    source["hashes"] = Json::array({Json{{"alg", "SHA-256"}, {"content", package.source_sha256}}});
    return source;
}

/// The archives that patches are out of.
void add_patch_archives(const BundledPackage& package, Json& references)
{
    for (const auto& patches : package.patches) {
        if (patches.package.empty())
            continue;
        const auto url = patches.url.empty() ? apt_package_url({patches.package, patches.revision}) : patches.url;
        references.push_back(
            {{"type", "distribution"},
             {"url", url},
             {"comment", fmt::format("the patches: the packaging archive (.debian.tar.xz) of Debian's {}, version {}",
                                     patches.package, patches.revision)},
             {"hashes", Json::array({Json{{"alg", "SHA-256"}, {"content", patches.sha256}}})}});
    }
}

/// What the component was made of: the release, and the patches on it.
Json cyclonedx_pedigree(const BundledPackage& package)
{
    auto ancestor = Json{{"type", "library"}, {"name", package.name}, {"version", package.version}};
    ancestor["purl"] = source_package_url(package);
    auto patches_of = Json::array();
    for (const auto& patches : package.patches)
        for (const auto& file : patches.files) {
            // The subpath of a package URL names a file in the package.
            auto url = percent_encoded(file.name);
            if (!patches.package.empty())
                url = apt_package_url({patches.package, patches.revision}) + "#debian/patches/" +
                      util::replace_all(url, "%2F", "/");
            Json patch = {{"type", patches.package.empty() ? "unofficial" : "backport"},
                          {"diff", {{"url", std::move(url)}}}};
            for (const auto& hole : file.fixes)
                patch["resolves"].push_back({{"type", "security"}, {"id", hole}});
            patches_of.push_back(std::move(patch));
        }
    return {{"ancestors", Json::array({std::move(ancestor)})}, {"patches", std::move(patches_of)}};
}

Json cyclonedx_component(const BundledPackage& package)
{
    Json json;
    json["type"] = package.name == "slurm" ? "application" : "library";
    json["bom-ref"] = component_reference(package);
    json["name"] = package.name;
    json["version"] = package.version;
    if (!package.license.empty())
        json["licenses"] = Json::array({Json{{"expression", package.license}}});
    json["purl"] = package_url(package);
    if (!package.patches.empty())
        json["pedigree"] = cyclonedx_pedigree(package);
    auto references = Json::array();
    if (!package.homepage.empty())
        references.push_back({{"type", "website"}, {"url", package.homepage}});
    if (auto source = source_distribution(package))
        references.push_back(std::move(*source));
    add_patch_archives(package, references);
    if (!references.empty())
        json["externalReferences"] = std::move(references);
    json["properties"] =
        Json::array({property("variants", variants_text(package.variants)), property("source", package.source),
                     property("source-sha256", package.source_sha256), property("key", package.key.to_hex())});
    return json;
}

/// A statement of the Vulnerability Exploitability eXchange (VEX).
Json cyclonedx_vulnerability(const BundledPackage& package, const Hole& hole)
{
    Json analysis;
    switch (hole.state) {
    case Hole::State::open:
        analysis["state"] = "exploitable";
        if (!hole.fixed_in.empty())
            analysis["response"] = Json::array({"update"});
        break;
    case Hole::State::patched:
        analysis["state"] = "resolved";
        break;
    case Hole::State::not_built:
        analysis["state"] = "not_affected";
        analysis["justification"] = "code_not_present";
        break;
    case Hole::State::unknown:
        analysis["state"] = "in_triage";
        break;
    }
    if (!hole.detail.empty())
        analysis["detail"] = (hole.state == Hole::State::patched ? "closed by " : "") + hole.detail;
    Json json;
    json["bom-ref"] = fmt::format("{}:{}", hole.id, component_reference(package));
    json["id"] = hole.id;
    json["description"] = hole.summary;
    if (hole.state == Hole::State::open && !hole.fixed_in.empty())
        json["recommendation"] = fmt::format("{} {} mends it", package.name, hole.fixed_in);
    json["analysis"] = std::move(analysis);
    json["affects"] = Json::array({Json{{"ref", component_reference(package)}}});
    return json;
}

Json cyclonedx_dependencies(const BundleRequest& request)
{
    auto dependencies = Json::array();
    auto contents = Json::array();
    for (const auto& package : request.packages)
        contents.push_back(component_reference(package));
    dependencies.push_back({{"ref", request.name}, {"dependsOn", std::move(contents)}});
    for (const auto& package : request.packages) {
        auto names = Json::array();
        for (const auto& other : request.packages)
            if (std::find(package.dependencies.begin(), package.dependencies.end(), other.name) !=
                package.dependencies.end())
                names.push_back(component_reference(other));
        dependencies.push_back({{"ref", component_reference(package)}, {"dependsOn", std::move(names)}});
    }
    return dependencies;
}

} // namespace

std::string cyclonedx_text(const BundleRequest& request)
{
    Json json;
    json["bomFormat"] = "CycloneDX";
    json["specVersion"] = "1.5";
    json["serialNumber"] = "urn:uuid:" + uuid_of(sbom_identity(request));
    json["version"] = 1;
    json["metadata"]["timestamp"] = document_time;
    json["metadata"]["tools"]["components"] =
        Json::array({Json{{"type", "application"}, {"name", "slurm-factory"}, {"version", request.tool_version}}});
    json["metadata"]["component"] = {{"type", "application"},
                                     {"bom-ref", request.name},
                                     {"name", request.name},
                                     {"version", slurm_version(request)}};
    json["metadata"]["properties"] = Json::array({property("target", request.target), property("image", request.image),
                                                  property("image-digest", request.image_digest)});
    json["components"] = Json::array();
    for (const auto& package : request.packages)
        json["components"].push_back(cyclonedx_component(package));
    json["dependencies"] = cyclonedx_dependencies(request);
    for (const auto& package : request.packages)
        for (const auto& hole : package.holes)
            json["vulnerabilities"].push_back(cyclonedx_vulnerability(package, hole));
    return sbom_text(json);
}

} // namespace sf::bundle
