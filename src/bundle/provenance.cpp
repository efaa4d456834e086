#include "bundle/provenance.hpp"

#include "bundle/manifest.hpp"

#include <nlohmann/json.hpp>

namespace sf::bundle {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* build_type = "urn:slurm-factory:build:v1"; ///< docs/bundles.md

/// in-toto's ResourceDescriptor (https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md).
Json resource(const std::string& name, const std::string& sha256)
{
    return {{"name", name}, {"digest", {{"sha256", sha256}}}};
}

/// What the packages were made of.
Json materials(const BundleRequest& request)
{
    auto all = Json::array({resource("base image " + request.image, request.image_digest)});
    if (!request.floor_sources.empty())
        all.push_back(resource("glibc floor " + request.glibc, request.floor_sources));
    for (const auto& package : request.packages) {
        if (!package.source_sha256.empty()) {
            auto source = resource(fmt::format("{} {}", package.name, package.version), package.source_sha256);
            source["uri"] = package.source;
            all.push_back(std::move(source));
        }
        for (const auto& patches : package.patches) {
            if (patches.package.empty())
                continue; // among the recipe's files
            auto source = resource(fmt::format("{} {}: patches", package.name, package.version), patches.sha256);
            source["uri"] = fmt::format("apt:{}={}", patches.package, patches.revision);
            all.push_back(std::move(source));
        }
        for (const auto& [file, sha256] : package.recipe_files)
            all.push_back(resource(fmt::format("{} {}: {}", package.name, package.version, file), sha256));
    }
    return all;
}

/// What was done, package by package: the key is sha256 over all inputs of its build.
Json steps(const BundleRequest& request)
{
    auto all = Json::array();
    for (const auto& package : request.packages)
        all.push_back({{"package", package.name},
                       {"version", package.version},
                       {"variants", variants_text(package.variants)},
                       {"key", package.key.to_hex()}});
    return all;
}

Json layers(const BundleRequest& request)
{
    auto all = Json::array();
    for (const auto& package : request.packages)
        all.push_back(resource(fmt::format("layer {} {}", package.name, package.version), package.layers.run.to_hex()));
    return all;
}

} // namespace

std::string provenance_text(const BundleRequest& request, const Bundle& artifacts)
{
    Json json;
    json["_type"] = "https://in-toto.io/Statement/v1";
    json["subject"] = Json::array();
    for (const auto& artifact : artifacts)
        if (is_tarball(artifact.kind))
            json["subject"].push_back(resource(artifact.path.filename().string(), artifact.sha256.to_hex()));
    json["predicateType"] = "https://slsa.dev/provenance/v1";
    auto& definition = json["predicate"]["buildDefinition"];
    definition["buildType"] = build_type;
    definition["externalParameters"] = {{"request", request.asked},
                                        {"image", request.image},
                                        {"target", request.target},
                                        {"hardening", request.hardening},
                                        {"glibc", request.glibc}};
    definition["internalParameters"] = {{"prefix", request.default_prefix}, {"steps", steps(request)}};
    definition["resolvedDependencies"] = materials(request);
    auto& details = json["predicate"]["runDetails"];
    details["builder"] = {{"id", "urn:slurm-factory"}, {"version", {{"slurm-factory", request.tool_version}}}};
    details["byproducts"] = layers(request);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace sf::bundle
