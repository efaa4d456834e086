#include "deploy/manifest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sf::deploy {

namespace {

tl::unexpected<util::Error> bad(std::string_view why)
{
    return util::fail(util::ErrorCode::verify, fmt::format("{}: {}", manifest_place, why));
}

bool is_release_name(const std::string& text)
{
    const auto good = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("._+~").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.front() >= '0' && text.front() <= '9' && std::all_of(text.begin(), text.end(), good);
}

} // namespace

util::Result<Manifest> parse_manifest(std::string_view text)
{
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object())
        return bad("it is no JSON object");
    const auto string_of = [](const nlohmann::json& object, const char* key) {
        const auto found = object.is_object() ? object.find(key) : object.end();
        return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    Manifest manifest;
    manifest.slurm_version = string_of(json, "slurm_version");
    if (!is_release_name(manifest.slurm_version))
        return bad("it has no slurm_version");
    const auto packages = json.find("packages");
    if (packages == json.end() || !packages->is_array())
        return bad("it has no packages");
    for (const auto& package : *packages) {
        const auto layers = package.is_object() ? package.find("layers") : package.end();
        auto layer = layers == package.end() ? bad("no layers") : util::Digest::parse(string_of(*layers, "run"));
        if (!layer)
            return bad("a package has no layer");
        manifest.packages.push_back({string_of(package, "name"), *layer});
    }
    return manifest;
}

} // namespace sf::deploy
