#include "bundle/manifest.hpp"

#include "util/text.hpp"

#include <nlohmann/json.hpp>

namespace sf::bundle {

namespace {

using Json = nlohmann::ordered_json;

/// In "schema". History: 1 = as below.
constexpr int schema = 1;

Json patches_json(const Patches& patches)
{
    Json json = Json::object();
    if (!patches.package.empty()) {
        json["package"] = patches.package;
        json["revision"] = patches.revision;
        json["sha256"] = patches.sha256;
    }
    json["files"] = Json::array();
    for (const auto& file : patches.files) {
        Json entry = {{"name", file.name}};
        if (!file.fixes.empty())
            entry["fixes"] = file.fixes;
        json["files"].push_back(std::move(entry));
    }
    return json;
}

Json package_json(const BundledPackage& package, const store::LayerInfo* run)
{
    Json json;
    json["name"] = package.name;
    json["version"] = package.version;
    json["license"] = package.license;
    json["homepage"] = package.homepage;
    json["variants"] = package.variants;
    json["source"] = package.source;
    json["source_sha256"] = package.source_sha256;
    for (const auto& patches : package.patches)
        json["patches"].push_back(patches_json(patches));
    json["dependencies"] = package.dependencies;
    json["key"] = package.key.to_hex();
    json["layers"]["run"] = package.layers.run.to_hex();
    json["layers"]["dev"] = package.layers.dev.to_hex();
    json["layers"]["debug"] = package.layers.debug.to_hex();
    if (run != nullptr) {
        json["files"] = run->files;
        json["bytes"] = run->tree_bytes;
    }
    json["relocation"] = Json::array();
    for (const auto& note : package.relocation) {
        Json entry;
        entry["path"] = note.path;
        entry["reason"] = note.reason;
        json["relocation"].push_back(std::move(entry));
    }
    json["hardening"] = Json::array();
    for (const auto& note : package.hardening)
        json["hardening"].push_back({{"what", note.what}, {"path", note.path}, {"reason", note.reason}});
    return json;
}

} // namespace

std::string manifest_text(const BundleRequest& request, const std::vector<store::LayerInfo>& runs)
{
    Json json;
    json["schema"] = schema;
    json["name"] = request.name;
    json["series"] = request.series;
    json["slurm_version"] = slurm_version(request);
    json["target"] = request.target;
    json["hardening"] = request.hardening;
    json["glibc"] = request.glibc;
    json["image"]["name"] = request.image;
    json["image"]["digest"] = request.image_digest;
    json["tool"]["name"] = "slurm-factory";
    json["tool"]["version"] = request.tool_version;
    json["default_prefix"] = request.default_prefix;
    json["packages"] = Json::array();
    for (std::size_t i = 0; i < request.packages.size(); ++i)
        json["packages"].push_back(package_json(request.packages[i], i < runs.size() ? &runs[i] : nullptr));
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string variants_text(const std::map<std::string, std::string>& variants)
{
    std::vector<std::string> words;
    for (const auto& [name, value] : variants) {
        if (value == "true")
            words.push_back("+" + name);
        else if (value == "false")
            words.push_back("~" + name);
        else
            words.push_back(fmt::format("{}={}", name, value));
    }
    return util::join(words, " ");
}

std::string slurm_version(const BundleRequest& request)
{
    return request.packages.empty() ? request.series : request.packages.back().version;
}

} // namespace sf::bundle
