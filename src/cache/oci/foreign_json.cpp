#include "cache/oci/foreign_json.hpp"

#include <algorithm>
#include <cmath>

namespace sf::cache {

tl::unexpected<util::Error> malformed(std::string_view why)
{
    return util::fail(util::ErrorCode::verify, std::string(why));
}

tl::unexpected<util::Error> no_such_document(std::string_view kind, const util::Error& reason)
{
    return util::fail(util::ErrorCode::verify, fmt::format("this is not a valid {}: {}", kind, reason.message),
                      "push it again, with this version of slurm-factory");
}

util::Result<std::string> text_of(const nlohmann::json& json, const char* name)
{
    const auto found = json.is_object() ? json.find(name) : json.end();
    if (found == json.end() || !found->is_string())
        return malformed(fmt::format("\"{}\" is missing or not text", name));
    return found->get<std::string>();
}

util::Result<std::uint64_t> count_of(const nlohmann::json& json, const char* name)
{
    const auto found = json.is_object() ? json.find(name) : json.end();
    if (found == json.end() || !found->is_number_unsigned())
        return malformed(fmt::format("\"{}\" is missing or not a number", name));
    return found->get<std::uint64_t>();
}

util::Result<double> seconds_of(const nlohmann::json& json, const char* name)
{
    const auto found = json.is_object() ? json.find(name) : json.end();
    if (found == json.end() || !found->is_number())
        return malformed(fmt::format("\"{}\" is missing or not a number", name));
    const auto seconds = found->get<double>();
    if (!std::isfinite(seconds) || seconds < 0)
        return malformed(fmt::format("\"{}\" is not a duration", name));
    return seconds;
}

util::Result<util::Digest> digest_of(const nlohmann::json& json, const char* name)
{
    SF_TRY(const auto text, text_of(json, name));
    auto digest = util::Digest::parse(text);
    if (!digest)
        return malformed(fmt::format("\"{}\" is not a sha256", name));
    return digest;
}

bool is_plain_name(std::string_view text)
{
    constexpr std::size_t longest = 128;
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._+~-").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= longest && text.front() != '.' && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), is_plain);
}

util::Result<std::string> name_of(const nlohmann::json& json, const char* name)
{
    SF_TRY(auto text, text_of(json, name));
    if (!is_plain_name(text))
        return malformed(fmt::format("\"{}\" has characters that no name has", name));
    return text;
}

util::Result<Descriptor> read_descriptor(const nlohmann::json& json)
{
    if (!json.is_object())
        return malformed("a part of it is not described");
    SF_TRY(auto media_type, text_of(json, "mediaType"));
    SF_TRY(const auto digest, digest_of(json, "digest"));
    SF_TRY(const auto size, count_of(json, "size"));
    return Descriptor{std::move(media_type), digest, size};
}

} // namespace sf::cache
