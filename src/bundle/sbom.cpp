#include "bundle/sbom.hpp"

#include "bundle/manifest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace sf::bundle {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* no_assertion = "NOASSERTION";

std::string dump(const Json& json)
{
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// RFC 3986: all but unreserved characters as %XX.
std::string percent_encoded(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~')
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", byte);
    }
    return encoded;
}

bool has_url(const Package& package)
{
    return package.source.starts_with("https://") || package.source.starts_with("http://");
}

/// A package URL (https://github.com/package-url/purl-spec), of type generic: sources are built, not packages taken.
std::string package_url(const Package& package)
{
    auto url = fmt::format("pkg:generic/{}@{}", percent_encoded(package.name), percent_encoded(package.version));
    if (package.source_sha256.empty())
        return url;
    url += "?checksum=sha256:" + package.source_sha256;
    if (has_url(package))
        url += "&download_url=" + percent_encoded(package.source);
    return url;
}

/// What is said of where the source is when it is no URL.
std::string source_comment(const Package& package)
{
    return has_url(package) ? std::string() : "source: " + package.source;
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

constexpr const char* spdx_document = "SPDXRef-DOCUMENT";
constexpr const char* spdx_bundle = "SPDXRef-Bundle";

Json spdx_package(const Package& package)
{
    Json json;
    json["SPDXID"] = spdx_id(package);
    json["name"] = package.name;
    json["versionInfo"] = package.version;
    json["supplier"] = no_assertion;
    json["downloadLocation"] = has_url(package) ? package.source : no_assertion;
    json["filesAnalyzed"] = false;
    if (!package.source_sha256.empty())
        json["checksums"] = Json::array({Json{{"algorithm", "SHA256"}, {"checksumValue", package.source_sha256}}});
    if (!package.homepage.empty())
        json["homepage"] = package.homepage;
    json["licenseConcluded"] = no_assertion;
    json["licenseDeclared"] = package.license.empty() ? no_assertion : package.license;
    json["copyrightText"] = no_assertion;
    auto comment = fmt::format("variants: {}", variants_text(package.variants));
    if (const auto source = source_comment(package); !source.empty())
        comment += "; " + source;
    json["comment"] = std::move(comment);
    json["externalRefs"] = Json::array({Json{{"referenceCategory", "PACKAGE-MANAGER"},
                                             {"referenceType", "purl"},
                                             {"referenceLocator", package_url(package)}}});
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

/// What is different for different contents, and the same for the same.
util::Digest identity(const Request& request)
{
    return util::sha256(manifest_text(request, {}));
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

Json cyclonedx_component(const Package& package)
{
    const auto url = package_url(package);
    Json json;
    json["type"] = package.name == "slurm" ? "application" : "library";
    json["bom-ref"] = url;
    json["name"] = package.name;
    json["version"] = package.version;
    if (!package.license.empty())
        json["licenses"] = Json::array({Json{{"expression", package.license}}});
    json["purl"] = url;
    auto references = Json::array();
    if (!package.homepage.empty())
        references.push_back({{"type", "website"}, {"url", package.homepage}});
    if (has_url(package)) {
        Json source = {{"type", "source-distribution"}, {"url", package.source}};
        source["hashes"] = Json::array({Json{{"alg", "SHA-256"}, {"content", package.source_sha256}}});
        references.push_back(std::move(source));
    }
    if (!references.empty())
        json["externalReferences"] = std::move(references);
    json["properties"] =
        Json::array({property("variants", variants_text(package.variants)), property("source", package.source),
                     property("source-sha256", package.source_sha256), property("key", package.key.to_hex())});
    return json;
}

Json cyclonedx_dependencies(const Request& request)
{
    auto dependencies = Json::array();
    auto contents = Json::array();
    for (const auto& package : request.packages)
        contents.push_back(package_url(package));
    dependencies.push_back({{"ref", request.name}, {"dependsOn", std::move(contents)}});
    for (const auto& package : request.packages) {
        auto names = Json::array();
        for (const auto& other : request.packages)
            if (std::find(package.dependencies.begin(), package.dependencies.end(), other.name) !=
                package.dependencies.end())
                names.push_back(package_url(other));
        dependencies.push_back({{"ref", package_url(package)}, {"dependsOn", std::move(names)}});
    }
    return dependencies;
}

} // namespace

std::string spdx_text(const Request& request)
{
    Json json;
    json["spdxVersion"] = "SPDX-2.3";
    json["dataLicense"] = "CC0-1.0";
    json["SPDXID"] = spdx_document;
    json["name"] = request.name;
    json["documentNamespace"] = fmt::format("urn:slurm-factory:{}:{}", request.name, identity(request).to_hex());
    json["creationInfo"] = {{"created", document_time},
                            {"creators", Json::array({"Tool: slurm-factory-" + request.tool_version})},
                            {"comment", "The time is fixed so that the same build writes the same document."}};
    json["packages"] = Json::array({spdx_whole(request)});
    for (const auto& package : request.packages)
        json["packages"].push_back(spdx_package(package));
    json["relationships"] = spdx_relations(request);
    return dump(json);
}

std::string cyclonedx_text(const Request& request)
{
    Json json;
    json["bomFormat"] = "CycloneDX";
    json["specVersion"] = "1.5";
    json["serialNumber"] = "urn:uuid:" + uuid_of(identity(request));
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
    return dump(json);
}

} // namespace sf::bundle
