#include "manifest/manifest.hpp"

#include "util/files/foreign_tree.hpp"
#include "json/json.hpp"

namespace sf::manifest {
namespace {

using Json = nlohmann::json;

/// The member, or null where there is none.
const Json& at(const Json& object, const char* key)
{
    static const Json null;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found == object.end() ? null : *found;
}

std::string text_at(const Json& object, const char* key)
{
    const auto& value = at(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

Patches read_patches(const Json& json)
{
    Patches patches{text_at(json, "package"), text_at(json, "revision"), {}};
    for (const auto& file : at(json, "files")) {
        Patches::File read{text_at(file, "name"), {}};
        for (const auto& hole : at(file, "fixes"))
            if (hole.is_string())
                read.fixes.push_back(hole.get<std::string>());
        patches.files.push_back(std::move(read));
    }
    return patches;
}

ManifestPackage read_package(const Json& json)
{
    ManifestPackage package;
    package.name = text_at(json, "name");
    package.version = text_at(json, "version");
    package.license = text_at(json, "license");
    package.run_layer = text_at(at(json, "layers"), "run");
    if (const auto& bytes = at(json, "bytes"); bytes.is_number_unsigned())
        package.bytes = bytes.get<std::uint64_t>();
    if (const auto& variants = at(json, "variants"); variants.is_object())
        for (const auto& [name, value] : variants.items())
            package.variants[name] = value.is_string() ? value.get<std::string>() : value.dump();
    package.source = text_at(json, "source");
    for (const auto& patches : at(json, "patches"))
        package.patches.push_back(read_patches(patches));
    for (const auto& note : at(json, "relocation"))
        if (auto path = text_at(note, "path"); !path.empty())
            package.relocation.push_back({std::move(path), text_at(note, "reason")});
    for (const auto& note : at(json, "hardening"))
        if (auto path = text_at(note, "path"); !path.empty())
            package.hardening.push_back({text_at(note, "what"), std::move(path), text_at(note, "reason")});
    return package;
}

} // namespace

util::Result<Manifest> parse(std::string_view text)
{
    const auto no_manifest = [](const std::string& why) {
        return util::fail(
            util::ErrorCode::verify, fmt::format("{} is not a slurm-factory manifest: {}", place, why),
            "unpack the software tarball again; 'slurm-factory bundle check' tells whether it is damaged");
    };
    const auto read = json::read(text);
    if (!read)
        return no_manifest(read.error().message);
    const auto& json = *read;
    const auto& packages = at(json, "packages");
    if (!packages.is_array())
        return no_manifest("it has no list of packages");
    Manifest manifest;
    manifest.name = text_at(json, "name");
    manifest.slurm_version = text_at(json, "slurm_version");
    manifest.target = text_at(json, "target");
    manifest.hardening = text_at(json, "hardening");
    manifest.glibc = text_at(json, "glibc");
    manifest.image = text_at(at(json, "image"), "name");
    for (const auto& package : packages)
        manifest.packages.push_back(read_package(package));
    return manifest;
}

util::Result<std::optional<Manifest>> find(const std::filesystem::path& tree)
{
    SF_TRY(const auto files, util::ForeignTree::open(tree));
    if (!files.exists(place))
        return std::nullopt;
    auto text = files.read_file(place, longest);
    if (!text && text.error().code == util::ErrorCode::failure)
        return util::fail(util::ErrorCode::verify, text.error().message);
    SF_CHECK(text);
    auto manifest = parse(*text);
    if (!manifest)
        return util::fail(std::move(manifest).error(), fmt::format("reading {}", (tree / place).string()));
    return std::optional(std::move(*manifest));
}

} // namespace sf::manifest
