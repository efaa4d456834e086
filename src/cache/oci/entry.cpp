#include "cache/oci/entry.hpp"

#include "cache/oci/foreign_json.hpp"
#include "cache/oci/oci_json.hpp"
#include "json/json.hpp"

#include <charconv>

namespace sf::cache {

namespace {

using Parsed = nlohmann::json; // looking a name up does not get slow when there are many

constexpr const char* gzip_media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* zstd_media_type = "application/vnd.oci.image.layer.v1.tar+zstd";

constexpr const char* entry_annotation = "slurm-factory.cache.entry";
constexpr const char* slice_annotation = "slurm-factory.layer.slice";
constexpr const char* diff_id_annotation = "slurm-factory.layer.diff-id";
constexpr const char* tar_bytes_annotation = "slurm-factory.layer.tar-bytes";

OrderedJson action_json(const store::Action& action)
{
    return {{"format", entry_format},
            {"key", action.key.to_hex()},
            {"package", action.package},
            {"version", action.version},
            {"wall_seconds", action.wall_seconds},
            {"cpu_seconds", action.cpu_seconds},
            {"peak_memory_bytes", action.peak_memory_bytes},
            {"origin", action.origin},
            {"inputs", action.inputs}};
}

util::Result<LayerBlob> read_layer(const Parsed& json, const char* slice)
{
    SF_TRY(auto media_type, text_of(json, "mediaType"));
    if (media_type != gzip_media_type && media_type != zstd_media_type)
        return malformed("a layer is of another media type");
    SF_TRY(const auto digest, digest_of(json, "digest"));
    SF_TRY(const auto size, count_of(json, "size"));
    const auto annotations = json.find("annotations");
    if (annotations == json.end())
        return malformed("a layer has no annotations");
    SF_TRY(const auto named, text_of(*annotations, slice_annotation));
    if (named != slice)
        return malformed("the layers are not run, dev and debug");
    SF_TRY(const auto diff_id, digest_of(*annotations, diff_id_annotation));
    SF_TRY(const auto tar_bytes_text, text_of(*annotations, tar_bytes_annotation));
    std::uint64_t tar_bytes = 0;
    const auto* const end = tar_bytes_text.data() + tar_bytes_text.size();
    if (const auto read = std::from_chars(tar_bytes_text.data(), end, tar_bytes);
        read.ec != std::errc() || read.ptr != end)
        return malformed("a layer's size is not a number");
    return LayerBlob{{std::move(media_type), digest, size}, diff_id, tar_bytes};
}

util::Result<store::Action> read_action(const Parsed& json, const store::LayerSet& layers)
{
    SF_TRY(const auto format, text_of(json, "format"));
    if (format != entry_format)
        return malformed(fmt::format("its format is not \"{}\"", entry_format));
    SF_TRY(const auto key, digest_of(json, "key"));
    SF_TRY(auto package, name_of(json, "package"));
    SF_TRY(auto version, name_of(json, "version"));
    SF_TRY(const auto wall, seconds_of(json, "wall_seconds"));
    SF_TRY(const auto cpu, seconds_of(json, "cpu_seconds"));
    SF_TRY(const auto memory, count_of(json, "peak_memory_bytes"));
    SF_TRY(auto origin, text_of(json, "origin"));
    SF_TRY(auto inputs, text_of(json, "inputs"));
    return store::Action{key,    std::move(package), std::move(version), layers, wall, cpu,
                         memory, std::move(inputs),  std::move(origin)};
}

util::Result<CacheEntry> read_entry(std::string_view text)
{
    SF_TRY(const auto manifest, json::read(text));
    if (!manifest.is_object() || manifest.value("schemaVersion", Parsed()) != 2)
        return malformed("it is not an OCI image manifest");
    const auto layers = manifest.find("layers");
    if (layers == manifest.end() || !layers->is_array() || layers->size() != slice_names.size())
        return malformed("it does not have three layers");
    SF_TRY(auto run, read_layer((*layers)[0], slice_names[0]));
    SF_TRY(auto dev, read_layer((*layers)[1], slice_names[1]));
    SF_TRY(auto debug, read_layer((*layers)[2], slice_names[2]));
    const auto annotations = manifest.find("annotations");
    if (annotations == manifest.end())
        return malformed("it has no annotations");
    SF_TRY(const auto action_text, text_of(*annotations, entry_annotation));
    SF_TRY(const auto action_json, json::read(action_text));
    SF_TRY(auto action, read_action(action_json, {run.diff_id, dev.diff_id, debug.diff_id}));
    return CacheEntry{std::move(action), {std::move(run), std::move(dev), std::move(debug)}};
}

} // namespace

store::Coding LayerBlob::coding() const
{
    return blob.media_type == zstd_media_type ? store::Coding::zstd : store::Coding::gzip;
}

const char* layer_media_type(store::Coding coding)
{
    return coding == store::Coding::zstd ? zstd_media_type : gzip_media_type;
}

std::string config_text(const CacheEntry& entry)
{
    std::vector<ConfigLayer> layers;
    for (std::size_t i = 0; i < entry.layers.size(); ++i)
        layers.push_back({entry.layers.at(i).diff_id, fmt::format("slurm-factory: {} {}, {}", entry.action.package,
                                                                  entry.action.version, slice_names.at(i))});
    return image_config(OrderedJson::object(), layers);
}

std::string manifest_text(const CacheEntry& entry)
{
    const auto config = config_text(entry);
    OrderedJson manifest;
    manifest["schemaVersion"] = 2;
    manifest["mediaType"] = manifest_media_type;
    manifest["config"] = to_json({config_media_type, util::sha256(config), config.size()});
    manifest["layers"] = OrderedJson::array();
    for (std::size_t i = 0; i < entry.layers.size(); ++i) {
        const auto& layer = entry.layers.at(i);
        auto json = to_json(layer.blob);
        json["annotations"] = {{slice_annotation, slice_names.at(i)},
                               {diff_id_annotation, digest_text(layer.diff_id)},
                               {tar_bytes_annotation, std::to_string(layer.tar_bytes)}};
        manifest["layers"].push_back(std::move(json));
    }
    manifest["annotations"] = {{"org.opencontainers.image.title", entry.action.package},
                               {"org.opencontainers.image.version", entry.action.version},
                               {"org.opencontainers.image.created", created_time},
                               {entry_annotation, dump(action_json(entry.action))}};
    return dump(manifest);
}

util::Result<CacheEntry> parse_manifest(std::string_view text)
{
    auto entry = read_entry(text);
    if (!entry)
        return no_such_document("cache entry", entry.error());
    return entry;
}

util::Result<CacheEntry> parse_entry(std::string_view text, const util::Digest& key)
{
    SF_TRY(auto entry, parse_manifest(text));
    if (entry.action.key != key)
        return no_such_document("cache entry", malformed(fmt::format("it is that of key {}, not of {}",
                                                                     entry.action.key.to_short(), key.to_short()))
                                                   .value());
    return entry;
}

} // namespace sf::cache
