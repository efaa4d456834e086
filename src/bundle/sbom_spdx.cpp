// SPDX 2.3.
#include "bundle/manifest.hpp"
#include "bundle/sbom.hpp"
#include "bundle/sbom_source.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <cctype>

namespace sf::bundle {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* no_assertion = "NOASSERTION";

/// Identifiers have letters, digits, '.' and '-' only.
std::string spdx_id(const BundledPackage& package)
{
    auto id = "SPDXRef-Package-" + package.name;
    for (auto& c : id)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.')
            c = '-';
    return id;
}

/// Of the archive of a set of patches, by its place among the package's.
std::string spdx_patches_id(const BundledPackage& package, std::size_t place)
{
    return fmt::format("{}-patches-{}", spdx_id(package), place);
}

constexpr const char* spdx_document = "SPDXRef-DOCUMENT";
constexpr const char* spdx_bundle = "SPDXRef-Bundle";

Json spdx_package(const BundledPackage& package)
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
Json spdx_patches(const BundledPackage& package, std::size_t place)
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

Json spdx_relations(const BundleRequest& request)
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
Json spdx_whole(const BundleRequest& request)
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

} // namespace

std::string spdx_text(const BundleRequest& request)
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
    return sbom_text(json);
}

} // namespace sf::bundle
