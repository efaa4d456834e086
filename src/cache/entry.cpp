#include "cache/entry.hpp"

#include "cache/oci_json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

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

tl::unexpected<util::Error> refuse(std::string_view why)
{
    return util::fail(util::ErrorCode::verify, fmt::format("this is no cache entry: {}", why),
                      "push the package again, with this version of slurm-factory");
}

util::Result<std::string> text_of(const Parsed& json, const char* name)
{
    const auto found = json.is_object() ? json.find(name) : json.end();
    if (found == json.end() || !found->is_string())
        return refuse(fmt::format("\"{}\" is missing or no text", name));
    return found->get<std::string>();
}

util::Result<std::uint64_t> count_of(const Parsed& json, const char* name)
{
    const auto found = json.is_object() ? json.find(name) : json.end();
    if (found == json.end() || !found->is_number_unsigned())
        return refuse(fmt::format("\"{}\" is missing or no number", name));
    return found->get<std::uint64_t>();
}

util::Result<double> seconds_of(const Parsed& json, const char* name)
{
    const auto found = json.is_object() ? json.find(name) : json.end();
    if (found == json.end() || !found->is_number())
        return refuse(fmt::format("\"{}\" is missing or no number", name));
    const auto seconds = found->get<double>();
    if (!std::isfinite(seconds) || seconds < 0)
        return refuse(fmt::format("\"{}\" is no duration", name));
    return seconds;
}

util::Result<util::Digest> digest_of(const Parsed& json, const char* name)
{
    SF_TRY(const auto text, text_of(json, name));
    auto digest = util::Digest::parse(text);
    if (!digest)
        return refuse(fmt::format("\"{}\" is no sha256", name));
    return digest;
}

/// Names end up in messages, in paths and on terminals.
util::Result<std::string> name_of(const Parsed& json, const char* name)
{
    constexpr std::size_t longest = 128;
    SF_TRY(auto text, text_of(json, name));
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._+~-").find(c) != std::string_view::npos;
    };
    if (text.empty() || text.size() > longest || text.front() == '.' || text.front() == '-' ||
        !std::all_of(text.begin(), text.end(), is_plain))
        return refuse(fmt::format("\"{}\" has characters that no name has", name));
    return text;
}

util::Result<LayerBlob> read_layer(const Parsed& json, const char* slice)
{
    SF_TRY(auto media_type, text_of(json, "mediaType"));
    if (media_type != gzip_media_type && media_type != zstd_media_type)
        return refuse("a layer is of another media type");
    SF_TRY(const auto digest, digest_of(json, "digest"));
    SF_TRY(const auto size, count_of(json, "size"));
    const auto annotations = json.find("annotations");
    if (annotations == json.end())
        return refuse("a layer has no annotations");
    SF_TRY(const auto named, text_of(*annotations, slice_annotation));
    if (named != slice)
        return refuse("the layers are not run, dev and debug");
    SF_TRY(const auto diff_id, digest_of(*annotations, diff_id_annotation));
    SF_TRY(const auto tar_bytes_text, text_of(*annotations, tar_bytes_annotation));
    std::uint64_t tar_bytes = 0;
    const auto* const end = tar_bytes_text.data() + tar_bytes_text.size();
    if (const auto read = std::from_chars(tar_bytes_text.data(), end, tar_bytes);
        read.ec != std::errc() || read.ptr != end)
        return refuse("a layer's size is no number");
    return LayerBlob{{std::move(media_type), digest, size}, diff_id, tar_bytes};
}

util::Result<store::Action> read_action(const Parsed& json, const store::LayerSet& layers)
{
    SF_TRY(const auto format, text_of(json, "format"));
    if (format != entry_format)
        return refuse(fmt::format("its format is not \"{}\"", entry_format));
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

} // namespace

store::Coding LayerBlob::coding() const
{
    return blob.media_type == zstd_media_type ? store::Coding::zstd : store::Coding::gzip;
}

const char* layer_media_type(store::Coding coding)
{
    return coding == store::Coding::zstd ? zstd_media_type : gzip_media_type;
}

std::string config_text(const Entry& entry)
{
    std::vector<ConfigLayer> layers;
    for (std::size_t i = 0; i < entry.layers.size(); ++i)
        layers.push_back({entry.layers.at(i).diff_id, fmt::format("slurm-factory: {} {}, {}", entry.action.package,
                                                                  entry.action.version, slice_names.at(i))});
    return image_config(OrderedJson::object(), layers);
}

std::string manifest_text(const Entry& entry)
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

util::Result<Entry> parse_manifest(std::string_view text)
{
    const auto manifest = Parsed::parse(text, nullptr, false);
    if (!manifest.is_object() || manifest.value("schemaVersion", Parsed()) != 2)
        return refuse("it is no OCI image manifest");
    const auto layers = manifest.find("layers");
    if (layers == manifest.end() || !layers->is_array() || layers->size() != slice_names.size())
        return refuse("it does not have three layers");
    SF_TRY(auto run, read_layer((*layers)[0], slice_names[0]));
    SF_TRY(auto dev, read_layer((*layers)[1], slice_names[1]));
    SF_TRY(auto debug, read_layer((*layers)[2], slice_names[2]));
    const auto annotations = manifest.find("annotations");
    if (annotations == manifest.end())
        return refuse("it has no annotations");
    SF_TRY(const auto action_text, text_of(*annotations, entry_annotation));
    SF_TRY(auto action,
           read_action(Parsed::parse(action_text, nullptr, false), {run.diff_id, dev.diff_id, debug.diff_id}));
    return Entry{std::move(action), {std::move(run), std::move(dev), std::move(debug)}};
}

util::Result<Entry> parse_entry(std::string_view text, const util::Digest& key)
{
    SF_TRY(auto entry, parse_manifest(text));
    if (entry.action.key != key)
        return refuse(fmt::format("it is that of key {}, not of {}", entry.action.key.to_short(), key.to_short()));
    return entry;
}

} // namespace sf::cache
