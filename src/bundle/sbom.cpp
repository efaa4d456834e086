#include "bundle/sbom.hpp"

#include "bundle/manifest.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace sf::bundle {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* no_assertion = "NOASSERTION";

std::string dump(const Json& json)
{
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// As package URLs want it: all but unreserved characters and the colon as %XX.
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

bool is_web_url(std::string_view text)
{
    return text.starts_with("https://") || text.starts_with("http://");
}

/// A source package of the distribution's archive. The version has a Debian revision only where patches of that
/// revision are applied: what is built else is the upstream archive in it, which all revisions share.
struct AptSource {
    std::string name;
    std::string version;
};

/// "apt:munge=0.5.16", as recipe::Source writes it.
std::optional<AptSource> apt_source(const Package& package)
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

/// The first set of patches out of a Debian source package; null: there is none.
const Patches* distribution_patches(const Package& package)
{
    for (const auto& patches : package.patches)
        if (!patches.package.empty())
            return &patches;
    return nullptr;
}

/// A package URL (https://github.com/package-url/purl-spec): of the source package where there is one, else of type
/// generic. What is built is nobody's binary package. Two packages may be of one source, so this identifies neither.
std::string source_package_url(const Package& package)
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

/// That of the package as it is built: with patches of a Debian revision it has the holes of that revision, and
/// scanners tell by the revision.
std::string package_url(const Package& package)
{
    const auto* patches = distribution_patches(package);
    return patches == nullptr ? source_package_url(package) : apt_package_url({patches->package, patches->revision});
}

/// "26 patches of slurm-wlm 24.11.5-4+deb13u1: NAME, ..."
std::string patches_text(const Patches& patches)
{
    std::vector<std::string> names;
    for (const auto& file : patches.files)
        names.push_back(file.name);
    return fmt::format("{} patch{} of {}: {}", names.size(), names.size() == 1 ? "" : "es",
                       patches.package.empty() ? "the recipe" : patches.package + " " + patches.revision,
                       util::join(names, ", "));
}

/// Where the bytes with source_sha256 are to be had over the web; empty: no recipe says.
std::string download_location(const Package& package)
{
    return is_web_url(package.source) ? package.source : package.source_url;
}

/// For people, where the source is more than a URL.
std::string source_text(const Package& package)
{
    const auto apt = apt_source(package);
    if (!apt)
        return is_web_url(package.source) ? std::string() : package.source;
    return fmt::format("the upstream archive (.orig.tar) of Debian's source package {}, upstream version {}", apt->name,
                       apt->version);
}

// ---- SPDX

/// Identifiers have letters, digits, '.' and '-' only.
std::string spdx_id(const Package& package)
{
    auto id = "SPDXRef-Package-" + package.name;
    for (auto& c : id)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.')
            c = '-';
    return id;
}

/// Of the archive of a set of patches, by its place among the package's.
std::string spdx_patches_id(const Package& package, std::size_t place)
{
    return fmt::format("{}-patches-{}", spdx_id(package), place);
}

constexpr const char* spdx_document = "SPDXRef-DOCUMENT";
constexpr const char* spdx_bundle = "SPDXRef-Bundle";

Json spdx_package(const Package& package)
{
    Json json;
    json["SPDXID"] = spdx_id(package);
    json["name"] = package.name;
    json["versionInfo"] = package.version;
    json["supplier"] = no_assertion;
    const auto location = download_location(package);
    json["downloadLocation"] = location.empty() ? no_assertion : location;
    json["filesAnalyzed"] = false;
    if (!package.source_sha256.empty())
        json["checksums"] = Json::array({Json{{"algorithm", "SHA256"}, {"checksumValue", package.source_sha256}}});
    if (!package.homepage.empty())
        json["homepage"] = package.homepage;
    if (auto source = source_text(package); !source.empty())
        json["sourceInfo"] = std::move(source);
    json["licenseConcluded"] = no_assertion;
    json["licenseDeclared"] = package.license.empty() ? no_assertion : package.license;
    json["copyrightText"] = no_assertion;
    auto comment = fmt::format("variants: {}", variants_text(package.variants));
    for (const auto& patches : package.patches)
        comment += "; " + patches_text(patches);
    json["comment"] = std::move(comment);
    json["externalRefs"] = Json::array({Json{{"referenceCategory", "PACKAGE-MANAGER"},
                                             {"referenceType", "purl"},
                                             {"referenceLocator", package_url(package)}}});
    return json;
}

/// The archive that a set of patches is out of.
Json spdx_patches(const Package& package, std::size_t place)
{
    const auto& patches = package.patches[place];
    Json json;
    json["SPDXID"] = spdx_patches_id(package, place);
    json["name"] = patches.package;
    json["versionInfo"] = patches.revision;
    json["supplier"] = no_assertion;
    json["downloadLocation"] = patches.url.empty() ? no_assertion : patches.url;
    json["filesAnalyzed"] = false;
    json["checksums"] = Json::array({Json{{"algorithm", "SHA256"}, {"checksumValue", patches.sha256}}});
    json["sourceInfo"] = fmt::format("the packaging archive (.debian.tar.xz) of Debian's source package {}, version {}",
                                     patches.package, patches.revision);
    json["licenseConcluded"] = no_assertion;
    json["licenseDeclared"] = no_assertion;
    json["copyrightText"] = no_assertion;
    json["primaryPackagePurpose"] = "SOURCE";
    json["comment"] = patches_text(patches);
    json["externalRefs"] =
        Json::array({Json{{"referenceCategory", "PACKAGE-MANAGER"},
                          {"referenceType", "purl"},
                          {"referenceLocator", apt_package_url({patches.package, patches.revision})}}});
    return json;
}

Json spdx_relation(const std::string& from, const char* type, const std::string& to)
{
    return {{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}};
}

Json spdx_relations(const Request& request)
{
    Json relations = Json::array({spdx_relation(spdx_document, "DESCRIBES", spdx_bundle)});
    for (const auto& package : request.packages)
        relations.push_back(spdx_relation(spdx_bundle, "CONTAINS", spdx_id(package)));
    for (const auto& package : request.packages)
        for (const auto& name : package.dependencies)
            for (const auto& other : request.packages)
                if (other.name == name)
                    relations.push_back(spdx_relation(spdx_id(package), "DEPENDS_ON", spdx_id(other)));
    for (const auto& package : request.packages)
        for (std::size_t place = 0; place < package.patches.size(); ++place)
            if (!package.patches[place].package.empty())
                relations.push_back(spdx_relation(spdx_patches_id(package, place), "PATCH_FOR", spdx_id(package)));
    return relations;
}

/// The bundle itself.
Json spdx_whole(const Request& request)
{
    Json json;
    json["SPDXID"] = spdx_bundle;
    json["name"] = request.name;
    json["versionInfo"] = slurm_version(request);
    json["supplier"] = no_assertion;
    json["downloadLocation"] = no_assertion;
    json["filesAnalyzed"] = false;
    json["licenseConcluded"] = no_assertion;
    json["licenseDeclared"] = no_assertion;
    json["copyrightText"] = no_assertion;
    json["primaryPackagePurpose"] = "ARCHIVE";
    json["comment"] =
        fmt::format("for {}, built in the base image {} ({})", request.target, request.image, request.image_digest);
    return json;
}

// ---- CycloneDX

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
std::string component_reference(const Package& package)
{
    return fmt::format("{}@{}", package.name, package.version);
}

/// Where the source is: over the web, else in the distribution's archive; nothing for what has no archive.
std::optional<Json> source_distribution(const Package& package)
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
void add_patch_archives(const Package& package, Json& references)
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
Json cyclonedx_pedigree(const Package& package)
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

Json cyclonedx_component(const Package& package)
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
Json cyclonedx_vulnerability(const Package& package, const Hole& hole)
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

Json cyclonedx_dependencies(const Request& request)
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

util::Digest sbom_identity(const Request& request)
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

std::string spdx_text(const Request& request)
{
    Json json;
    json["spdxVersion"] = "SPDX-2.3";
    json["dataLicense"] = "CC0-1.0";
    json["SPDXID"] = spdx_document;
    json["name"] = request.name;
    json["documentNamespace"] = fmt::format("urn:slurm-factory:{}:{}", request.name, sbom_identity(request).to_hex());
    json["creationInfo"] = {{"created", document_time},
                            {"creators", Json::array({"Tool: slurm-factory-" + request.tool_version})},
                            {"comment", "The time is fixed so that the same build writes the same document."}};
    json["packages"] = Json::array({spdx_whole(request)});
    for (const auto& package : request.packages) {
        json["packages"].push_back(spdx_package(package));
        for (std::size_t place = 0; place < package.patches.size(); ++place)
            if (!package.patches[place].package.empty())
                json["packages"].push_back(spdx_patches(package, place));
    }
    json["relationships"] = spdx_relations(request);
    return dump(json);
}

std::string cyclonedx_text(const Request& request)
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
    return dump(json);
}

} // namespace sf::bundle
