#include "cache/oci/base_image.hpp"

#include "cache/oci/foreign_json.hpp"
#include "cache/oci/oci_json.hpp"
#include "json/json.hpp"

namespace sf::cache {
namespace {

constexpr const char* tag_prefix = "base-";
constexpr const char* base_image_annotation = "slurm-factory.cache.base-image";
constexpr const char* base_image_format = "slurm-factory base image 1";

std::string description(const BaseImage& image)
{
    return dump({{"format", base_image_format},
                 {"name", image.name},
                 {"recipe", image.recipe_key.to_hex()},
                 {"tree", image.tree.to_hex()},
                 {"bytes", image.bytes},
                 {"created", image.created},
                 {"externals", image.externals}});
}

util::Result<BaseImage> read_description(const std::string& text)
{
    SF_TRY(const auto json, json::read(text));
    if (!json.is_object() || json.value("format", nlohmann::json()) != base_image_format)
        return malformed("its description is of another format");
    SF_TRY(auto name, name_of(json, "name"));
    SF_TRY(const auto recipe_key, digest_of(json, "recipe"));
    SF_TRY(const auto tree, digest_of(json, "tree"));
    SF_TRY(const auto bytes, count_of(json, "bytes"));
    SF_TRY(auto created, text_of(json, "created"));
    if (created.find_first_not_of("0123456789-T:Z") != std::string::npos)
        return malformed("\"created\" is not a time");
    BaseImage image{std::move(name), recipe_key, tree, bytes, std::move(created), {}};
    const auto externals = json.find("externals");
    if (externals == json.end() || !externals->is_object())
        return malformed("it does not name its build tools");
    for (const auto& [tool, version] : externals->items()) {
        if (!is_plain_name(tool))
            return malformed("a build tool's name has characters that no name has");
        SF_TRY(image.externals[tool], name_of(*externals, tool.c_str()));
    }
    return image;
}

util::Result<FoundBaseImage> read_base_image(std::string_view manifest, const util::Digest& recipe_key)
{
    SF_TRY(const auto json, json::read(manifest));
    const auto annotations = json.is_object() ? json.find("annotations") : json.end();
    if (annotations == json.end() || !annotations->is_object() || !annotations->contains(base_image_annotation) ||
        !annotations->at(base_image_annotation).is_string())
        return malformed("it is not described");
    SF_TRY(auto image, read_description(annotations->at(base_image_annotation).get<std::string>()));
    if (image.recipe_key != recipe_key)
        return malformed("it is of another recipe");
    const auto layers = json.find("layers");
    if (layers == json.end() || !layers->is_array() || layers->size() != 1)
        return malformed("it does not have one layer");
    SF_TRY(auto media_type, text_of(layers->front(), "mediaType"));
    SF_TRY(const auto digest, digest_of(layers->front(), "digest"));
    SF_TRY(const auto size, count_of(layers->front(), "size"));
    return FoundBaseImage{std::move(image), {std::move(media_type), digest, size}, util::sha256(manifest)};
}

} // namespace

std::string base_image_tag(const util::Digest& recipe_key)
{
    return tag_prefix + recipe_key.to_hex();
}

std::optional<util::Digest> recipe_of_tag(std::string_view tag)
{
    if (!tag.starts_with(tag_prefix))
        return std::nullopt;
    const auto key = util::Digest::parse(tag.substr(std::string_view(tag_prefix).size()));
    return key ? std::optional(*key) : std::nullopt;
}

PackedImage pack_base_image(const BaseImage& image, const ImageLayer& layer)
{
    return pack_image({image.name, image.tree.to_short(), {}, {layer}, {{base_image_annotation, description(image)}}},
                      base_image_tag(image.recipe_key));
}

util::Result<FoundBaseImage> parse_base_image(std::string_view manifest, const util::Digest& recipe_key)
{
    auto found = read_base_image(manifest, recipe_key);
    if (!found)
        return no_such_document("base image", found.error());
    return found;
}

} // namespace sf::cache
