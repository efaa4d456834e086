#include "cache/remote/authentication.hpp"

#include "http/url.hpp"
#include "util/files/foreign_file.hpp"
#include "util/files/fs.hpp"
#include "util/process/process.hpp"
#include "util/text.hpp"
#include "json/json.hpp"

#include <sodium.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

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
        const auto text_of = [&entry = value](const char* name) {
            const auto found = entry.find(name);
            const bool fits =
                found != entry.end() && found->is_string() && fits_in_header(found->get_ref<const std::string&>());
            return fits ? found->get<std::string>() : std::string();
        };
        Credential credential{text_of("auth"), text_of("identitytoken")};
        if (!credential.base64.empty() || !credential.identity_token.empty())
            return credential;
    }
    return std::nullopt;
}

std::string base64(const std::string& text)
{
    std::string encoded(sodium_base64_ENCODED_LEN(text.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    ::sodium_bin2base64(encoded.data(), encoded.size(), reinterpret_cast<const unsigned char*>(text.data()),
                        text.size(), sodium_base64_VARIANT_ORIGINAL);
    encoded.resize(encoded.find('\0'));
    return encoded;
}

/// The helper that the file names for the registry, or for all; empty: none.
std::string helper_in(const Json& config, const std::string& registry)
{
    const auto helpers = config.find("credHelpers");
    if (helpers != config.end() && helpers->is_object())
        if (const auto own = helpers->find(registry); own != helpers->end() && own->is_string())
            return own->get<std::string>();
    const auto store = config.find("credsStore");
    return store != config.end() && store->is_string() ? store->get<std::string>() : std::string();
}

/// nullopt when the helper knows nothing of the registry, which it says by its exit status.
util::Result<std::optional<Credential>> ask_helper(const std::string& helper, const std::string& registry)
{
    const auto program = "docker-credential-" + helper;
    if (helper.find('/') != std::string::npos || !util::find_program(program))
        return util::fail(util::ErrorCode::recipe, fmt::format("the credential helper {} is not installed", program),
                          "install it, or take it out of docker's config.json and log in again");
    util::Command command;
    // It reads the registry from its input; what it says otherwise is not for us.
    command.argv = {"/bin/sh", "-c", R"(printf '%s' "$2" | "$1" get 2>/dev/null)", "sh", program, registry};
    command.timeout = std::chrono::seconds(60);
    SF_TRY(const auto result, util::run(command));
    if (result.exit_code != 0)
        return std::optional<Credential>();
    const auto json = json::read(result.output).value_or(Json());
    const auto user = json.is_object() ? json.value("Username", Json()) : Json();
    const auto secret = json.is_object() ? json.value("Secret", Json()) : Json();
    if (!user.is_string() || !secret.is_string())
        return util::fail(util::ErrorCode::recipe, fmt::format("{} does not answer as credential helpers do", program));
    if (user.get_ref<const std::string&>() == "<token>") // an identity token, by the helpers' protocol
        return std::optional(Credential{{}, secret.get<std::string>()});
    return std::optional(Credential{base64(user.get<std::string>() + ":" + secret.get<std::string>()), {}});
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
        SF_TRY(const auto text, util::read_named_file(file, json::Limits().bytes));
        const auto json = json::read(text).value_or(Json());
        if (!json.is_object())
            return util::fail(util::ErrorCode::recipe, fmt::format("{} is not a JSON object", file.string()),
                              "log in again with 'docker login', 'podman login' or 'skopeo login', which write it");
        if (const auto helper = helper_in(json, registry); !helper.empty()) {
            SF_TRY(auto answer, ask_helper(helper, registry));
            if (answer)
                return answer;
        }
        const auto auths = json.find("auths");
        if (auths == json.end() || !auths->is_object())
            continue;
        if (auto found = credential_in(*auths, registry))
            return found;
    }
    return std::optional<Credential>();
}

std::string token_request(const std::string& identity_token, const std::string& service, const std::string& scope)
{
    auto form =
        "grant_type=refresh_token&client_id=slurm-factory&refresh_token=" + http::percent_encode(identity_token);
    for (const auto& [name, value] : {std::pair("service", &service), std::pair("scope", &scope)})
        if (!value->empty())
            form += fmt::format("&{}={}", name, http::percent_encode(*value));
    return form;
}

std::optional<std::string> parse_token(std::string_view body)
{
    const auto json = json::read(body).value_or(Json());
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
