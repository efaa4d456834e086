#include "cache/authentication.hpp"

#include "util/fs.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace sf::cache {

namespace {

using Json = nlohmann::json;

std::string lower(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// Takes a quoted string or a word off the beginning.
std::string take_value(std::string_view& text)
{
    if (!text.starts_with('"')) {
        const auto end = std::min(text.find_first_of(", \t"), text.size());
        std::string word(text.substr(0, end));
        text.remove_prefix(end);
        return word;
    }
    std::string value;
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size())
            ++at;
        value += text[at];
    }
    text.remove_prefix(std::min(at + 1, text.size()));
    return value;
}

/// Neither a header's end nor anything else that could change its meaning.
bool fits_in_header(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return c > ' ' && static_cast<unsigned char>(c) < 0x7F; });
}

/// A key of `auths` is a host, a host and path (podman), or a URL (docker, for its own hub).
bool names_registry(std::string_view key, std::string_view registry)
{
    for (const std::string_view scheme : {"https://", "http://"})
        if (key.starts_with(scheme))
            key.remove_prefix(scheme.size());
    return key.substr(0, key.find('/')) == registry;
}

std::optional<Credential> credential_in(const Json& auths, const std::string& registry)
{
    for (const auto& [key, value] : auths.items()) {
        if (!names_registry(key, registry) || !value.is_object())
            continue;
        const auto auth = value.find("auth");
        if (auth != value.end() && auth->is_string() && fits_in_header(auth->get_ref<const std::string&>()))
            return Credential{auth->get<std::string>()};
    }
    return std::nullopt;
}

} // namespace

std::optional<Challenge> parse_challenge(std::string_view header)
{
    header = util::trim(header);
    const auto scheme_end = std::min(header.find(' '), header.size());
    Challenge challenge{lower(header.substr(0, scheme_end)), {}};
    if (challenge.scheme.empty())
        return std::nullopt;
    header.remove_prefix(scheme_end);
    while (true) {
        header.remove_prefix(std::min(header.find_first_not_of(", \t"), header.size()));
        const auto equals = header.find('=');
        if (equals == std::string_view::npos)
            return challenge;
        auto name = lower(util::trim(header.substr(0, equals)));
        header.remove_prefix(equals + 1);
        challenge.parameters.insert_or_assign(std::move(name), take_value(header));
    }
}

util::Result<std::optional<Credential>> find_credential(const std::vector<std::filesystem::path>& files,
                                                        const std::string& registry)
{
    for (const auto& file : files) {
        if (!util::path_exists(file))
            continue;
        SF_TRY(const auto text, util::read_file(file));
        const auto json = Json::parse(text, nullptr, false);
        if (!json.is_object())
            return util::fail(util::ErrorCode::recipe, fmt::format("{} is no JSON object", file.string()),
                              "log in again with 'docker login', 'podman login' or 'skopeo login', which write it");
        const auto auths = json.find("auths");
        if (auths == json.end() || !auths->is_object())
            continue;
        if (auto found = credential_in(*auths, registry))
            return found;
    }
    return std::optional<Credential>();
}

std::optional<std::string> parse_token(std::string_view body)
{
    const auto json = Json::parse(body, nullptr, false);
    if (!json.is_object())
        return std::nullopt;
    for (const char* name : {"token", "access_token"}) {
        const auto token = json.find(name);
        if (token != json.end() && token->is_string() && fits_in_header(token->get_ref<const std::string&>()))
            return token->get<std::string>();
    }
    return std::nullopt;
}

} // namespace sf::cache
