#include "cache/oci/index.hpp"

#include "cache/oci/oci_json.hpp"
#include "json/json.hpp"

namespace sf::cache {

namespace {

using Json = nlohmann::json;

constexpr const char* ref_name = "org.opencontainers.image.ref.name";
constexpr const char* index_media_type = "application/vnd.oci.image.index.v1+json";

std::optional<util::Digest> digest_of(const Json& descriptor)
{
    const auto text = descriptor.is_object() ? descriptor.value("digest", Json()) : Json();
    const auto digest = util::Digest::parse(text.is_string() ? text.get<std::string>() : std::string());
    return digest ? std::optional(*digest) : std::nullopt;
}

} // namespace

std::optional<util::Digest> digest_named(const std::string& name)
{
    if (name.size() != 2 * util::Digest::size)
        return std::nullopt;
    const auto digest = util::Digest::parse(name);
    return digest && digest->to_hex() == name ? std::optional(*digest) : std::nullopt;
}

util::Result<Index> Index::parse(std::string_view text)
{
    Index index;
    SF_TRY(const auto json, json::read(text, {.bytes = longest_index, .values = std::size_t{8} << 20U}));
    const auto manifests = json.is_object() ? json.find("manifests") : json.end();
    if (manifests == json.end() || !manifests->is_array())
        return util::fail(util::ErrorCode::verify, "it is not an OCI image index");
    for (const auto& descriptor : *manifests)
        index.add(descriptor);
    return index;
}

std::string Index::text() const
{
    std::string text = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[)", index_media_type);
    const char* separator = "\n";
    const auto append = [&](const Json& descriptor) {
        text += separator + descriptor.dump(-1, ' ', false, Json::error_handler_t::replace);
        separator = ",\n";
    };
    for (const auto& [name, descriptor] : named_)
        append(descriptor);
    for (const auto& descriptor : nameless_)
        append(descriptor);
    return text + "\n]}\n";
}

void Index::put(const std::string& name, const Descriptor& manifest)
{
    Json descriptor(to_json(manifest));
    descriptor["annotations"][ref_name] = name;
    add(descriptor);
}

void Index::forget(const util::Digest& key)
{
    named_.erase(key.to_hex());
}

std::optional<Descriptor> Index::find(const std::string& name) const
{
    const auto found = named_.find(name);
    const auto digest = found == named_.end() ? std::nullopt : digest_of(found->second);
    const auto size = digest ? found->second.value("size", Json()) : Json();
    if (!size.is_number_unsigned() || size.get<std::uint64_t>() > longest_manifest)
        return std::nullopt;
    return Descriptor{manifest_media_type, *digest, size.get<std::uint64_t>()};
}

std::vector<util::Digest> Index::keys() const
{
    std::vector<util::Digest> keys;
    for (const auto& [name, descriptor] : named_)
        if (const auto key = digest_named(name))
            keys.push_back(*key);
    return keys;
}

std::vector<std::string> Index::tags() const
{
    std::vector<std::string> tags;
    for (const auto& [name, descriptor] : named_)
        if (!digest_named(name))
            tags.push_back(name);
    return tags;
}

std::vector<util::Digest> Index::images() const
{
    std::vector<util::Digest> images;
    for (const auto& [name, descriptor] : named_)
        if (const auto digest = digest_of(descriptor); digest && !digest_named(name))
            images.push_back(*digest);
    for (const auto& descriptor : nameless_)
        if (const auto digest = digest_of(descriptor))
            images.push_back(*digest);
    return images;
}

void Index::add(const Json& descriptor)
{
    const auto annotations = descriptor.is_object() ? descriptor.find("annotations") : descriptor.end();
    const auto name = annotations != descriptor.end() && annotations->is_object() ? annotations->find(ref_name)
                                                                                  : Json::const_iterator();
    if (annotations != descriptor.end() && annotations->is_object() && name != annotations->end() && name->is_string())
        named_.insert_or_assign(name->get<std::string>(), descriptor);
    else
        nameless_.push_back(descriptor);
}

} // namespace sf::cache
