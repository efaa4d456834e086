#include "http/url.hpp"

#include "http/libcurl.hpp"

#include <algorithm>
#include <cctype>
#include <memory>

namespace sf::http {

namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix)
{
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(), [](char expected, char actual) {
               return expected == std::tolower(static_cast<unsigned char>(actual));
           });
}

int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    const auto lower = std::tolower(static_cast<unsigned char>(digit));
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Where "user:password@host:port" starts and ends.
struct Authority {
    std::size_t begin;
    std::size_t end;
};

std::optional<Authority> find_authority(std::string_view url)
{
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos)
        return std::nullopt;
    const auto begin = scheme + 3;
    return Authority{begin, std::min(url.find_first_of("/?#", begin), url.size())};
}

} // namespace

bool is_http(std::string_view url)
{
    return starts_with_ignoring_case(url, "http://") || starts_with_ignoring_case(url, "https://");
}

std::optional<std::filesystem::path> local_path(std::string_view url)
{
    if (url.starts_with('/'))
        return std::filesystem::path(url);
    if (!starts_with_ignoring_case(url, "file://"))
        return std::nullopt;
    url.remove_prefix(std::string_view("file://").size());
    if (starts_with_ignoring_case(url, "localhost/"))
        url.remove_prefix(std::string_view("localhost").size());
    if (!url.starts_with('/'))
        return std::nullopt;
    return std::filesystem::path(percent_decode(url));
}

std::string percent_encode(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        const bool ascii_alnum = byte < 0x80U && std::isalnum(byte) != 0;
        if (ascii_alnum || std::string_view("-._~").find(character) != std::string_view::npos) {
            encoded += character;
            continue;
        }
        encoded += '%';
        encoded += digits[byte >> 4U];
        encoded += digits[byte & 0xFU];
    }
    return encoded;
}

std::string percent_decode(std::string_view text)
{
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low < 0) {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

std::string url_host(std::string_view url)
{
    const auto authority = find_authority(url);
    if (!authority)
        return std::string(url);
    const auto user_end = url.substr(0, authority->end).rfind('@');
    const auto host =
        user_end != std::string_view::npos && user_end >= authority->begin ? user_end + 1 : authority->begin;
    return std::string(url.substr(0, authority->begin)) + std::string(url.substr(host, authority->end - host));
}

std::string without_password(std::string_view url)
{
    const auto authority = find_authority(url);
    if (!authority)
        return std::string(url);
    const auto user_end = url.substr(0, authority->end).rfind('@');
    if (user_end == std::string_view::npos || user_end < authority->begin)
        return std::string(url);
    return std::string(url.substr(0, authority->begin)) + "***" + std::string(url.substr(user_end));
}

std::optional<std::string> resolve_reference(const std::string& base, const std::string& reference)
{
    struct Free {
        void operator()(CURLU* url) const { curl().url_cleanup(url); }
    };
    if (!load_curl())
        return std::nullopt;
    const std::unique_ptr<CURLU, Free> url(curl().url());
    if (!url || curl().url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
        curl().url_set(url.get(), CURLUPART_URL, reference.c_str(), 0) != CURLUE_OK)
        return std::nullopt;
    char* text = nullptr;
    if (curl().url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
        return std::nullopt;
    std::string resolved(text);
    curl().free(text);
    if (!is_http(resolved))
        return std::nullopt;
    return resolved;
}

} // namespace sf::http
