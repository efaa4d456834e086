#include "verify/manifest.hpp"

#include "util/fs.hpp"

#include <nlohmann/json.hpp>

namespace sf::verify {
namespace {

/// The text below a key; empty where there is none.
std::string text_at(const nlohmann::json& object, const char* key)
{
    if (!object.is_object() || !object.contains(key) || !object[key].is_string())
        return {};
    return object[key].get<std::string>();
}

} // namespace

util::Result<Manifest> read_manifest(const std::filesystem::path& root)
{
    Manifest manifest;
    const auto file = root / manifest_place;
    if (!util::path_exists(file))
        return manifest;
    manifest.present = true;
    SF_TRY(const auto text, util::read_file(file));
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto packages = json.is_object() ? json.value("packages", nlohmann::json()) : nlohmann::json();
    if (!packages.is_array())
        return util::fail(util::ErrorCode::verify, fmt::format("{} is no manifest of slurm-factory", file.string()),
                          "unpack the software tarball again");
    manifest.name = text_at(json, "name");
    manifest.target = text_at(json, "target");
    for (const auto& package : packages) {
        if (auto name = text_at(package, "name"); !name.empty())
            manifest.packages.push_back({std::move(name), text_at(package, "license")});
        const auto relocation = package.is_object() ? package.value("relocation", nlohmann::json()) : nlohmann::json();
        for (const auto& note : relocation)
            if (auto path = text_at(note, "path"); !path.empty())
                manifest.notes.push_back({std::move(path), text_at(note, "reason")});
    }
    return manifest;
}

} // namespace sf::verify
